"""A model that is not just what a training left is refused before anything loads it (S21). Models that read other files: `trainer/tests/test_bundle.py`."""

import tempfile
from pathlib import Path
from unittest.mock import patch

import onnxruntime

from webapp.core import jobs, store
from webapp.core.errors import UserError
from webapp.core.test import Cast
from webapp.projects.services import create_project
from webapp.serving.cache import load
from webapp.serving.models import Model
from webapp.serving.tests.small import published
from webapp.training.models import Run


class Models(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.mine, self.theirs = self.model(["red", "green", "blue"]), self.model(["hot", "cold", "warm"])

    def model(self, labels: list[str]) -> Model:
        project = create_project(owner=self.alice, labels=labels)
        run = jobs.claim(Run, Run.objects.create(project=project, preset="quick").id, "one")
        with tempfile.TemporaryDirectory() as folder:
            return published(run, Path(folder) / "bundle", labels)

    def is_refused_unloaded(self) -> None:
        with patch.object(onnxruntime, "InferenceSession", side_effect=AssertionError("it was loaded")) as loader, self.assertRaises(UserError) as refused:
            load(self.mine)
        self.assertEqual((refused.exception.status, loader.call_count), (503, 0))
        self.assertEqual(refused.exception.message, "The model file is damaged. Train again to make a new one.")

    def test_that_are_whole_are_loaded(self) -> None:
        self.assertEqual(load(self.mine).labels, self.mine.labels)

    def test_that_are_cut_or_changed_anywhere_are_refused(self) -> None:
        name = f"{self.mine.folder}/model.onnx"
        whole = store.get(name)
        for content in (b"", whole[:100], whole[:-1], whole + b"x", whole[:50] + bytes([whole[50] ^ 1]) + whole[51:], b"<svg/>"):
            store.put(name, content)
            with self.subTest(len(content)):
                self.is_refused_unloaded()

    def test_whose_network_is_that_of_somebody_else_are_refused(self) -> None:
        store.put(f"{self.mine.folder}/model.onnx", store.get(f"{self.theirs.folder}/model.onnx") + b"\0")
        self.is_refused_unloaded()

    def test_whose_files_are_all_those_of_somebody_else_are_refused(self) -> None:
        for name in self.theirs.files:
            store.put(f"{self.mine.folder}/{name}", store.get(f"{self.theirs.folder}/{name}"))
        with self.assertRaises(UserError) as refused:
            load(self.mine)
        self.assertEqual(refused.exception.status, 503)

    def test_that_say_to_lie_elsewhere_are_not_followed(self) -> None:
        store.put(f"{self.mine.folder}/bundle.json", store.get(f"{self.mine.folder}/bundle.json").replace(b'"engine": "onnxruntime"', b'"engine": "../../secret_key"'))
        store.put(f"{self.mine.folder}/model.onnx", (b"x" * 100))
        self.is_refused_unloaded()
