import io
import zipfile

from django.core.files.uploadedfile import SimpleUploadedFile

from webapp.api.resources.shapes import CollectionOut, UploadOut
from webapp.api.tests.calls import ApiCast, missing
from webapp.collect.models import Collection
from webapp.core.test import jpeg
from webapp.ingest.models import Upload


def photo(seed: int = 0) -> SimpleUploadedFile:
    return SimpleUploadedFile("a.jpg", jpeg(seed), "image/jpeg")


class Uploads(ApiCast):
    def send(self, status: int = 202, **fields):
        answer = self.api.post(f"/api/v1/projects/{self.project.id}/uploads", fields)
        self.assertEqual(answer.status_code, status, answer.content)
        return answer

    def test_of_files_for_a_label_are_queued_and_can_be_polled(self):
        answer = self.send(file=[photo(1), photo(2)], label="猫")
        upload = Upload.objects.get()
        self.assertEqual((upload.label, upload.status), (self.cat, "queued"))
        self.assertEqual(answer["Location"], f"/api/v1/uploads/{upload.id}")
        UploadOut(**self.call("GET", f"/uploads/{upload.id}"))

    def test_make_the_label_that_they_name(self):
        self.send(file=photo(), label="鳥")
        self.assertEqual(Upload.objects.get().label.name, "鳥")

    def test_of_a_zip_need_no_label(self):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("cat/a.jpg", jpeg(0))
        self.send(file=SimpleUploadedFile("all.zip", out.getvalue(), "application/zip"))
        self.assertIsNone(Upload.objects.get().label)

    def test_without_a_file_or_with_unknown_fields_are_refused(self):
        for fields in ({"label": "猫"}, {"file": photo(), "labels": "猫"}, {"image": photo()}, {"file": photo(), "label": " "}):
            with self.subTest(fields):
                self.send(422, **fields)
        self.refused("POST", f"/projects/{self.project.id}/uploads", 415, "unsupported_type", {"file": "x"})
        self.assertFalse(Upload.objects.exists())

    def test_say_what_was_not_taken(self):
        rejected = [{"name": "x.jpg", "reason": "not_a_picture", "message": "No."}]
        upload = Upload.objects.create(project=self.project, status="failed", rejected=rejected, labels={"猫": 2}, error={"cause": "Full.", "next_step": "Wait."})
        shown = self.call("GET", f"/uploads/{upload.id}")
        self.assertEqual((shown["rejected"], shown["labels"], shown["error"]), (rejected, {"猫": 2}, "Full. Wait."))


class Collections(ApiCast):
    def path(self) -> str:
        return f"/projects/{self.project.id}/collections"

    def test_are_queued_and_can_be_polled(self):
        made = self.call("POST", self.path(), {"label": "猫", "query": "black cat", "count": 7}, 202)
        self.assertEqual((made["label"], made["query"], made["wanted"], made["status"]), ("猫", "black cat", 7, "queued"))
        self.assertEqual(self.call("GET", f"/collections/{made['id']}"), made)
        CollectionOut(**made)

    def test_want_a_sensible_number_and_a_label(self):
        for body in ({}, {"label": ""}, {"label": "猫", "count": 0}, {"label": "猫", "count": 100_000}, {"label": "猫", "provider": "x"}, {"label": "猫", "providers": []}):
            with self.subTest(body):
                self.call("POST", self.path(), body, 422)
        self.call("POST", self.path(), {"label": "new", "providers": ["nowhere"]}, 422)
        self.assertEqual((Collection.objects.count(), self.project.labels.count()), (0, 2))


class Images(ApiCast):
    def setUp(self):
        super().setUp()
        self.first, self.second, self.third = self.image(self.cat, 1), self.image(self.cat, 2), self.image(self.dog, 3)

    def listed(self, query: str = "") -> list[str]:
        return [item["id"] for item in self.call("GET", f"/projects/{self.project.id}/images?{query}")["items"]]

    def test_are_listed_by_label_and_status(self):
        self.call("PATCH", f"/images/{self.first.id}", {"status": "set_aside"})
        ids = [str(image.id) for image in (self.first, self.second, self.third)]
        self.assertEqual(self.listed(), ids)
        self.assertEqual(self.listed("label=猫"), ids[:2])
        self.assertEqual(self.listed("label=猫&status=ready"), ids[1:2])
        self.assertEqual(self.listed("label=nothing"), [])
        self.call("GET", f"/projects/{self.project.id}/images?status=gone", status=422)

    def test_are_listed_in_the_same_number_of_queries_however_many(self):
        self.listed()
        with self.assertNumQueries(3):
            self.listed()

    def test_say_where_their_files_are(self):
        shown = self.call("GET", f"/images/{self.first.id}")
        self.assertEqual((shown["url"], shown["thumb_url"]), (f"/images/{self.first.id}/picture.jpg", f"/images/{self.first.id}/thumb.jpg"))

    def test_move_to_a_label_of_their_project(self):
        self.assertEqual(self.call("PATCH", f"/images/{self.first.id}", {"label": "犬", "status": "set_aside"})["label"], "犬")
        self.first.refresh_from_db()
        self.assertEqual((self.first.label, self.first.status), (self.dog, "set_aside"))
        self.assertEqual(self.call("PATCH", f"/images/{self.first.id}", {"status": "ready"})["status"], "ready")

    def test_refuse_other_changes(self):
        self.refused("PATCH", f"/images/{self.first.id}", 422, "unknown_label", {"label": "bird"})
        for body in ({}, {"status": "lost"}, {"sha256": "0" * 64}, {"label": None}):
            with self.subTest(body):
                self.refused("PATCH", f"/images/{self.first.id}", 422, "invalid", body)

    def test_are_deleted(self):
        self.call("DELETE", f"/images/{self.first.id}", status=204)
        self.refused("GET", f"/images/{self.first.id}", 404, "not_found")
        self.refused("DELETE", f"/images/{missing()}", 404, "not_found")
