"""INT8: networks whose products are of whole numbers, fitted to how strong the signals of real pictures are in each layer (static quantisation).

The picture is made a square and normalised in floats before, and the last layer stays in floats too: it is small, and the answers hang on it.
"""

import logging
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from trainer import graph
from trainer.parts import joined, parted
from trainer.sessions import single_threaded

if TYPE_CHECKING:
    # Only readers of the annotations need it, and a machine may lack it.
    import openvino


def for_openvino(network: "openvino.Model", front: onnx.ModelProto, pictures: Sequence[np.ndarray]) -> "openvino.Model":
    """The network with 8-bit layers, by NNCF: weights and signals symmetric, signals of both signs asymmetric, and biases corrected for what rounding shifts."""
    import nncf  # here: a machine without it still makes INT8 for onnxruntime

    logging.getLogger("nncf").setLevel(logging.ERROR)  # its own function sets whatever handlers are there, also those of others
    squares = list(_squares(front, pictures))
    return nncf.quantize(network, nncf.Dataset(squares), preset=nncf.QuantizationPreset.MIXED, subset_size=len(squares))


def for_onnxruntime(model: onnx.ModelProto, size: int, pictures: Sequence[np.ndarray]) -> onnx.ModelProto:
    """The model with 8-bit layers as pairs of QuantizeLinear and DequantizeLinear: weights by channel, signals as far as the strongest of these pictures."""
    front, network = parted(model, size)
    with tempfile.TemporaryDirectory(prefix="int8") as scratch:
        plain, ready, made = (Path(scratch) / f"{name}.onnx" for name in ("plain", "ready", "made"))
        onnx.save(network, plain)
        quant_pre_process(plain, ready, skip_symbolic_shape=True)
        quantize_static(
            ready, made, _Reader(front, network.graph.input[0].name, pictures), quant_format=QuantFormat.QDQ, per_channel=True,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, calibrate_method=CalibrationMethod.MinMax,
            nodes_to_exclude=_ends(onnx.load(ready)),
        )
        return graph.cleaned(joined(front, onnx.load(made), model))


def _ends(network: onnx.ModelProto) -> list[str]:
    """The names of the layers that stay in floats: the last linear one and the softmax."""
    linear = [node.name for node in network.graph.node if node.op_type in ("Gemm", "MatMul")]
    return [*linear[-1:], *(node.name for node in network.graph.node if node.op_type == "Softmax")]


def _squares(front: onnx.ModelProto, pictures: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
    session = onnxruntime.InferenceSession(front.SerializeToString(), single_threaded(), providers=["CPUExecutionProvider"])
    for picture in pictures:
        yield session.run(None, {"picture": picture})[0]


class _Reader(CalibrationDataReader):
    """Hands pictures to onnxruntime's quantiser, one at a time."""

    def __init__(self, front: onnx.ModelProto, name: str, pictures: Sequence[np.ndarray]) -> None:
        self._name, self._squares = name, _squares(front, pictures)

    def get_next(self) -> dict[str, np.ndarray] | None:
        square = next(self._squares, None)
        return None if square is None else {self._name: square}
