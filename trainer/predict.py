"""Ask a published model: picture in, labels with confidences out. Needs no torch."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore, Lock

import numpy as np
import onnxruntime

from trainer.bundle import read_checked, read_novelty
from trainer.pixels import decode
from trainer.standalone.novelty import KEEP, is_unknown

CROWDED_SECONDS = 0.1  # where two pictures met, others are near


@dataclass(frozen=True)
class Prediction:
    """The answers as (label, confidence from 0 to 1), best first, and how long decoding and inference took.

    familiarity: the share of pictures, of those that it knows and has not learned from, that look less like what it learned; 1 for an older model, which cannot tell.
    unknown: it is probably none of the labels.
    """

    answers: list[tuple[str, float]]
    decode_ms: float
    infer_ms: float
    familiarity: float = 1.0
    unknown: bool = False


class Predictor:
    """A checked model loaded for use; safe to share between threads. Raises BundleError."""

    def __init__(self, bundle_folder: str | Path, threads: int | None = None) -> None:
        self.bundle, model = read_checked(bundle_folder)
        self.labels = self.bundle.labels
        self._novelty = read_novelty(self.bundle)
        self._wanted = ["probabilities"] if self._novelty is None else ["probabilities", "features"]
        self._session = onnxruntime.InferenceSession(model, _options(threads), providers=["CPUExecutionProvider"])
        self._narrow = self._session if _width(threads) == 1 else None
        self._room = BoundedSemaphore(os.cpu_count())  # more at once would only push one another out of the caches
        self._lock, self._running, self._crowded_until = Lock(), 0, 0.0

    def predict(self, data: bytes | bytearray | memoryview | str | Path, top: int | None = None, keep: float = KEEP) -> Prediction:
        """Answers for a picture file (bytes or path), all labels or the `top` best. Raises PictureError.

        keep: of the pictures that it would answer rightly the share that it shall answer; the others it calls unknown, as it does what is none of its labels.
        """
        started = time.perf_counter()
        picture = decode(data, self.bundle.input_size)
        decoded = time.perf_counter()
        outputs = self._run(picture)
        familiarity = self._familiarity(*outputs)
        finished = time.perf_counter()
        return Prediction(
            self._ranked(outputs[0][0], top), 1000 * (decoded - started), 1000 * (finished - decoded), familiarity, is_unknown(familiarity, keep),
        )

    def probabilities(self, picture: np.ndarray) -> np.ndarray:
        """Confidences, float32 [labels], for a decoded picture (uint8 [height, width, 3])."""
        return self._session.run(["probabilities"], {"picture": picture})[0][0]

    @property
    def feature_count(self) -> int:
        """How many numbers `features` gives; 0 for an older model, which has none to give."""
        return next((int(output.shape[-1]) for output in self._session.get_outputs() if output.name == "features"), 0)

    def features(self, data: bytes | bytearray | memoryview | str | Path) -> np.ndarray:
        """What its last layer sees of a picture file, float32 [D]; of preset quick it is the vector of `trainer.embed`. Raises PictureError."""
        return self._session.run(["features"], {"picture": decode(data, self.bundle.input_size)})[0][0]

    def _run(self, picture: np.ndarray) -> list[np.ndarray]:
        """What the network says, on all threads for a picture that is alone, and on one for each of several at once: together they are answered sooner."""
        with self._lock:
            self._running += 1
            if self._running > 1:
                self._crowded_until = time.monotonic() + CROWDED_SECONDS
            session = self._narrow or self._load_narrow() if time.monotonic() < self._crowded_until else self._session
        try:
            with self._room:
                return session.run(self._wanted, {"picture": picture})
        finally:
            with self._lock:
                self._running -= 1

    def _load_narrow(self) -> onnxruntime.InferenceSession:
        self._narrow = onnxruntime.InferenceSession(read_checked(self.bundle.folder)[1], _options(1), providers=["CPUExecutionProvider"])
        return self._narrow

    def _familiarity(self, probabilities: np.ndarray, features: np.ndarray | None = None) -> float:
        return 1.0 if features is None else float(self._novelty.familiarity(features, probabilities)[0])

    def _ranked(self, confidences: np.ndarray, top: int | None) -> list[tuple[str, float]]:
        order = np.argsort(-confidences, kind="stable")[:top]
        return [(self.labels[index], float(confidences[index])) for index in order]


def _width(threads: int | None) -> int:
    return threads or min(2, os.cpu_count())


def _options(threads: int | None) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _width(threads)
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Threads spin while a picture is being looked at (a fifth faster) and sleep between two questions: the cores belong to the rest of the process.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    return options
