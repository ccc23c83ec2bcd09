from webapp.core import store
from webapp.core.errors import UserError
from webapp.core.test import Cast
from webapp.projects import queries, services
from webapp.projects.models import Label, Project


class MakingAProject(Cast):
    def test_without_a_name_calls_it_by_its_labels(self):
        project = services.create_project(owner=self.alice, labels=["猫", "犬"])
        self.assertEqual((project.name, [label.name for label in project.labels.all()]), ("猫, 犬", ["猫", "犬"]))

    def test_shortens_a_name_made_of_many_labels(self):
        project = services.create_project(owner=self.alice, labels=[f"label number {n}" for n in range(20)])
        self.assertEqual(len(project.name), 100)

    def test_needs_a_name_or_a_label(self):
        with self.assertRaises(UserError):
            services.create_project(owner=self.alice, labels=[])

    def test_with_a_bad_label_leaves_nothing(self):
        with self.assertRaises(UserError):
            services.create_project(owner=self.alice, name="x", labels=["cat", " "])
        self.assertEqual(Project.objects.count(), 1)


class ChangingAProject(Cast):
    def test_writes_what_was_given_and_nothing_else(self):
        services.update_project(project=self.project, description="Mine\0", visibility="public")
        self.project.refresh_from_db()
        self.assertEqual((self.project.name, self.project.description, self.project.visibility), ("Animals", "Mine", "public"))

    def test_refuses_nonsense(self):
        for values in ({"name": ""}, {"description": "x" * 2001}, {"visibility": "everywhere"}):
            with self.subTest(values), self.assertRaises(UserError):
                services.update_project(project=self.project, **values)
        with self.assertRaises(TypeError):
            services.update_project(project=self.project, owner=self.charlie)

    def test_to_nothing_takes_its_files_along(self):
        image = self.image(self.cat)
        with self.captureOnCommitCallbacks(execute=True):
            services.delete_project(project=self.project)
        self.assertFalse(Project.objects.exists())
        self.assertFalse(store.exists(image.file_name) or store.exists(image.thumb_name))


class Labels(Cast):
    def test_that_are_there_are_returned_and_not_doubled(self):
        labels = services.add_labels(project=self.project, names=["鳥", "猫 ", "鳥", "🐱", "🐶"])
        self.assertEqual([label.name for label in labels], ["鳥", "猫", "🐱", "🐶"])
        self.assertEqual(labels[1], self.cat)
        self.assertEqual([label.position for label in self.project.labels.all()], [0, 1, 2, 3, 4])

    def test_are_at_most_500(self):
        services.add_labels(project=self.project, names=[str(n) for n in range(498)])
        with self.assertRaises(UserError):
            services.add_labels(project=self.project, names=["one more"])
        self.assertEqual(self.project.labels.count(), 500)

    def test_may_be_renamed_to_another_spelling_but_not_to_another_label(self):
        services.rename_label(label=self.cat, name="ネコ")
        services.rename_label(label=self.cat, name="ﾈｺ")
        with self.assertRaises(UserError) as refused:
            services.rename_label(label=self.cat, name=" 犬 ")
        self.assertEqual((refused.exception.status, self.project.labels.get(id=self.cat.id).name), (409, "ﾈｺ"))

    def test_that_are_removed_take_their_pictures_and_files_along(self):
        gone, kept = self.image(self.cat), self.image(self.dog)
        with self.captureOnCommitCallbacks(execute=True):
            services.remove_label(label=self.cat)
        self.assertEqual(list(self.project.images.all()), [kept])
        self.assertEqual([store.exists(name) for name in (gone.file_name, gone.thumb_name, kept.file_name)], [False, False, True])

    def test_that_are_removed_leave_the_file_of_a_picture_that_came_in_again(self):
        image = self.image(self.cat)
        with self.captureOnCommitCallbacks() as callbacks:
            services.remove_label(label=self.cat)
        image.label = self.dog
        image.save(force_insert=True)
        callbacks[0]()
        self.assertTrue(store.exists(image.file_name))

    def test_that_are_merged_give_their_pictures_away(self):
        image = self.image(self.cat)
        services.merge_labels(label=self.cat, into=self.dog)
        image.refresh_from_db()
        self.assertEqual((image.label, list(self.project.labels.all())), (self.dog, [self.dog]))

    def test_of_two_projects_are_not_merged(self):
        other = services.create_project(owner=self.alice, labels=["犬"]).labels.get()
        for into in (other, self.cat):
            with self.assertRaises(UserError):
                services.merge_labels(label=self.cat, into=into)
        self.assertEqual(Label.objects.count(), 3)


class ReadingProjects(Cast):
    def test_counts_what_each_has_and_shows_only_ones_own(self):
        self.image(self.cat), self.image(self.dog)
        project = queries.mine(self.bob).get()
        self.assertEqual((project.image_count, project.run_count, project.model_id), (2, 0, None))
        self.assertFalse(queries.mine(self.charlie).exists())

    def test_takes_one_query_however_many_there_are(self):
        for name in "abc":
            services.create_project(owner=self.alice, labels=[name])
        with self.assertNumQueries(1):
            self.assertEqual(len(queries.mine(self.alice)), 4)
