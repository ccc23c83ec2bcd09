"""Other words to search with, offered where a collection is started, with and without JavaScript."""

from webapp.collect.models import Collection
from webapp.core.test import Cast


class HelperTests(Cast):
    def setUp(self):
        super().setUp()
        self.login(self.alice)
        self.crane = self.label("クレーン")

    def start(self, **values):
        return self.client.post(f"/labels/{self.crane.id}/collect", values)

    def test_a_word_with_several_meanings_is_asked_about_before_anything_is_collected(self):
        page = self.start()
        self.assertFalse(Collection.objects.exists())
        for text in ("“クレーン” can mean several things", "the bird", 'value="crane bird"', "the machine", 'value="tower crane"', "<html"):
            self.assertContains(page, text)
        self.assertContains(page, "a short list that is built in")

    def test_htmx_gets_the_question_in_the_place_of_the_label(self):
        page = self.client.post(f"/labels/{self.crane.id}/collect", headers={"HX-Request": "true"})
        self.assertContains(page, f'hx-target="#collect-{self.crane.id}"')
        self.assertNotContains(page, "<html")

    def test_typed_words_with_several_meanings_are_asked_about_too(self):
        self.assertContains(self.start(query="seal"), "the animal")
        self.assertFalse(Collection.objects.exists())

    def test_the_answer_is_searched_for_and_the_word_itself_may_be_the_answer(self):
        self.start(query="crane bird", sure="1")
        self.assertEqual(Collection.objects.get().query, "crane bird")
        Collection.objects.all().delete()
        self.start(query="クレーン", sure="1")
        self.assertEqual(Collection.objects.get().query, "クレーン")

    def test_other_words_can_be_looked_up(self):
        page = self.client.get(f"/labels/{self.cat.id}/words")
        for word in ("cat", "kitten", "domestic cat"):
            self.assertContains(page, f'name="query" value="{word}"')
        self.assertContains(self.client.get(f"/labels/{self.cat.id}/words?query=犬"), 'value="puppy"')
        self.assertContains(self.client.get(f"/labels/{self.cat.id}/words?query=<b>"), "We know no other words for “&lt;b&gt;”")

    def test_in_japanese_the_meanings_are_japanese(self):
        self.client.cookies["django_language"] = "ja"
        self.assertContains(self.start(), "鳥のツル")

    def test_one_press_for_all_collects_what_is_clear_and_asks_about_the_rest(self):
        path = f"/projects/{self.project.id}/collect"
        parts = self.client.post(path, headers={"HX-Request": "true"})
        self.assertEqual({row.query for row in Collection.objects.all()}, {"cat", "dog"})
        self.assertContains(parts, f'<div id="collect-{self.crane.id}" hx-swap-oob="true">')
        page = self.client.post(path, follow=True)
        self.assertContains(page, "クレーン can mean several things")

    def test_a_collection_that_found_too_few_offers_other_words(self):
        row = Collection.objects.create(project=self.project, label=self.cat, query="cat", status="done", wanted=50, accepted=3)
        self.assertContains(self.client.get(f"/collections/{row.id}/"), f'href="/labels/{self.cat.id}/words"')
        Collection.objects.update(accepted=50)
        self.assertNotContains(self.client.get(f"/collections/{row.id}/"), f'href="/labels/{self.cat.id}/words"')

    def test_what_providers_say_is_shown_once_each(self):
        lines = [{"name": name, "asked": 0, "accepted": 0, "error": said} for name, said in (("a", "A is out."), ("b", "B is out."), ("c", "B is out."))]
        row = Collection.objects.create(project=self.project, label=self.cat, query="cat", status="failed", providers=lines, error={"cause": "A is out.", "next_step": "Wait."})
        page = self.client.get(f"/collections/{row.id}/")
        self.assertContains(page, "A is out.", count=1)
        self.assertContains(page, "B is out.", count=1)

    def test_a_time_of_day_is_marked_for_the_browser_to_tell(self):
        said = "<b> asks for a pause; it can be asked again from 12:03 UTC on."
        line = {"name": "b", "asked": 0, "accepted": 0, "error": said, "until": "2026-11-22T12:03:00+00:00", "clock": "12:03 UTC"}
        row = Collection.objects.create(project=self.project, label=self.cat, query="cat", status="running", providers=[line, line | {"error": None}])
        page = self.client.get(f"/collections/{row.id}/")
        self.assertContains(page, '&lt;b&gt; asks for a pause; it can be asked again from <time datetime="2026-11-22T12:03:00+00:00" data-clock>12:03 UTC</time> on.')
        Collection.objects.update(status="failed", error={"cause": f"{said} {said}", "next_step": "Wait."})
        self.assertContains(self.client.get(f"/collections/{row.id}/"), "data-clock>12:03 UTC</time>", count=2)

    def test_a_stranger_cannot_look_words_up_for_a_label_of_others(self):
        self.login(self.charlie)
        self.assertEqual(self.client.get(f"/labels/{self.cat.id}/words").status_code, 404)
