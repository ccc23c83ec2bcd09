"""What runs a network: one file per engine, each loaded only where a model is made for it."""

from collections.abc import Mapping
from importlib import import_module
from typing import Protocol

import numpy as np

_MODULES = {"onnxruntime": "onnx_runtime", "openvino": "open_vino", "torch": "pytorch", "cuda": "pytorch", "tensorrt": "tensor_rt"}


class Network(Protocol):
    """A loaded network; safe to share between threads."""

    lengths: dict[str, int]  # of its outputs `probabilities` and `features`, by name
    pairs: bool  # whether a second one on single threads is worth its memory when several pictures come at once

    def run(self, picture: np.ndarray, wanted: list[str]) -> list[np.ndarray]:
        """These outputs, float32 [1, n] each, for a decoded picture (uint8 [height, width, 3])."""


def load(engine: str, precision: str, files: Mapping[str, bytes], threads: int, lines: int = 1) -> Network:
    """The network in these files of a bundle, by name.

    threads: that share the work on one picture. lines: so many pictures are looked at at once, each on its own threads. Raises Refusal where this machine has not what it takes.
    """
    return import_module(f"trainer.engines.{_MODULES[engine]}").load(engine, precision, files, threads, lines)
