"""OpenVINO on the processor: the network alone. The picture is made a square by onnxruntime before it, by the very graph of the other engines.

OpenVINO drops the antialiasing of a Resize without a word, and its operation that does not, bilinear_pillow, takes 25 ms for a photo of 534 x 400 where
onnxruntime takes 0.9 (measured, two threads); the pixels are equal to 5e-5 of 255.
"""

from collections.abc import Mapping
from queue import LifoQueue

import numpy as np
import openvino

from trainer.engines.onnx_runtime import OnnxNetwork

RESIZE, NETWORK, WEIGHTS = "resize.onnx", "model.xml", "model.bin"
# Of the products; int8 layers stay what they are. Without it OpenVINO takes bf16 by itself where the processor has it.
_PRECISION = {"fp32": "f32", "bf16": "bf16", "fp16": "f16", "int8": "f32"}


def load(engine: str, precision: str, files: Mapping[str, bytes], threads: int, lines: int = 1) -> "OpenVinoNetwork":
    """An IR of two files and the model that makes a square of the picture."""
    return OpenVinoNetwork(precision, files, threads, lines)


class OpenVinoNetwork:
    """A compiled network and a request to it for each of its lines."""

    pairs = False  # compiled once more it would take another 45 MB

    def __init__(self, precision: str, files: Mapping[str, bytes], threads: int, lines: int) -> None:
        self._resize = OnnxNetwork(files[RESIZE], threads)
        core = openvino.Core()
        model = core.read_model(files[NETWORK], files[WEIGHTS])
        self.lengths = {output.any_name: output.partial_shape[-1].get_length() for output in model.outputs}
        self._places = {name: place for place, name in enumerate(self.lengths)}
        settings = {"INFERENCE_NUM_THREADS": threads * lines, "NUM_STREAMS": lines, "INFERENCE_PRECISION_HINT": _PRECISION[precision]}
        compiled = core.compile_model(model, "CPU", settings)
        self._free: LifoQueue = LifoQueue()
        for _line in range(lines):
            self._free.put(compiled.create_infer_request())

    def run(self, picture: np.ndarray, wanted: list[str]) -> list[np.ndarray]:
        """See `Network`."""
        pixels = self._resize.run(picture, list(self._resize.lengths))[0]
        request = self._free.get()
        try:
            request.set_input_tensor(openvino.Tensor(pixels, shared_memory=True))
            request.infer()
            # Copies: the next picture is written into the same memory.
            return [request.get_output_tensor(self._places[name]).data.copy() for name in wanted]
        finally:
            self._free.put(request)
