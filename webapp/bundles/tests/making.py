"""A published model that is small and real, and its ZIPs as a worker makes them."""

import io
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from django.conf import settings
from onnx import TensorProto, helper, numpy_helper

from trainer import graph
from trainer.bundle import write_bundle
from webapp.bundles import at_once, services, work
from webapp.bundles.models import Packing
from webapp.core import jobs, store
from webapp.core.test import Cast
from webapp.images.models import Image
from webapp.serving import golden
from webapp.serving.models import Model
from webapp.serving.publish import publish
from webapp.serving.tests.small import RESULT, SIDE, coloured, published, usual
from webapp.training.models import Run


class ModelCast(Cast):
    """The cast, and `self.model`, which tells colours apart and learned from two pictures of the project."""

    def setUp(self) -> None:
        super().setUp()
        self.cats = [self.image(self.cat, 1), self.image(self.cat, 2)]
        snapshot = [[str(self.cats[0].id), "red", "train"], [str(self.cats[1].id), "red", "val"]]
        run = jobs.claim(Run, Run.objects.create(project=self.project, preset="quick", snapshot=snapshot).id, "one")
        self.addCleanup(shutil.rmtree, settings.DATA / "bundle", ignore_errors=True)
        self.model = self.published(run)
        self.golden = [self.there(f"{self.model.folder}/{name}") for name in self.model.files if golden.is_picture(name)]

    def published(self, run: Run) -> Model:
        return published(run, settings.DATA / "bundle", ["red", "green", "blue"])

    def there(self, name: str) -> Image:
        """The picture of the project that a golden one is."""
        content = store.get(name)
        return Image.objects.create(project=self.project, label=self.cat, sha256=golden.digest(name), width=40, height=40, size_bytes=len(content))

    def unpacked(self, packing: Packing) -> Path:
        """A folder with what is in a ZIP."""
        folder = Path(tempfile.mkdtemp(dir=settings.DATA))
        self.addCleanup(shutil.rmtree, folder)
        opened(packing).extractall(folder)
        return folder


def with_weights(bundle: Path) -> Path:
    """The small model's bundle with a layer that has weights: there is nothing to make whole numbers of in one without."""
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in (("pixels", [1, 3, SIDE, SIDE]), ("features", [1, 3]))]
    layers = [helper.make_node("Conv", ["pixels", "filters"], ["seen"]), helper.make_node("ReduceMean", ["seen", "axes"], ["features"], keepdims=0)]
    weights = [numpy_helper.from_array(np.eye(3, dtype=np.float32).reshape(3, 3, 1, 1), "filters"), numpy_helper.from_array(np.array([2, 3]), "axes")]
    colour = helper.make_model(helper.make_graph(layers, "colour", ends[:1], ends[1:], weights), opset_imports=[helper.make_opsetid("", graph.OPSET)], ir_version=graph.IR_VERSION)
    model = graph.with_features(graph.chain(graph.resize_model(SIDE), colour, graph.head_model(0.05 * np.eye(3), np.zeros(3))), 3)
    proof = [(coloured(shade), {label: 1.0}) for label, shade in (("red", "red"), ("green", "lime"), ("blue", "blue"))]
    return write_bundle(bundle, model=model.SerializeToString(), labels=["red", "green", "blue"], input_size=SIDE, preset="quick", accuracy=0.9, golden=proof, novelty=usual(3))


class ConvertibleCast(ModelCast):
    """The same with a model that can be made for other engines."""

    def published(self, run: Run) -> Model:
        return publish(run, with_weights(settings.DATA / "bundle"), RESULT)


def made(model: Model, key: str) -> Packing:
    """The ZIP of a model in a format, which a worker has made where it needs one."""
    packing = at_once.get(model=model, key=key)
    if packing.is_live:
        work.finish(jobs.claim(Packing, packing.id, "tester"), lambda: None)  # a heart beats on another connection, which would wait for the test's transaction
        packing = services.current(model)[key]
    return packing


def opened(packing: Packing) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(store.get(packing.file_name)))


def python(folder: Path, script: str, *arguments: str, executable: str = sys.executable) -> subprocess.CompletedProcess:
    """A script as somebody runs it who has the folder and nothing else of ours."""
    return subprocess.run([executable, folder / script, *arguments], cwd="/", env={}, capture_output=True, text=True, timeout=100)
