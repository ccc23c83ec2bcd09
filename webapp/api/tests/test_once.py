from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from webapp.api.models import FirstAnswer
from webapp.api.tests.calls import JSON, ApiCast
from webapp.core.test import jpeg
from webapp.ingest.models import Upload
from webapp.projects.models import Project


class AnIdempotencyKey(ApiCast):
    def post(self, key: str = "k1", api=None, **body):
        return (api or self.api).post("/api/v1/projects", body or {"labels": ["a"]}, JSON, headers={"Idempotency-Key": key})

    def test_gives_the_first_answer_again(self):
        first, second = self.post(), self.post()
        self.assertEqual((second.status_code, second.json(), second["Location"]), (201, first.json(), first["Location"]))
        self.assertEqual(Project.objects.count(), 2)
        self.post("k2")
        self.assertEqual(Project.objects.count(), 3)

    def test_belongs_to_one_person(self):
        ids = {self.post(api=self.as_(person)).json()["id"] for person in (self.alice, self.bob)}
        self.assertEqual(len(ids), 2)

    def test_is_for_one_request(self):
        self.post()
        answer = self.post(labels=["b"])
        self.assertEqual((answer.status_code, answer.json()["error"]["code"]), (422, "idempotency_key_reused"))

    def test_lets_a_refused_request_be_tried_again(self):
        self.assertEqual(self.post(labels=[""]).status_code, 422)
        self.assertEqual(self.post(labels=["b"]).status_code, 201)

    def test_waits_for_a_first_request_that_is_being_worked_on_but_not_for_ever(self):
        self.post()
        FirstAnswer.objects.update(status=None)
        waiting = self.post()
        self.assertEqual((waiting.status_code, waiting.json()["error"]["code"], waiting["Retry-After"]), (409, "in_progress", "1"))
        FirstAnswer.objects.update(created=timezone.now() - timedelta(minutes=16))
        self.assertEqual(self.post().status_code, 201)

    def test_is_forgotten_after_a_day(self):
        self.post()
        FirstAnswer.objects.update(created=timezone.now() - timedelta(hours=25))
        self.post()
        self.assertEqual((Project.objects.count(), FirstAnswer.objects.count()), (3, 1))

    def test_works_for_uploads_whose_body_differs_each_time(self):
        path = f"/api/v1/projects/{self.project.id}/uploads"
        for _ in range(2):
            answer = self.api.post(path, {"file": SimpleUploadedFile("a.jpg", jpeg(0)), "label": "猫"}, headers={"Idempotency-Key": "k"})
            self.assertEqual(answer.status_code, 202)
        self.assertEqual(Upload.objects.count(), 1)

    def test_changes_nothing_about_forms_that_cannot_be_read(self):
        path = f"/api/v1/projects/{self.project.id}/uploads"
        many = b"".join(b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\na\r\n' for _ in range(101)) + b"--x--\r\n"
        for body, kind, status in ((many, "multipart/form-data; boundary=x", 413), (b"--x", "multipart/form-data; boundary=" + "x" * 300, 400)):
            answers = [self.api.generic("POST", path, body, kind, headers=headers) for headers in ({}, {"Idempotency-Key": "k"})]
            self.assertEqual([(answer.status_code, answer.json()) for answer in answers], [(status, answers[0].json())] * 2)
        self.assertFalse(FirstAnswer.objects.exists())

    def test_is_not_endless(self):
        self.assertEqual(self.post("k" * 255).status_code, 201)
        answer = self.post("k" * 256)
        self.assertEqual((answer.status_code, answer.json()["error"]["code"]), (422, "idempotency_key"))

    def test_of_nobody_is_nothing(self):
        self.api.defaults.pop("HTTP_AUTHORIZATION")
        self.assertEqual(self.post().status_code, 401)
        self.assertFalse(FirstAnswer.objects.exists())
