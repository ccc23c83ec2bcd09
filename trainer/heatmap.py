"""Where a network looked: Grad-CAM (Selvaraju et al. 2017) on a published model, for all labels at once. Needs no torch.

Grad-CAM weighs the last feature maps by the gradient of a label's score, averaged over their places. Behind a global average
pooling that gradient is the same at every place, so the map of a label at a place is the slope of its score at the pooled
vector in the direction of the features of that place. A slope is two answers of the few layers behind the pooling: no backward
pass is needed, and with a linear layer there it is exactly the label's row of weights times the features (CAM, Zhou et al. 2016).
"""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper
from onnx.utils import Extractor

from trainer.bundle import read_checked
from trainer.memory import give_back
from trainer.pixels import decode
from trainer.sessions import lean

STEP = 0.01  # of the features: small beside the pooled vector, large beside the rounding of float32
MOST_PLACES = 20  # along a side
_AXES = ({2, 3}, {-1, -2})  # height and width of feature maps


class HeatError(ValueError):
    """A network has no feature maps before its pooling; the message is a sentence for a person."""


class Heater:
    """A checked model loaded to say where it looked; safe to share between threads. Raises BundleError, HeatError."""

    def __init__(self, bundle_folder: str | Path) -> None:
        self.bundle, data = read_checked(bundle_folder)
        parts = [onnx.load_model_from_string(data)]
        del data  # of a large network, each copy counts: one goes as soon as the next is made
        parts[:] = split(parts.pop())
        self._tail, self._body = _session(parts.pop()), _session(parts.pop())
        give_back()

    def heat(self, data: bytes | str | Path) -> np.ndarray:
        """Maps from 0 to 1, float32 [labels, h, w], over the middle of a picture file (see `seen`); 0 where nothing spoke for a label. Raises PictureError."""
        return normalised(self.slopes(decode(data, self.bundle.input_size)))

    def slopes(self, picture: np.ndarray) -> np.ndarray:
        """How each place raises (or lowers) the score of each label, float32 [labels, h, w], for a decoded picture."""
        maps = self._body.run(None, {"picture": picture})[0][0]
        pooled, maps = maps.mean(axis=(1, 2)), coarser(maps)
        places = maps.reshape(len(maps), -1).T
        slopes = [(self._scores(pooled + STEP * place) - self._scores(pooled - STEP * place)) / (2 * STEP) for place in places]
        return np.array(slopes, np.float32).T.reshape(-1, *maps.shape[1:])

    def _scores(self, pooled: np.ndarray) -> np.ndarray:
        wanted = self._tail.get_inputs()[0]
        return self._tail.run(None, {wanted.name: pooled.reshape(wanted.shape)})[0][0]


def coarser(maps: np.ndarray) -> np.ndarray:
    """Maps [c, h, w] of at most 20 by 20 places, each the mean of a few: each place costs two answers."""
    for axis in (1, 2):
        starts = np.arange(0, maps.shape[axis], -(-maps.shape[axis] // MOST_PLACES))
        counts = np.diff([*starts, maps.shape[axis]])
        maps = np.add.reduceat(maps, starts, axis=axis) / np.expand_dims(counts, (0, 3 - axis))
    return maps.astype(np.float32)


def normalised(slopes: np.ndarray) -> np.ndarray:
    """What speaks for a label, its strongest place as 1: maps [labels, h, w]."""
    positive = np.maximum(slopes, 0)
    return positive / np.maximum(positive.max(axis=(1, 2), keepdims=True), 1e-12)


def seen(width: int, height: int) -> tuple[int, int, int, int]:
    """The part of a picture that the network sees (see `trainer.graph`), as left, top, right, bottom in pixels."""
    wide, high = min(width, height * 6 // 5), min(height, width * 6 // 5)
    left, top = (width - wide) // 2, (height - high) // 2
    return left, top, left + wide, top + high


def split(model: onnx.ModelProto) -> tuple[onnx.ModelProto, onnx.ModelProto]:
    """A published model cut in two: from `picture` to the feature maps, and from the pooled vector to the scores before the softmax. Raises HeatError."""
    makers = {name: node for node in model.graph.node for name in node.output}
    softmax = makers.get("probabilities")
    if softmax is None or softmax.op_type != "Softmax":
        raise _no_maps()
    scores = softmax.input[0]
    pooling = _pooling(scores, makers, {tensor.name: tensor for tensor in model.graph.initializer})
    whole = onnx.shape_inference.infer_shapes(model)
    del model, makers, softmax  # the caller's copy may go
    cut = Extractor(whole).extract_model
    return cut(["picture"], [pooling.input[0]]), cut([pooling.output[0]], [scores])


def _pooling(scores: str, makers: dict[str, onnx.NodeProto], constants: dict[str, onnx.TensorProto]) -> onnx.NodeProto:
    """The one global average pooling that the scores come from."""
    found, waiting, known = [], [scores], set()
    while waiting:
        node = makers.get(waiting.pop())
        if node is None or id(node) in known:
            continue
        known.add(id(node))
        if _pools(node, constants):
            found.append(node)
        else:
            waiting += node.input
    if len(found) != 1 or "picture" in {name for node in makers.values() if id(node) in known for name in node.input}:
        raise _no_maps()
    return found[0]


def _pools(node: onnx.NodeProto, constants: dict[str, onnx.TensorProto]) -> bool:
    if node.op_type == "GlobalAveragePool":
        return True
    if node.op_type != "ReduceMean":
        return False
    attribute = next((helper.get_attribute_value(one) for one in node.attribute if one.name == "axes"), None)
    tensor = constants.get(node.input[1]) if len(node.input) > 1 else None
    axes = numpy_helper.to_array(tensor).tolist() if tensor is not None else attribute
    return axes is not None and set(axes) in _AXES


def _session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    data = model.SerializeToString()
    del model
    return onnxruntime.InferenceSession(data, lean(), providers=["CPUExecutionProvider"])


def _no_maps() -> HeatError:
    return HeatError("This network keeps no map of the picture, so that nobody can see where it looked.")
