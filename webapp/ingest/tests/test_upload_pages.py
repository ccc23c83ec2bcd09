from django.core.files.uploadedfile import SimpleUploadedFile

from webapp.core.test import Cast, jpeg
from webapp.ingest.models import Upload
from webapp.projects.models import Project


def photo(name: str = "a.jpg", seed: int = 1) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, jpeg(seed), "image/jpeg")


class UploadPageTests(Cast):
    def setUp(self):
        super().setUp()
        self.login(self.alice)
        self.page = f"/projects/{self.project.id}/"

    def send(self, *files, **values):
        return self.client.post(f"{self.page}upload", {"files": files, **values})

    def upload(self, **values) -> Upload:
        return Upload.objects.create(project=self.project, **values)

    def test_a_plain_form_sends_pictures_of_a_label_and_shows_how_far_they_are(self):
        answer = self.send(photo(), photo("b.jpg", 2), label=self.cat.id)
        upload = Upload.objects.get()
        self.assertRedirects(answer, f"/uploads/{upload.id}/")
        self.assertEqual((upload.label, len(upload.files)), (self.cat, 2))
        self.assertContains(self.client.get(f"/uploads/{upload.id}/"), '<noscript><meta http-equiv="refresh" content="2"></noscript>')

    def test_a_script_is_answered_with_the_id(self):
        answer = self.client.post(f"{self.page}upload", {"files": [photo()], "label": self.cat.id}, headers={"Accept": "application/json"})
        self.assertEqual((answer.status_code, answer.json()), (202, {"id": str(Upload.objects.get().id)}))

    def test_what_is_refused_is_a_sentence_for_both(self):
        text = SimpleUploadedFile("a.jpg", b"<html>hello</html>")
        self.assertContains(self.send(text, label=self.cat.id), "web page, not a picture", status_code=415)
        text.seek(0)
        answer = self.client.post(f"{self.page}upload", {"files": [text], "label": self.cat.id}, headers={"Accept": "application/json"})
        self.assertIn("web page, not a picture", answer.json()["error"])

    def test_a_dropped_folder_makes_its_label(self):
        self.send(photo(), label_name="うさぎ")
        self.assertEqual(Upload.objects.get().label.name, "うさぎ")

    def test_a_label_that_is_nonsense_or_of_another_project_is_refused(self):
        other = Project.objects.create(owner=self.charlie, name="x").labels.create(name="x", key="x")
        self.assertEqual(self.send(photo(), label="猫").status_code, 422)
        self.assertEqual(self.send(photo(), label=other.id).status_code, 404)

    def test_addresses_are_typed_with_a_label_or_with_labels_behind_them(self):
        self.client.post(f"{self.page}upload", {"addresses": "https://example.org/1.jpg\n", "label": self.cat.id})
        self.client.post(f"{self.page}upload", {"addresses": "https://example.org/2.jpg 猫"})
        self.assertEqual({upload.label_chosen: upload.files[0]["name"] for upload in Upload.objects.all()}, {True: "addresses.txt", False: "addresses.txt"})
        answer = self.client.post(f"{self.page}upload", {"addresses": "file:///etc/passwd"})
        self.assertContains(answer, "starts with http:// or https://", status_code=422)

    def test_every_kind_that_can_be_imported_may_be_chosen(self):
        page = self.client.get(self.page).content.decode()
        for ending in (".heic", ".webp", ".avif", ".gif", ".tm", ".csv", ".jsonl", ".json", ".txt", ".xml", ".zip"):
            self.assertIn(f"{ending},", page + ",")

    def test_notices_stand_above_what_was_not_taken(self):
        upload = self.upload(status="done", total=1, processed=1, accepted=1, notices=["Put “<b>” together with “b”."])
        self.assertContains(self.client.get(f"/uploads/{upload.id}/"), "Put “&lt;b&gt;” together with “b”.")

    def test_a_live_upload_asks_again_and_an_ended_one_does_not(self):
        upload = self.upload(status="running", total=10, processed=4, accepted=3)
        page = self.client.get(f"/uploads/{upload.id}/", headers={"HX-Request": "true"})
        self.assertContains(page, 'hx-trigger="every 1s"')
        self.assertContains(page, "4 / 10")
        self.assertEqual(page["HX-Trigger"], "pictures-changed")
        Upload.objects.update(status="done")
        ended = self.client.get(f"/uploads/{upload.id}/?seen=3", headers={"HX-Request": "true"})
        self.assertNotContains(ended, "hx-trigger")
        self.assertEqual(ended["HX-Trigger"], "pictures-changed")

    def test_a_poll_that_brings_nothing_new_changes_no_pictures(self):
        upload = self.upload(status="running", total=10, accepted=3)
        page = self.client.get(f"/uploads/{upload.id}/?seen=3", headers={"HX-Request": "true"})
        self.assertNotIn("HX-Trigger", page)

    def test_several_uploads_are_shown_as_one(self):
        first = self.upload(status="done", total=50, processed=50, accepted=49, rejected=[{"name": '"><script>', "reason": "damaged", "message": "cut short"}])
        second = self.upload(status="running", total=30, processed=10, accepted=9, duplicates=1, labels={"猫": 9})
        page = self.client.get(f"/uploads/{first.id}/?with={second.id},nonsense")
        for text in ("60 / 80", "58 pictures taken", "1 was here already", "1 not taken", "&quot;&gt;&lt;script&gt;", "cut short"):
            self.assertContains(page, text)

    def test_uploads_of_others_are_not_counted_in(self):
        first = self.upload(status="done", total=5, processed=5, accepted=5)
        theirs = Upload.objects.create(project=Project.objects.create(owner=self.charlie, name="x"), accepted=7)
        self.assertContains(self.client.get(f"/uploads/{first.id}/?with={theirs.id}"), "5 pictures taken")

    def test_all_of_them_are_stopped_together(self):
        first, second = self.upload(), self.upload()
        self.client.post(f"/uploads/{first.id}/cancel?with={second.id}")
        self.assertEqual({upload.status for upload in Upload.objects.all()}, {"cancelled"})

    def test_a_failure_says_the_cause_and_the_next_step(self):
        upload = self.upload(status="failed", error={"cause": "The ZIP has a password.", "next_step": "Make it again."})
        self.assertContains(self.client.get(f"/uploads/{upload.id}/"), "The ZIP has a password. Make it again.")

    def test_work_in_progress_is_on_the_page_of_the_project(self):
        upload = self.upload(status="running", total=10, processed=4)
        self.assertContains(self.client.get(self.page), f'id="upload-{upload.id}"')

    def test_a_stranger_finds_nothing_and_sends_nothing(self):
        upload = self.upload()
        self.login(self.charlie)
        self.assertEqual(self.client.get(f"/uploads/{upload.id}/").status_code, 404)
        self.assertEqual(self.client.post(f"/uploads/{upload.id}/cancel").status_code, 404)
        self.assertEqual(self.send(photo(), label=self.cat.id).status_code, 404)

    def test_the_sample_makes_a_project_for_a_first_visitor(self):
        self.client.logout()
        answer = self.client.post("/sample")
        project = Project.objects.exclude(id=self.project.id).get()
        self.assertRedirects(answer, f"/projects/{project.id}/")
        self.assertEqual(project.uploads.get().status, "queued")
