"""The two parts of a published model, what makes an even square of the picture and the network after it; and the same model for smaller pictures."""

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper, shape_inference

from trainer import graph
from trainer.sentences import Refusal, _


class PartsError(Refusal):
    """A model cannot be taken apart or made smaller; the message is a sentence for a person."""


def parted(model: onnx.ModelProto, size: int, seam: str = "") -> tuple[onnx.ModelProto, onnx.ModelProto]:
    """The models from `picture` to the pixels that the network sees, float32 [1, 3, size, size], and from these to the outputs. Raises PartsError.

    seam: the name of the pixels where they are wanted earlier, such as before they are normalised.
    """
    seam, before = seam or _seam(model), set()
    makers = {name: node for node in model.graph.node for name in node.output}
    waiting = [seam]
    while waiting:
        if (name := waiting.pop()) in makers and name not in before:
            before.update(makers[name].output)
            waiting += makers[name].input
    square = helper.make_tensor_value_info(seam, TensorProto.FLOAT, [1, 3, size, size])
    first = [node for node in model.graph.node if node.output[0] in before]
    rest = [node for node in model.graph.node if node.output[0] not in before]
    return _part(model, first, model.graph.input, [square]), _part(model, rest, [square], model.graph.output)


def resized(model: onnx.ModelProto, size: int) -> onnx.ModelProto:
    """The same weights on pictures of size x size pixels; raises PartsError for a network that takes one size alone."""
    front, network = parted(model, size)
    for tensor in front.graph.initializer:
        if tensor.name == "sizes":
            tensor.CopyFrom(numpy_helper.from_array(np.array([1, 3, size, size], np.int64), "sizes"))
    if not _fits(network):
        raise PartsError(_("This network takes pictures of one size alone."))
    return joined(front, network, model)


def joined(front: onnx.ModelProto, network: onnx.ModelProto, model: onnx.ModelProto) -> onnx.ModelProto:
    """The parts as one again, with what the model said of itself."""
    opsets = {entry.domain: entry for part in (front, network) for entry in part.opset_import}
    whole = helper.make_graph(
        [*front.graph.node, *network.graph.node], model.graph.name, front.graph.input, network.graph.output,
        [*front.graph.initializer, *network.graph.initializer],
    )
    made = helper.make_model(whole, opset_imports=list(opsets.values()), ir_version=graph.IR_VERSION, producer_name="aimaker")
    made.metadata_props.extend(model.metadata_props)
    return made


def takes_size(model: onnx.ModelProto, size: int) -> bool:
    """Whether the network takes pictures of this size too."""
    try:
        resized(model, size)
    except PartsError:
        return False
    return True


def _fits(network: onnx.ModelProto) -> bool:
    """Whether the shapes of all layers follow from that of the input without a contradiction."""
    try:
        known = shape_inference.infer_shapes(network, check_type=True, strict_mode=True, data_prop=True)
    except shape_inference.InferenceError:
        return False
    values = [*known.graph.input, *known.graph.value_info, *known.graph.output]
    counts = {value.name: np.prod([place.dim_value for place in value.type.tensor_type.shape.dim]) for value in values}
    # A Reshape to fixed sides is believed by the inference, whatever there is to be reshaped.
    pairs = [(counts.get(node.input[0], 0), counts.get(node.output[0], 0)) for node in known.graph.node if node.op_type == "Reshape"]
    return all(0 in pair or pair[0] == pair[1] for pair in pairs)


def _seam(model: onnx.ModelProto) -> str:
    """The name of what the network sees: normalised pixels, or the pixels themselves where nothing normalises them."""
    made = {name for node in model.graph.node for name in node.output}
    for name in ("normalised", "pixels"):
        if name in made:
            return name
    raise PartsError(_("This model does not begin as those of this program do. Train again to make a new one."))


def _part(model: onnx.ModelProto, nodes: Sequence[onnx.NodeProto], inputs: Sequence, outputs: Sequence) -> onnx.ModelProto:
    needed = {name for node in nodes for name in node.input}
    constants = [tensor for tensor in model.graph.initializer if tensor.name in needed]
    part = helper.make_graph(nodes, model.graph.name, inputs, outputs, constants)
    opsets = list({entry.domain: entry for entry in model.opset_import}.values())
    return helper.make_model(part, opset_imports=opsets, ir_version=graph.IR_VERSION, producer_name="aimaker")
