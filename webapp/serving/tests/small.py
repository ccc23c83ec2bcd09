"""A real model that is small: it tells pictures apart by their colour, and loads in milliseconds."""

import io
from functools import cache
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper
from PIL import Image

from trainer import graph, novelty
from trainer.bundle import write_bundle
from trainer.cross_validation import Pictures
from webapp.serving.models import Model
from webapp.serving.publish import publish
from webapp.training.models import Run

SIDE = 8
CURVE = {"keep": 0.95, "method": "small", "pictures": 60, "curve": [
    {"keep": 1 - step / 100, "threshold": -5 + step, "coverage": 1 - 1.4 * step / 100, "accuracy": 0.9 + step / 300} for step in range(21)
]}
RESULT = {"best": {"epoch": 3, "val_accuracy": 0.9, "val_loss": 0.2}, "evaluation": {"accuracy": 0.9}, "answers": [], "device": "cpu", "versions": {}}


def small_bundle(folder: Path, labels: list[str]) -> Path:
    """A bundle for three labels: the first answers red pictures, the second green, the third blue."""
    ends = [("pixels", [1, 3, SIDE, SIDE]), ("features", [1, 3])]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in ends]
    mean = helper.make_node("ReduceMean", ["pixels", "axes"], ["features"], keepdims=0)
    axes = helper.make_tensor("axes", TensorProto.INT64, [2], [2, 3])
    opset = [helper.make_opsetid("", graph.OPSET)]
    colour = helper.make_model(helper.make_graph([mean], "colour", ends[:1], ends[1:], [axes]), opset_imports=opset, ir_version=graph.IR_VERSION)
    head = graph.head_model(0.05 * np.eye(3)[: len(labels)], np.zeros(len(labels)))
    model = graph.with_features(graph.chain(graph.resize_model(SIDE), colour, head), 3).SerializeToString()
    return write_bundle(folder, model=model, labels=labels, input_size=SIDE, preset="quick", accuracy=0.9, golden=[(coloured("red"), {labels[0]: 1.0})], novelty=usual(len(labels)))


@cache
def usual(labels: int) -> bytes:
    """What the small model holds for usual: dark and bright shades of its colours."""
    random, actual = np.random.default_rng(0), np.repeat(np.arange(labels), 40)
    # Some are of one colour alone, as `coloured` paints them; the others have a tinge.
    tinge = random.integers(0, 30, (len(actual), 3)) * random.integers(0, 2, (len(actual), 3))
    vectors = random.uniform(30, 255, (len(actual), 1)) * np.eye(3)[actual] + tinge
    learned, _known = novelty.learn(Pictures(vectors.astype(np.float32), actual, [None] * len(actual), labels), 1.0, seed=0)
    return novelty.packed(learned)


def coloured(colour: str, kind: str = "JPEG", side: int = 40) -> bytes:
    """A picture file of one colour."""
    out = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(out, kind)
    return out.getvalue()


def published(run: Run, folder: Path, labels: list[str]) -> Model:
    """The published small model of a claimed run."""
    return publish(run, small_bundle(folder, labels), RESULT)
