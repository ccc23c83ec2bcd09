from unittest.mock import patch

from django.test import Client
from django.urls import reverse

from webapp.api.tests.calls import JSON, ApiCast, missing
from webapp.projects import services


class Errors(ApiCast):
    def test_are_the_same_for_a_thing_of_somebody_else_and_one_that_is_not_there(self):
        self.api = self.as_(self.charlie)
        foreign, nothing = (self.api.get(f"/api/v1/projects/{row_id}") for row_id in (self.project.id, missing()))
        for answer in (foreign, nothing):  # each call is counted, and the seconds go on
            self.assertTrue(answer.headers.pop("X-RateLimit-Remaining") and answer.headers.pop("X-RateLimit-Reset"))
        self.assertEqual((foreign.status_code, foreign.content, foreign.headers), (nothing.status_code, nothing.content, nothing.headers))

    def test_answer_an_address_or_an_id_that_is_none(self):
        for path in ("/nothing", "/projects/1", "/projects/x'--", f"/projects/{self.project.id}/", "/runs/%00"):
            with self.subTest(path):
                self.refused("GET", path, 404, "not_found")

    def test_name_the_methods_that_there_are(self):
        self.refused("PUT", "/projects", 405, "method_not_allowed", {})
        self.assertEqual(set(self.api.put("/api/v1/projects")["Allow"].split(", ")), {"GET", "POST"})

    def test_answer_a_body_that_cannot_be_read(self):
        for body in (b"{", b"\xff\xfe", b"", b"[" * 100_000, b'{"labels": ["a"], "name": ' + b"9" * 5000 + b"}"):
            with self.subTest(body[:10]):
                self.assertIn(self.api.generic("POST", "/api/v1/projects", body, JSON).status_code, (400, 422))

    def test_answer_a_body_that_is_too_large(self):
        self.refused("POST", "/projects", 413, "too_large", {"name": "x" * 3_000_000})

    def test_answer_a_form_that_is_none(self):
        answer = self.api.generic("POST", f"/api/v1/projects/{self.project.id}/uploads", b"nonsense", "multipart/form-data")
        self.assertEqual((answer.status_code, answer.json()["error"]["code"]), (400, "bad_request"))

    def test_of_ours_say_nothing_of_our_inside_but_are_logged(self):
        with patch.object(services, "create_project", side_effect=RuntimeError("secret path")), self.assertLogs("webapp.api.errors", "ERROR") as log:
            error = self.refused("POST", "/projects", 500, "server_error", {"labels": ["a"]})
        self.assertNotIn("secret", str(error))
        self.assertIn("secret path", log.output[0])

    def test_name_the_fields_and_do_not_repeat_what_was_sent(self):
        error = self.refused("POST", "/projects", 422, "invalid", {"labels": ["a"], "password": "hunter2"})
        self.assertEqual([field["field"] for field in error["details"]["fields"]], ["password"])
        self.assertNotIn("hunter2", str(error))

    def test_are_json_that_no_browser_takes_for_a_page(self):
        answer = Client().get(reverse("api:list_projects"))
        self.assertEqual((answer["Content-Type"], answer["X-Content-Type-Options"]), (JSON, "nosniff"))
