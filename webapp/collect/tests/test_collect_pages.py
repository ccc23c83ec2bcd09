from webapp.collect.models import Collection
from webapp.core.test import Cast


class CollectPageTests(Cast):
    def setUp(self):
        super().setUp()
        self.login(self.alice)
        self.page = f"/projects/{self.project.id}/"

    def collection(self, **values) -> Collection:
        return Collection.objects.create(project=self.project, label=self.cat, query="猫", **values)

    def test_a_plain_form_starts_a_collection_by_the_english_word_for_the_label(self):
        answer = self.client.post(f"/labels/{self.cat.id}/collect")
        row = Collection.objects.get()
        self.assertRedirects(answer, f"/collections/{row.id}/")
        self.assertEqual((row.query, row.label, row.status), ("cat", self.cat, "queued"))
        self.assertContains(self.client.get(f"/collections/{row.id}/"), '<noscript><meta http-equiv="refresh"')

    def test_other_words_may_be_searched_for(self):
        self.client.post(f"/labels/{self.cat.id}/collect", {"query": "tabby cat"})
        self.assertEqual(Collection.objects.get().query, "tabby cat")

    def test_htmx_gets_the_panel_of_the_label(self):
        panel = self.client.post(f"/labels/{self.cat.id}/collect", headers={"HX-Request": "true"})
        self.assertContains(panel, 'hx-trigger="every 1s"')
        self.assertNotContains(panel, "<html")

    def test_one_press_collects_for_every_label_that_has_too_few(self):
        for seed in range(5):
            self.image(self.cat, seed)
        bird = self.label("鳥")
        self.assertRedirects(self.client.post(f"{self.page}collect"), self.page)
        self.assertEqual({row.label for row in Collection.objects.all()}, {self.dog, bird})
        self.client.post(f"{self.page}collect")
        self.assertEqual(Collection.objects.count(), 2)

    def test_the_panel_says_found_taken_and_refused(self):
        row = self.collection(status="running", found=41, accepted=34, rejected=[{"reason": "too_small", "count": 5}, {"reason": "new_reason", "count": 2}])
        page = self.client.get(f"/collections/{row.id}/?seen=30", headers={"HX-Request": "true"})
        for text in ("34 / 50", "41 found", "34 taken", "5 too small", "2 did not fit"):
            self.assertContains(page, text)
        self.assertEqual(page["HX-Trigger"], "pictures-changed")

    def test_an_ended_collection_asks_no_more_and_says_what_to_do(self):
        row = self.collection(status="failed", error={"cause": "No network.", "next_step": "Try later."})
        page = self.client.get(f"/collections/{row.id}/", headers={"HX-Request": "true"})
        self.assertContains(page, "No network. Try later.")
        self.assertNotContains(page, "hx-trigger")

    def test_the_page_of_the_project_shows_the_newest_of_each_label(self):
        self.collection(status="running", accepted=1)
        newest = self.collection(status="running", accepted=2)
        self.assertContains(self.client.get(self.page), 'class="stack tight collection"', count=1)
        self.assertContains(self.client.get(self.page), f'id="collection-{newest.id}"')

    def test_a_collection_is_stopped(self):
        row = self.collection()
        self.assertRedirects(self.client.post(f"/collections/{row.id}/cancel"), f"/collections/{row.id}/")
        self.assertContains(self.client.get(f"/collections/{row.id}/"), "Stopped. The pictures stay")

    def test_words_that_are_html_stay_text(self):
        row = Collection.objects.create(project=self.project, label=self.cat, query='"><script>')
        self.assertContains(self.client.get(f"/collections/{row.id}/"), "&quot;&gt;&lt;script&gt;")

    def test_a_stranger_finds_nothing_and_starts_nothing(self):
        row = self.collection()
        self.login(self.charlie)
        self.assertEqual(self.client.get(f"/collections/{row.id}/").status_code, 404)
        for path in (f"/labels/{self.cat.id}/collect", f"{self.page}collect", f"/collections/{row.id}/cancel"):
            self.assertEqual(self.client.post(path).status_code, 404, path)
        self.assertEqual(Collection.objects.count(), 1)
