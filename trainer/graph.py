"""Pieces of ONNX graphs: the resize and normalise that every published network begins with, and the ends put on them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, compose, helper, numpy_helper

OPSET = 20
IR_VERSION = 10


def resize_model(size: int) -> onnx.ModelProto:
    """A model from `picture` (uint8 [H, W, 3]) to `pixels` (float32 [1, 3, size, size], 0 to 255).

    It does not round to whole numbers: where two engines differ by a thousandth, rounding would make a whole grey level of it.
    The middle of the picture, at most 6:5 long or high, is squashed to a square. (Linear heads on 600 clothing photos, mean of
    10 splits: whole picture squashed 0.84, grey bars 0.83, middle square 0.84, this 0.845; it also cuts off less than a square does.)
    """
    nodes = [
        *_middle_nodes(),
        helper.make_node("Transpose", ["middle"], ["planes"], perm=[2, 0, 1]),
        helper.make_node("Unsqueeze", ["planes", "first_axis"], ["batch"]),
        helper.make_node("Cast", ["batch"], ["values"], to=TensorProto.FLOAT),
        # exclude_outside is what makes onnxruntime agree with torch and Pillow at the borders (without it they differ by up to 6 of 255).
        helper.make_node("Resize", ["values", "", "", "sizes"], ["pixels"], mode="linear", antialias=1,
                         coordinate_transformation_mode="half_pixel", exclude_outside=1),
    ]
    constants = {"first_axis": [0], "sizes": [1, 3, size, size], "swap": [1, 0], "six": [6], "five": [5], "two": [2], "both_axes": [0, 1]}
    constants = [_constant(name, np.array(values, np.int64)) for name, values in constants.items()]
    picture = helper.make_tensor_value_info("picture", TensorProto.UINT8, ["height", "width", 3])
    pixels = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 3, size, size])
    return _model(helper.make_graph(nodes, "resize", [picture], [pixels], constants))


def _middle_nodes() -> list[onnx.NodeProto]:
    """Nodes from `picture` to `middle`: height at most 6/5 of the width, width at most 6/5 of the height."""
    return [
        helper.make_node("Shape", ["picture"], ["sides"], start=0, end=2),
        helper.make_node("Gather", ["sides", "swap"], ["other_sides"]),
        helper.make_node("Mul", ["other_sides", "six"], ["six_times"]),
        helper.make_node("Div", ["six_times", "five"], ["limits"]),
        helper.make_node("Min", ["sides", "limits"], ["kept"]),
        helper.make_node("Sub", ["sides", "kept"], ["cut"]),
        helper.make_node("Div", ["cut", "two"], ["start"]),
        helper.make_node("Add", ["start", "kept"], ["end"]),
        helper.make_node("Slice", ["picture", "start", "end", "both_axes"], ["middle"]),
    ]


def normalise_model(mean: Sequence[float], std: Sequence[float], size: int) -> onnx.ModelProto:
    """A model from `pixels` to `normalised`: (pixels / 255 - mean) / std for each of the three colours."""
    mean, std = (np.array(v, np.float32).reshape(1, 3, 1, 1) for v in (mean, std))
    nodes = [
        helper.make_node("Sub", ["pixels", "offset"], ["centred"]),
        helper.make_node("Mul", ["centred", "factor"], ["normalised"]),
    ]
    constants = [_constant("offset", mean * 255), _constant("factor", 1 / (std * 255))]
    shape = [1, 3, size, size]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("pixels", "normalised")]
    return _model(helper.make_graph(nodes, "normalise", ends[:1], ends[1:], constants))


def head_model(weight: np.ndarray, bias: np.ndarray) -> onnx.ModelProto:
    """A model from `features` [1, D] to `probabilities` [1, C]: a linear layer (weight [C, D], bias [C]) and softmax."""
    nodes = [
        helper.make_node("Gemm", ["features", "weight", "bias"], ["logits"], transB=1),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=-1),
    ]
    constants = [_constant("weight", weight.astype(np.float32)), _constant("bias", bias.astype(np.float32))]
    features = helper.make_tensor_value_info("features", TensorProto.FLOAT, [1, weight.shape[1]])
    probabilities = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [1, weight.shape[0]])
    return _model(helper.make_graph(nodes, "head", [features], [probabilities], constants))


def softmax_model(count: int) -> onnx.ModelProto:
    """A model from `logits` [1, count] to `probabilities`."""
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, count]) for name in ("logits", "probabilities")]
    node = helper.make_node("Softmax", ["logits"], ["probabilities"], axis=-1)
    return _model(helper.make_graph([node], "softmax", ends[:1], ends[1:]))


def chain(*models: onnx.ModelProto) -> onnx.ModelProto:
    """One model of several: the first output of each becomes the first input of the next."""
    whole = models[0]
    for index, model in enumerate(models[1:]):
        # Names inside a part get a prefix so that parts cannot clash; inputs and outputs keep theirs.
        part = compose.add_prefix(model, f"part{index + 1}_", rename_inputs=False, rename_outputs=False)
        whole = compose.merge_models(whole, part, io_map=[(whole.graph.output[0].name, part.graph.input[0].name)])
    return whole


def with_features(model: onnx.ModelProto, length: int) -> onnx.ModelProto:
    """Let the model give its vector, the tensor `features` [1, length], after its other outputs."""
    others = [output for output in model.graph.output if output.name != "features"]
    del model.graph.output[:]
    model.graph.output.extend([*others, helper.make_tensor_value_info("features", TensorProto.FLOAT, [1, length])])
    return model


def cleaned(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model without what an exporter leaves about the machine it ran on (stack traces, paths, names of the source)."""
    model.producer_name, model.producer_version, model.doc_string = "aimaker", "", ""
    _forget(model)
    _forget(model.graph)
    for part in (*model.graph.node, *model.graph.input, *model.graph.output, *model.graph.value_info, *model.graph.initializer):
        _forget(part)
    return model


def with_metadata(model: onnx.ModelProto, values: dict[str, str]) -> onnx.ModelProto:
    """Set the model's metadata_props from a dict of texts."""
    helper.set_model_props(model, values)
    return model


def uses_external_data(model: onnx.ModelProto) -> bool:
    """Whether any tensor of the model, in any sub-graph or function, lies outside the file."""
    nodes = [node for function in model.functions for node in function.node]
    return _graph_uses_external_data(model.graph) or any(map(_node_uses_external_data, nodes))


def _graph_uses_external_data(graph: onnx.GraphProto) -> bool:
    sparse = [tensor for pair in graph.sparse_initializer for tensor in (pair.values, pair.indices)]
    return any(map(_is_external, [*graph.initializer, *sparse])) or any(map(_node_uses_external_data, graph.node))


def _node_uses_external_data(node: onnx.NodeProto) -> bool:
    for a in node.attribute:
        sparse = [tensor for pair in (a.sparse_tensor, *a.sparse_tensors) for tensor in (pair.values, pair.indices)]
        if any(map(_is_external, [a.t, *a.tensors, *sparse])) or any(map(_graph_uses_external_data, [a.g, *a.graphs])):
            return True
    return False


def _is_external(tensor: onnx.TensorProto) -> bool:
    return tensor.data_location == TensorProto.EXTERNAL or len(tensor.external_data) > 0


def _model(graph: onnx.GraphProto) -> onnx.ModelProto:
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="aimaker")


def _constant(name: str, values: np.ndarray) -> onnx.TensorProto:
    return numpy_helper.from_array(values, name)


def _forget(part: Any) -> None:
    part.doc_string = ""
    del part.metadata_props[:]
