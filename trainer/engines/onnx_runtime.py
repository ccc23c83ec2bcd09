"""onnxruntime on the processor: what every model is made for."""

from collections.abc import Mapping, Sequence

import numpy as np
import onnxruntime


def load(engine: str, precision: str, files: Mapping[str, bytes], threads: int, lines: int = 1) -> "OnnxNetwork":
    """A model.onnx; it takes any number of pictures at once, whatever `lines` says."""
    return OnnxNetwork(files["model.onnx"], threads)


class OnnxNetwork:
    """A model in an onnxruntime session."""

    pairs = True

    def __init__(self, model: bytes, threads: int, providers: Sequence = ("CPUExecutionProvider",)) -> None:
        self._session = onnxruntime.InferenceSession(model, _options(threads), providers=list(providers))
        self.providers = self._session.get_providers()  # that were to be had, of those asked for
        self.lengths = {output.name: int(output.shape[-1]) for output in self._session.get_outputs()}

    def run(self, picture: np.ndarray, wanted: list[str]) -> list[np.ndarray]:
        """See `Network`."""
        return self._session.run(wanted, {"picture": picture})


def _options(threads: int) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Threads spin while a picture is being looked at (a fifth faster) and sleep between two questions: the cores belong to the rest of the process.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    return options
