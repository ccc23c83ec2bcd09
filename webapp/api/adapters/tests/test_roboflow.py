"""Byte for byte what Roboflow's two Python packages send; they pin other versions of our own packages, so they cannot be installed beside us."""

import base64

import requests
from django.test import override_settings

from webapp.api.tests.server import Served
from webapp.api.tests.test_models import served
from webapp.serving.tests.small import coloured

BASE64 = base64.b64encode(coloured("green")).decode()
FORM, JSON = ({"Content-Type": f"application/{kind}"} for kind in ("x-www-form-urlencoded", "json"))


class Roboflow(Served):
    def setUp(self):
        super().setUp()
        self.base = f"{self.address}/roboflow"
        self.model_id = f"{self.project.id}/1"

    def best(self, answer: requests.Response) -> str:
        """The best label of an answer whose shape is theirs."""
        found = answer.json()
        self.assertEqual(answer.status_code, 200, found)
        self.assertTrue(found["time"] > 0 and answer.headers["Server-Timing"].startswith("decode;dur="))
        self.assertEqual(found["image"], {"width": 40, "height": 40})
        self.assertEqual([set(one) for one in found["predictions"]], [{"class", "class_id", "confidence"}] * 3)
        self.assertEqual((found["top"], found["confidence"]), (found["predictions"][0]["class"], found["predictions"][0]["confidence"]))
        return found["top"]

    @override_settings(OUTGOING_ALLOW=["127.0.0.1/32"])
    def test_the_package_roboflow_gets_its_answers(self):
        query = {"api_key": self.key, "name": "YOUR_IMAGE.jpg"}
        self.assertEqual(self.best(requests.post(f"{self.base}/{self.model_id}", params=query, data=BASE64, headers=FORM, timeout=20)), "green")
        with served(coloured("blue")) as address:
            self.assertEqual(self.best(requests.post(f"{self.base}/{self.model_id}", params=query | {"image": f"{address}/a.jpg"}, timeout=20)), "blue")

    def test_the_package_inference_sdk_gets_its_answers_in_both_of_its_ways(self):
        old = requests.post(f"{self.base}/{self.model_id}", params={"api_key": self.key, "confidence": 0.4}, data=BASE64, headers=JSON, timeout=20)
        self.assertEqual(self.best(old), "green")
        self.assertEqual(requests.get(f"{self.base}/model/registry", params={"api_key": self.key}, timeout=20).json(), {"models": []})
        mine = {"model_id": self.model_id, "api_key": self.key}
        (model,) = requests.post(f"{self.base}/model/add", json=mine, headers=JSON, timeout=20).json()["models"]
        self.assertEqual((model["model_id"], model["task_type"], model["input_width"]), (self.model_id, "classification", 8))
        image = {"type": "base64", "value": BASE64}
        self.assertEqual(self.best(requests.post(f"{self.base}/infer/classification", json=mine | {"image": image}, timeout=20)), "green")
        header = {"Authorization": f"Bearer {self.key}"}
        both = requests.post(f"{self.base}/infer/classification", json={"model_id": self.model_id, "image": [image, image]}, headers=header, timeout=20)
        self.assertEqual([one["top"] for one in both.json()], ["green", "green"])

    def test_files_and_bytes_are_taken_as_their_documentation_shows(self):
        address, query = f"{self.base}/{self.project.id}/published", {"api_key": self.key}
        self.assertEqual(self.best(requests.post(address, params=query, files={"file": ("a.jpg", coloured("red"), "image/jpeg")}, timeout=20)), "red")
        self.assertEqual(self.best(requests.post(address, params=query, data=coloured("red"), headers={"Content-Type": "image/jpeg"}, timeout=20)), "red")

    def test_refusals_have_a_message(self):
        image = {"type": "base64", "value": BASE64}
        for path, status, options in (
            (self.model_id, 401, {"data": BASE64}),
            (self.model_id, 401, {"data": BASE64, "params": {"api_key": "wrong"}}),
            (f"{self.project.id}/7", 404, {"data": BASE64, "params": {"api_key": self.key}}),
            ("slug/1", 404, {"data": BASE64, "params": {"api_key": self.key}}),
            (self.model_id, 422, {"params": {"api_key": self.key}}),
            ("model/add", 401, {}),
            ("infer/classification", 404, {"json": {"api_key": self.key, "model_id": "x", "image": image}}),
            ("infer/classification", 422, {"json": {"api_key": self.key, "model_id": self.model_id, "image": "x"}}),
            ("infer/classification", 413, {"json": {"api_key": self.key, "model_id": self.model_id, "image": [image] * 17}}),
            ("infer/classification", 400, {"data": b"{", "headers": JSON}),
        ):
            with self.subTest(path=path, status=status):
                answer = requests.post(f"{self.base}/{path}", timeout=20, **options)
                self.assertEqual((answer.status_code, bool(answer.json()["message"])), (status, True), answer.text)
