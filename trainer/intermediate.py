"""OpenVINO's form of a network with the making of the square inside, for whoever takes a model away: python -m trainer.intermediate bundle folder

Where models are served, onnxruntime makes the square, which is fastest there. Elsewhere one engine is enough, and any program can give it a picture of any size.
OpenVINO leaves out the antialiasing of a Resize without a word; so the square comes of two matrix products, whose weights the graph computes from the sides of the picture.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
import openvino
from onnx import numpy_helper
from openvino import opset13 as op

from trainer.bundle import read_network
from trainer.engines.open_vino import NETWORK, RESIZE, WEIGHTS


def save(bundle: str | Path, folder: str | Path) -> None:
    """Write model.xml and model.bin into a folder: from `picture` (uint8 [height, width, 3]) to the outputs of a bundle that was made for OpenVINO."""
    about, files = read_network(bundle)
    network = openvino.Core().read_model(files[NETWORK], files[WEIGHTS])
    names = [output.any_name for output in network.outputs]
    picture = op.parameter(openvino.PartialShape([-1, -1, 3]), np.uint8, name="picture")
    picture.output(0).set_names({"picture"})
    seam, seen = network.get_parameters()[0], normalised(square(picture, about.input_size), onnx.load_model_from_string(files[RESIZE]))
    for target in seam.output(0).get_target_inputs():
        target.replace_source_output(seen.output(0))
    whole = openvino.Model(network.get_results(), [picture], "aimaker")
    for output, name in zip(whole.outputs, names, strict=True):
        output.get_tensor().set_names({name})
    openvino.save_model(whole, Path(folder) / NETWORK, compress_to_fp16=about.precision in ("bf16", "fp16"))


def square(picture: openvino.Node, size: int) -> openvino.Node:
    """What `trainer.graph.resize_model` makes of a picture: float32 [1, 3, size, size], 0 to 255."""
    sides = op.gather(op.shape_of(picture, output_type="i64"), whole_numbers([0, 1]), whole_numbers(0))
    limits = op.divide(op.multiply(op.gather(sides, whole_numbers([1, 0]), whole_numbers(0)), whole_numbers([6, 6])), whole_numbers([5, 5]))
    kept = op.minimum(sides, limits)
    start = op.divide(op.subtract(sides, kept), whole_numbers([2, 2]))
    middle = op.slice(picture, start, op.add(start, kept), whole_numbers([1, 1]), whole_numbers([0, 1]))
    planes = op.transpose(op.convert(middle, "f32"), whole_numbers([2, 0, 1]))
    high, wide = (op.gather(kept, whole_numbers(axis), whole_numbers(0)) for axis in (0, 1))
    rows = op.matmul(weights(high, size), planes, False, False)
    return op.unsqueeze(op.matmul(rows, weights(wide, size), False, True), whole_numbers([0]))


def normalised(pixels: openvino.Node, resize: onnx.ModelProto) -> openvino.Node:
    """The pixels as a bundle's model that makes the square hands them on: some networks are given numbers around 0."""
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in resize.graph.initializer}
    kinds = [node.op_type for node in resize.graph.node]
    for node in resize.graph.node[kinds.index("Resize") + 1 :]:
        pixels = {"Sub": op.subtract, "Mul": op.multiply}[node.op_type](pixels, op.constant(constants[node.input[1]]))
    return pixels


def weights(side: openvino.Node, size: int) -> openvino.Node:
    """A matrix [size, side] that makes `size` pixels of `side`: a triangle around the middle of each, as wide as what it stands for, its sum 1."""
    length = op.convert(side, "f32")
    scale = op.divide(length, numbers(size))
    places = op.add(op.range(numbers(0), length, numbers(1), "f32"), numbers(0.5))
    middles = op.multiply(op.constant((np.arange(size, dtype=np.float32) + 0.5).reshape(size, 1)), scale)
    away = op.divide(op.abs(op.subtract(op.unsqueeze(places, whole_numbers([0])), middles)), op.maximum(scale, numbers(1)))
    heights = op.maximum(op.subtract(numbers(1), away), numbers(0))
    return op.divide(heights, op.reduce_sum(heights, whole_numbers([1]), True))


def whole_numbers(values: int | list[int]) -> openvino.Node:
    return op.constant(np.array(values, np.int64))


def numbers(value: float) -> openvino.Node:
    return op.constant(np.array(value, np.float32))


if __name__ == "__main__":
    save(*sys.argv[1:3])
