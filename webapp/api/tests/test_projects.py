from webapp.api.resources.shapes import ProjectOut
from webapp.api.tests.calls import ApiCast, missing
from webapp.projects.models import Label, Project
from webapp.projects.services import create_project


class Projects(ApiCast):
    def test_are_made_with_their_labels(self):
        made = self.call("POST", "/projects", {"name": "Hand signs", "labels": ["zero", "one", "ZERO"]}, 201)
        self.assertEqual([label["name"] for label in made["labels"]], ["zero", "one"])
        self.assertEqual((made["name"], made["visibility"], made["images"], made["runs"], made["model_id"]), ("Hand signs", "private", 0, 0, None))
        self.assertRegex(made["created"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual(self.call("GET", f"/projects/{made['id']}"), made)

    def test_say_where_they_are(self):
        answer = self.api.post("/api/v1/projects", {"labels": ["a"]}, "application/json")
        self.assertEqual(answer["Location"], f"/api/v1/projects/{answer.json()['id']}")

    def test_count_their_pictures_by_label(self):
        for seed in range(3):
            self.image(self.cat, seed)
        shown = self.call("GET", f"/projects/{self.project.id}")
        self.assertEqual((shown["images"], [label["images"] for label in shown["labels"]]), (3, [3, 0]))
        ProjectOut(**shown)

    def test_are_listed_for_owner_and_member_newest_first_in_the_same_number_of_queries(self):
        self.api.get("/api/v1/projects")  # says that the token was used, once a minute
        with self.assertNumQueries(3):
            self.assertEqual(len(self.call("GET", "/projects")["items"]), 1)
        for name in "abc":
            create_project(owner=self.bob, labels=[name])
        self.api = self.as_(self.bob)
        self.api.get("/api/v1/projects")
        with self.assertNumQueries(3):
            self.assertEqual([item["name"] for item in self.call("GET", "/projects")["items"]], ["c", "b", "a", "Animals"])

    def test_come_in_pages(self):
        for number in range(4):
            create_project(owner=self.alice, labels=[str(number)])
        names, cursor = [], ""
        while cursor is not None:
            page = self.call("GET", f"/projects?limit=2&cursor={cursor}")
            names, cursor = names + [item["name"] for item in page["items"]], page["next"]
        self.assertEqual(names, ["3", "2", "1", "0", "Animals"])

    def test_have_no_page_without_end_or_sense(self):
        for query, status in (("limit=201", 422), ("limit=0", 422), ("limit=x", 422), ("cursor=nonsense", 400), ("cursor=%00", 400), ("cursor=MjAyNiAx", 400)):
            with self.subTest(query):
                self.call("GET", f"/projects?{query}", status=status)

    def test_change_as_asked(self):
        changed = self.call("PATCH", f"/projects/{self.project.id}", {"name": "Pets", "description": "Mine", "visibility": "unlisted"})
        self.assertEqual((changed["name"], changed["description"], changed["visibility"]), ("Pets", "Mine", "unlisted"))
        self.assertEqual(self.call("PATCH", f"/projects/{self.project.id}", {})["name"], "Pets")

    def test_refuse_what_makes_no_sense(self):
        for body in ({"name": ""}, {"visibility": "everyone"}, {"name": None}, {"owner": str(self.charlie.id)}, {"description": "x" * 2001}, [], "x", 1):
            with self.subTest(body):
                self.call("PATCH", f"/projects/{self.project.id}", body, 422)
        for body in ({}, {"labels": [""]}, {"labels": "cat"}, {"labels": ["x" * 101]}, {"labels": [str(n) for n in range(501)]}, {"name": "a", "label": "b"}):
            with self.subTest(body):
                self.call("POST", "/projects", body, 422)
        self.assertEqual(Project.objects.get().name, "Animals")

    def test_are_shared_and_deleted_by_their_owner_alone(self):
        self.api = self.as_(self.bob)
        self.call("PATCH", f"/projects/{self.project.id}", {"name": "Ours"})
        self.refused("PATCH", f"/projects/{self.project.id}", 404, "not_found", {"visibility": "public"})
        self.refused("DELETE", f"/projects/{self.project.id}", 404, "not_found")
        self.api = self.as_(self.alice)
        self.assertIsNone(self.call("DELETE", f"/projects/{self.project.id}", status=204))
        self.refused("GET", f"/projects/{self.project.id}", 404, "not_found")


class Labels(ApiCast):
    def test_are_made_renamed_merged_and_deleted(self):
        made = self.call("POST", f"/projects/{self.project.id}/labels", {"name": '"><script>'}, 201)
        self.assertEqual((made["name"], made["images"]), ('"><script>', 0))
        self.assertEqual(self.call("PATCH", f"/labels/{made['id']}", {"name": "鳥"})["name"], "鳥")
        self.image(self.cat)
        self.assertEqual(self.call("POST", f"/labels/{self.cat.id}/merge", {"into": made["id"]})["images"], 1)
        self.call("DELETE", f"/labels/{made['id']}", status=204)
        self.assertEqual(list(self.project.labels.all()), [self.dog])

    def test_are_not_made_twice_or_empty(self):
        self.refused("POST", f"/projects/{self.project.id}/labels", 409, "label_exists", {"name": " 猫"})
        self.refused("PATCH", f"/labels/{self.cat.id}", 409, "label_exists", {"name": "犬"})
        self.refused("POST", f"/projects/{self.project.id}/labels", 422, "empty_name", {"name": "\u200b"})
        self.refused("POST", f"/projects/{self.project.id}/labels", 422, "invalid", {})

    def test_of_somebody_else_are_not_there_to_merge_with(self):
        theirs = create_project(owner=self.charlie, labels=["猫"]).labels.get()
        for label, into in ((self.cat, theirs), (theirs, self.cat)):
            self.refused("POST", f"/labels/{label.id}/merge", 404, "not_found", {"into": str(into.id)})
        self.refused("POST", f"/labels/{self.cat.id}/merge", 404, "not_found", {"into": missing()})
        self.refused("POST", f"/labels/{self.cat.id}/merge", 422, "cannot_merge", {"into": str(self.cat.id)})
        self.assertEqual(Label.objects.count(), 3)
