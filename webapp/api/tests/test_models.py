import base64
import io
import tempfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from unittest import mock

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings

from fixtures import stub_server
from webapp.api.resources.shapes import ModelOut, PredictionOut
from webapp.api.tests.calls import JSON, ApiCast
from webapp.core import jobs, limits
from webapp.serving.services import MAX_PICTURE_BYTES
from webapp.serving.tests.small import coloured, published
from webapp.training.models import Run

RED = coloured("red")


class Models(ApiCast):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        run = jobs.claim(Run, Run.objects.create(project=self.project, preset="quick").id, "one")
        self.model = published(run, Path(folder.name) / "bundle", ["red", "green", "blue"])
        self.path = f"/models/{self.model.id}"

    def ask(self, data: object, status: int = 200, path: str = "", **options) -> dict:
        answer = self.api.post(f"/api/v1{path or self.path}/predict", data, **options)
        self.assertEqual(answer.status_code, status, answer.content[:300])
        return answer.json()

    def test_say_what_they_are(self):
        shown = self.call("GET", self.path)
        self.assertEqual((shown["labels"], shown["published"], shown["project_id"]), (["red", "green", "blue"], True, str(self.project.id)))
        ModelOut(**shown)
        self.assertEqual(self.call("GET", f"/projects/{self.project.id}")["model_id"], str(self.model.id))

    def test_answer_a_picture_however_it_comes(self):
        text = base64.b64encode(RED).decode()
        ways = {
            "form": {"data": {"image": SimpleUploadedFile("a.jpg", RED, "image/jpeg")}},
            "body": {"data": RED, "content_type": "image/jpeg"},
            "base64": {"data": {"base64": text}, "content_type": JSON},
            "data address": {"data": {"base64": f"data:image/jpeg;base64,{text}"}, "content_type": JSON},
        }
        for way, options in ways.items():
            with self.subTest(way):
                answer = self.ask(**options)
                PredictionOut(**answer)
                self.assertEqual((answer["predictions"][0]["label"], len(answer["predictions"])), ("red", 3))

    def test_answer_for_their_project_with_as_many_labels_as_asked(self):
        answer = self.ask(RED, path=f"/projects/{self.project.id}", content_type="image/png", query_params={"top": 2})
        self.assertEqual((answer["model_id"], len(answer["predictions"])), (str(self.model.id), 2))

    def test_say_when_they_know_none_of_their_labels_in_a_picture(self):
        self.assertEqual([self.ask(coloured(colour), content_type="image/jpeg")["unknown"] for colour in ("red", "grey")], [False, True])

    def test_are_told_how_readily_to_answer_and_it_counts_from_the_next_picture_on(self):
        self.assertEqual(self.call("GET", self.path)["keep"], 0.95)
        self.assertEqual(self.call("PATCH", self.path, {"keep": 1})["keep"], 1)
        self.assertFalse(self.ask(coloured("grey"), content_type="image/jpeg")["unknown"])
        self.assertEqual(self.call("PATCH", self.path, {})["keep"], 1)

    def test_refuse_what_is_no_share_and_change_nothing(self):
        for keep in (0.79, 1.01, -1):
            self.refused("PATCH", self.path, 422, "keep", {"keep": keep})
        for body in ({"kept": 0.9}, {"keep": "much"}):
            self.call("PATCH", self.path, body, 422)
        self.assertEqual(self.call("GET", self.path)["keep"], 0.95)

    def test_say_how_long_it_took(self):
        timing = self.ask(RED, content_type="image/jpeg")["timing"]
        self.assertGreaterEqual(timing["total_ms"], timing["infer_ms"])

    @override_settings(OUTGOING_ALLOW=["127.0.0.1/32"])
    def test_fetch_a_picture_from_the_web(self):
        with served(RED) as address:
            self.assertEqual(self.ask({"url": f"{address}/red.jpg"}, content_type=JSON)["predictions"][0]["label"], "red")

    def test_fetch_only_so_many_pictures_from_the_web(self):
        with mock.patch.dict(limits.LIMITS, predict_url=limits.Limit(1, limits.HOUR)):
            self.ask({"url": "http://127.0.0.1:1/"}, 422, content_type=JSON)
            error = self.ask({"url": "http://127.0.0.1:1/"}, 429, content_type=JSON)["error"]
        self.assertGreater(error["details"]["retry_after"], 0)

    @override_settings(OUTGOING_ALLOW=[])
    def test_fetch_nothing_from_our_own_network(self):
        with served(RED) as address:
            error = self.ask({"url": f"{address}/red.jpg"}, 422, content_type=JSON)["error"]
        self.assertEqual((error["code"], error["details"]), ("not_fetched", {"field": "url"}))

    @override_settings(OUTGOING_ALLOW=["127.0.0.1/32"])
    def test_say_nothing_about_the_page_that_stands_where_a_picture_was(self):
        with stub_server.running() as web:
            web.faults["picture"] = "html"
            for address, status, code in (("/nothing", 422, "not_fetched"), ("/pictures/original/cat/1.jpg", 415, "not_a_picture")):
                self.assertEqual(self.ask({"url": web.url + address}, status, content_type=JSON)["error"]["code"], code)
        with served(RED, status=404) as address:
            self.assertIn("no picture at this address", self.ask({"url": address}, 422, content_type=JSON)["error"]["message"])

    def test_refuse_what_is_no_picture(self):
        html = b"<html>" + b" " * 500
        for data, kind, status in (
            (html, "image/jpeg", 415),
            (RED[: len(RED) // 2], "image/jpeg", 422),
            (b" ", "image/jpeg", 415),
            (RED, "text/plain", 415),
            ({"base64": "%%%"}, JSON, 422),
            ({"base64": "YQ==", "url": "https://example.org"}, JSON, 422),
            ({"image": "x"}, JSON, 422),
            (["x"], JSON, 422),
            ({"url": 1}, JSON, 422),
            ({"url": "file:///etc/passwd"}, JSON, 422),
            (b"x" * (MAX_PICTURE_BYTES + 1), "image/jpeg", 413),
        ):
            with self.subTest(kind=kind, data=str(data)[:40]):
                self.ask(data, status, content_type=kind)
        self.ask({"picture": SimpleUploadedFile("a.jpg", RED)}, 422)
        self.call("POST", f"{self.path}/predict?top=0", status=422)

    def test_of_a_project_that_was_never_trained_are_not_there_yet(self):
        self.model.delete()
        self.assertEqual(self.ask(RED, 409, path=f"/projects/{self.project.id}", content_type="image/jpeg")["error"]["code"], "no_model")

    def test_can_be_taken_away(self):
        answer = self.api.get(f"/api/v1{self.path}/bundle?format=onnx")
        self.assertEqual((answer.status_code, answer["Content-Type"]), (200, "application/zip"))
        names = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))).namelist()
        self.assertTrue({"model.onnx", "bundle.json", "labels.txt"} <= set(names), names)
        self.call("GET", f"{self.path}/bundle?format=pickle", status=422)


class served:
    """A web server on loopback that answers every GET with these bytes."""

    def __init__(self, content: bytes, status: int = 200):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "image/jpeg")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_parts) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> str:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}"

    def __exit__(self, *_error) -> None:
        self.server.shutdown()
        self.server.server_close()
