from django.test import TestCase

from webapp.core.test import Cast
from webapp.projects.models import Project


class FrontTests(TestCase):
    def test_the_first_page_says_what_it_is_in_one_field_and_makes_nobody(self):
        page = self.client.get("/")
        self.assertContains(page, 'name="labels"')
        self.assertContains(page, "Make my AI")
        self.assertNotIn("sessionid", self.client.cookies)

    def test_a_first_visitor_makes_a_project_and_comes_to_its_first_step(self):
        answer = self.client.post("/", {"labels": "猫、犬\nrabbit, 猫"})
        project = Project.objects.get()
        self.assertRedirects(answer, f"/projects/{project.id}/")
        self.assertEqual([label.name for label in project.labels.all()], ["猫", "犬", "rabbit"])
        self.assertTrue(project.owner.is_guest)

    def test_one_label_is_asked_for_another_and_what_was_typed_stays(self):
        page = self.client.post("/", {"labels": "猫"})
        self.assertContains(page, "One more label, please.", status_code=422)
        self.assertContains(page, ">猫</textarea>", status_code=422)
        self.assertFalse(Project.objects.exists())

    def test_an_empty_field_is_answered_with_an_example(self):
        self.assertContains(self.client.post("/", {"labels": " 、, "}), "cat, dog", status_code=422)

    def test_a_name_that_is_too_long_is_said_at_the_field(self):
        page = self.client.post("/", {"labels": "x" * 101 + ", dog"})
        self.assertContains(page, "at most 100 characters", status_code=422)

    def test_an_idea_fills_the_field_without_javascript(self):
        self.assertContains(self.client.get("/", {"labels": "<b>cat\ndog"}), "&lt;b&gt;cat\ndog</textarea>")

    def test_the_language_follows_the_browser(self):
        self.assertContains(self.client.get("/", headers={"Accept-Language": "ja"}), '<html lang="ja"')
        self.assertContains(self.client.get("/", headers={"Accept-Language": "fr"}), '<html lang="en"')

    def test_the_chosen_language_stays(self):
        self.client.post("/i18n/setlang/", {"language": "ja", "next": "/"})
        self.assertContains(self.client.get("/", headers={"Accept-Language": "en"}), '<html lang="ja"')

    def test_no_page_has_a_script_or_a_style_of_its_own(self):
        page = self.client.get("/").content.decode()
        self.assertNotRegex(page, r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)")


class MineTests(Cast):
    def test_a_person_sees_only_their_own_and_those_they_are_a_member_of(self):
        for person, sees in ((self.alice, True), (self.bob, True), (self.charlie, False)):
            self.login(person)
            for path in ("/", "/projects/"):
                self.assertEqual(">Animals</a>" in self.client.get(path).content.decode(), sees, path)

    def test_three_projects_cost_as_many_queries_as_one(self):
        self.login(self.alice)
        self.client.get("/projects/")
        self.image(self.cat)
        with self.assertNumQueries(5):  # session, person, projects, labels, pictures
            self.client.get("/projects/")
        for name in ("Plants", "Bread"):
            project = Project.objects.create(owner=self.alice, name=name)
            self.image(project.labels.create(name="a", key=name))
        with self.assertNumQueries(5):
            self.assertContains(self.client.get("/projects/"), "thumb.jpg", count=3)

    def test_a_label_that_is_html_stays_text(self):
        self.label('"><script>')
        self.login(self.alice)
        self.assertContains(self.client.get("/projects/"), "&quot;&gt;&lt;script&gt;")

    def test_nobody_in_particular_is_told_how_to_begin(self):
        self.assertContains(self.client.get("/projects/"), "No AI yet")
