"""TensorRT through onnxruntime-gpu, where both are installed beside a GPU. The square is made on the processor: TensorRT has no antialiased resize."""

from collections.abc import Mapping

import onnxruntime

from trainer.engines.onnx_runtime import OnnxNetwork
from trainer.sentences import Refusal, _

_PROVIDER = "TensorrtExecutionProvider"
_MISSING = _("TensorRT is not there for onnxruntime. Install onnxruntime-gpu and TensorRT of versions that fit each other.")


class TensorRtError(Refusal):
    """TensorRT is not to be had; the message is a sentence for a person."""


def load(engine: str, precision: str, files: Mapping[str, bytes], threads: int, lines: int = 1) -> OnnxNetwork:
    """A model.onnx, compiled for this GPU, which takes a minute. Raises TensorRtError."""
    if _PROVIDER not in onnxruntime.get_available_providers():
        raise TensorRtError(_MISSING)
    settings = {"trt_fp16_enable": precision == "fp16"}
    network = OnnxNetwork(files["model.onnx"], threads, [(_PROVIDER, settings), "CUDAExecutionProvider", "CPUExecutionProvider"])
    if _PROVIDER not in network.providers:  # onnxruntime takes the next one where a library is missing, and says so in its log alone
        raise TensorRtError(_MISSING)
    return network
