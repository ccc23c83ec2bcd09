"""Byte for byte what Triton's client sends: in JSON, and with tensors in binary after it."""

import base64
import json
import math
import struct

import numpy as np
import requests

from webapp.api.tests.server import Served
from webapp.serving.tests.small import coloured

HEADER = "Inference-Header-Content-Length"
RED, BLUE = coloured("red"), coloured("blue")
BLUE_PIXELS = np.full((30, 40, 3), (0, 0, 255), np.uint8)


def framed(*values: bytes) -> bytes:
    return b"".join(struct.pack("<I", len(value)) + value for value in values)


class KServe(Served):
    def setUp(self):
        super().setUp()
        self.auth = {"Authorization": f"Bearer {self.key}"}
        self.path = f"{self.address}/v2/models/{self.project.id}"

    def infer(self, tensor: dict, path: str = "", **more: object) -> dict:
        """The outputs of a JSON request by name."""
        answer = requests.post(f"{path or self.path}/infer", json={"inputs": [{"name": "image"} | tensor], **more}, headers=self.auth, timeout=20)
        self.assertEqual(answer.status_code, 200, answer.text)
        return {output["name"]: output for output in answer.json()["outputs"]}

    def in_binary(self, tensor: dict, raw: bytes, **more: object) -> requests.Response:
        """A request as Triton's client sends it unless it is told otherwise."""
        head = json.dumps({"inputs": [tensor | {"parameters": {"binary_data_size": len(raw)}}], "parameters": {"binary_data_output": True}, **more}).encode()
        return requests.post(f"{self.path}/infer", data=head + raw, headers=self.auth | {HEADER: str(len(head)), "Content-Type": "application/octet-stream"}, timeout=20)

    def test_pictures_come_as_base64_in_json(self):
        data = [base64.b64encode(picture).decode() for picture in (RED, BLUE)]
        outputs = self.infer({"shape": [2], "datatype": "BYTES", "data": data})
        labels, shares = (outputs[name] for name in ("labels", "probabilities"))
        self.assertEqual((labels["shape"], labels["datatype"], labels["data"][::3]), ([2, 3], "BYTES", ["red", "blue"]))
        self.assertEqual((shares["shape"], shares["datatype"]), ([2, 3], "FP32"))
        self.assertAlmostEqual(sum(shares["data"]), 2, places=3)
        self.assertEqual(outputs["unknown"], {"name": "unknown", "shape": [2], "datatype": "BOOL", "data": [False, False]})

    def test_pixels_come_as_numbers_flat_or_in_lists(self):
        for shape, data in (([1, 30, 40, 3], BLUE_PIXELS.flatten().tolist()), ([30, 40, 3], BLUE_PIXELS.tolist())):
            outputs = self.infer({"shape": shape, "datatype": "UINT8", "data": data}, f"{self.path}/versions/1")
            self.assertEqual(outputs["labels"]["data"][0], "blue")

    def test_both_come_and_go_in_binary(self):
        files = {"name": "image", "shape": [2, 1], "datatype": "BYTES"}, framed(RED, BLUE)
        pixels = {"name": "pixels", "shape": [2, 30, 40, 3], "datatype": "UINT8"}, BLUE_PIXELS.tobytes() * 2
        for (tensor, raw), expected in ((files, b"red"), (pixels, b"blue")):
            answer = self.in_binary(tensor, raw)
            length = int(answer.headers[HEADER])
            self.assertTrue(json.loads(answer.content[:length])["parameters"]["infer_ms"] > 0)
            sizes = {output["name"]: output["parameters"]["binary_data_size"] for output in json.loads(answer.content[:length])["outputs"]}
            tail = answer.content[length:]
            self.assertEqual(len(tail), sum(sizes.values()))
            self.assertEqual((sizes["probabilities"], sizes["unknown"]), (2 * 3 * 4, 2))
            self.assertTrue(tail.startswith(framed(expected)))

    def test_the_best_few_come_as_text_and_only_what_is_wanted(self):
        wanted = [{"name": "probabilities", "parameters": {"classification": 2}}]
        outputs = self.infer({"shape": [1], "datatype": "BYTES", "data": [base64.b64encode(BLUE).decode()]}, outputs=wanted, id="my question")
        (output,) = outputs.values()
        self.assertEqual((output["datatype"], output["shape"], output["data"][0].split(":")[1:]), ("BYTES", [1, 2], ["2", "blue"]))

    def test_it_says_that_it_lives_and_what_its_models_take(self):
        for path in ("", "/health/live", "/health/ready"):
            self.assertEqual(requests.get(f"{self.address}/v2{path}", timeout=20).status_code, 200)
        about = requests.get(self.path, headers=self.auth, timeout=20).json()
        self.assertEqual((about["versions"], [one["datatype"] for one in about["inputs"]]), (["1"], ["BYTES", "UINT8"]))
        for path in (self.path, f"{self.path}/versions/1"):
            self.assertEqual(requests.get(f"{path}/ready", headers=self.auth, timeout=20).json()["ready"], True)
        self.assertEqual(requests.get(f"{self.path}/versions/2/ready", headers=self.auth, timeout=20).status_code, 404)

    def test_refusals_have_an_error(self):
        one = {"name": "image", "shape": [1], "datatype": "BYTES", "data": ["AAAA"]}
        for body, status in (
            ({}, 400),
            ({"inputs": []}, 400),
            ({"inputs": [one, one]}, 400),
            ({"inputs": [one | {"shape": [2]}]}, 400),
            ({"inputs": [one | {"shape": [10**30]}]}, 400),
            ({"inputs": [one | {"shape": [-1]}]}, 400),
            ({"inputs": [one | {"shape": [1] * 5}]}, 400),
            ({"inputs": [one | {"shape": 1}]}, 400),
            ({"inputs": [one | {"data": None}]}, 400),
            ({"inputs": [one | {"datatype": "FP32"}]}, 400),
            ({"inputs": [one | {"datatype": "UINT8", "shape": [1, 1, 1, 3], "data": [1, 2]}]}, 400),
            ({"inputs": [one | {"datatype": "UINT8", "shape": [1, 1, 1, 3], "data": [1, 2, 300]}]}, 400),
            ({"inputs": [one | {"datatype": "UINT8", "shape": [1, 1, 1, 3], "data": [[[["a"]]]]}]}, 400),
            ({"inputs": [one], "outputs": [{"name": "logits"}]}, 400),
            ({"inputs": [one], "outputs": [{"name": 1}]}, 400),
            ({"inputs": [one], "outputs": [{"name": ""}]}, 400),
            ({"inputs": [one | {"shape": [17], "data": ["AAAA"] * 17}]}, 400),
            ({"inputs": [one]}, 415),
        ):
            with self.subTest(str(body)[:90]):
                answer = requests.post(f"{self.path}/infer", json=body, headers=self.auth, timeout=20)
                self.assertEqual((answer.status_code, bool(answer.json()["error"])), (status, True), answer.text)
        endless = ({"inputs": [one | {"shape": [math.inf]}]}, {"inputs": [one | {"parameters": {"binary_data_size": math.inf}}]})
        for body in (*endless, {"inputs": [one], "outputs": [{"name": "probabilities", "parameters": {"classification": math.inf}}]}):
            sent = json.dumps(body).replace("Infinity", "1e999")  # which is JSON, and reads as infinite
            self.assertEqual(requests.post(f"{self.path}/infer", data=sent, headers=self.auth, timeout=20).status_code, 400)
        for tail in (b"", b"\x01", framed(RED)[:-1]):
            self.assertEqual(self.in_binary({"name": "image", "shape": [1], "datatype": "BYTES"}, tail).status_code, 400)
        for path, headers, status in ((self.path, {}, 401), (f"{self.address}/v2/models/resnet", self.auth, 404), (self.path, self.auth | {"Content-Encoding": "gzip"}, 415)):
            self.assertEqual(requests.post(f"{path}/infer", json={"inputs": [one]}, headers=headers, timeout=20).status_code, status)
