"""A real model that is tiny: one convolution, which tells the drawn pictures apart by their colour."""

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from trainer import graph, novelty
from trainer.bundle import write_bundle
from trainer.cross_validation import Pictures
from trainer.predict import Predictor

LABELS = ["berry", "leaf", "sky"]
SIDE = 96


def tiny_bundle(folder: Path, pictures: list[tuple[Path, str]]) -> Path:
    """A bundle whose golden answers and whose idea of what is usual come from these pictures."""
    model = tiny_model().SerializeToString()
    write_bundle(folder, model=model, labels=LABELS, input_size=SIDE, preset="quick", accuracy=0.9)
    predictor = Predictor(folder)
    golden = [(path.read_bytes(), dict(predictor.predict(path).answers)) for path, _label in pictures[::8]]
    vectors = np.stack([predictor.features(path) for path, _label in pictures])
    known = Pictures(vectors, np.array([LABELS.index(label) for _path, label in pictures]), [None] * len(pictures), 3)
    usual = novelty.packed(novelty.learn(known, 1.0, 0)[0])
    return write_bundle(folder, model=model, labels=LABELS, input_size=SIDE, preset="quick", accuracy=0.9, golden=golden, novelty=usual)


def tiny_model():
    """Colours and their opposites in twelve channels, the mean of each over the picture, and a linear layer."""
    random = np.random.default_rng(0)
    colours = np.concatenate([np.eye(3), -np.eye(3), random.normal(0, 0.4, (6, 3))])
    kernel = np.repeat(np.repeat(colours[:, :, None, None] / 9, 3, axis=2), 3, axis=3)
    constants = {"kernel": kernel, "bias": np.full(12, 0.1), "floor": np.array(0), "ceiling": np.array(6)}
    constants = [numpy_helper.from_array(value.astype(np.float32), name) for name, value in constants.items()]
    whole = [helper.make_tensor("axes", TensorProto.INT64, [2], [2, 3]), helper.make_tensor("sides", TensorProto.INT64, [2], [1, 12])]
    nodes = [
        helper.make_node("Conv", ["normalised", "kernel", "bias"], ["maps"], name="conv", strides=[2, 2], pads=[0, 0, 1, 1]),
        helper.make_node("Clip", ["maps", "floor", "ceiling"], ["strong"], name="clip"),
        helper.make_node("ReduceMean", ["strong", "axes"], ["pooled"], name="mean", keepdims=1),
        helper.make_node("Reshape", ["pooled", "sides"], ["features"], name="flat"),
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in (("normalised", [1, 3, SIDE, SIDE]), ("features", [1, 12]))]
    opset = [helper.make_opsetid("", graph.OPSET)]
    network = helper.make_model(helper.make_graph(nodes, "tiny", ends[:1], ends[1:], [*constants, *whole]), opset_imports=opset, ir_version=graph.IR_VERSION)
    head = np.zeros((3, 12), np.float32)
    head[0, [0, 4]], head[1, [1, 3]], head[2, [2, 3]] = 6, 6, 6
    front = graph.chain(graph.resize_model(SIDE), graph.normalise_model([0.5] * 3, [0.5] * 3, SIDE))
    return graph.with_features(graph.chain(front, network, graph.head_model(head, np.zeros(3))), 12)
