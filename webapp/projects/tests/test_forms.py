from webapp.core.test import Cast
from webapp.projects.models import Label, Project


class LabelFormTests(Cast):
    def setUp(self):
        super().setUp()
        self.login(self.alice)
        self.page = f"/projects/{self.project.id}/"

    def names(self) -> list[str]:
        return [label.name for label in self.project.labels.all()]

    def test_labels_are_added_by_a_plain_form(self):
        self.assertRedirects(self.client.post(f"{self.page}labels", {"labels": "うさぎ、猫, ラーメン"}), self.page, fetch_redirect_response=False)
        self.assertEqual(self.names(), ["猫", "犬", "うさぎ", "ラーメン"])
        self.assertContains(self.client.get(self.page), "Added 2 labels")

    def test_labels_that_are_there_are_said_to_be(self):
        self.client.post(f"{self.page}labels", {"labels": "猫"})
        self.assertContains(self.client.get(self.page), "there already")

    def test_an_empty_name_is_a_sentence_not_a_label(self):
        self.assertContains(self.client.post(f"{self.page}labels", {"labels": ""}), "Type a name first", status_code=422)

    def test_a_label_is_renamed(self):
        answer = self.client.post(f"/labels/{self.cat.id}/rename", {"name": "🐱"})
        self.assertRedirects(answer, f"{self.page}#label-{self.cat.id}", fetch_redirect_response=False)
        self.assertEqual(self.names(), ["🐱", "犬"])

    def test_the_name_of_another_label_is_refused_on_a_page(self):
        self.assertContains(self.client.post(f"/labels/{self.cat.id}/rename", {"name": "犬"}), "犬", status_code=409)
        self.assertEqual(self.names(), ["猫", "犬"])

    def test_a_label_is_removed_with_its_pictures(self):
        self.image(self.cat)
        self.assertRedirects(self.client.post(f"/labels/{self.cat.id}/remove"), self.page)
        self.assertFalse(self.project.images.exists())

    def test_a_project_is_renamed_and_deleted(self):
        self.client.post(f"{self.page}edit", {"name": "うちの動物"})
        self.assertContains(self.client.get(self.page), "<h1>うちの動物</h1>")
        self.assertRedirects(self.client.post(f"{self.page}delete"), "/projects/")
        self.assertFalse(Project.objects.exists())

    def test_a_member_may_not_delete_the_project_and_is_not_asked_to(self):
        self.login(self.bob)
        self.assertNotContains(self.client.get(self.page), "Delete this AI")
        self.assertEqual(self.client.post(f"{self.page}delete").status_code, 404)
        self.assertTrue(Project.objects.exists())

    def test_for_a_stranger_nothing_of_it_is_there(self):
        self.login(self.charlie)
        for path in (f"{self.page}labels", f"{self.page}edit", f"{self.page}delete", f"/labels/{self.cat.id}/rename", f"/labels/{self.cat.id}/remove"):
            self.assertEqual(self.client.post(path, {"name": "x", "labels": "x"}).status_code, 404, path)
        self.assertEqual(Label.objects.count(), 2)

    def test_changes_are_not_made_by_reading(self):
        for path in (f"{self.page}labels", f"{self.page}delete", f"/labels/{self.cat.id}/remove"):
            self.assertEqual(self.client.get(path).status_code, 405, path)
