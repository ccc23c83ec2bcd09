"""Ask a published model: picture in, labels with confidences out. Needs no torch."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore, Lock

import numpy as np

from trainer import engines
from trainer.bundle import Bundle, read_network, read_novelty
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
        self.bundle, files = read_network(bundle_folder)
        self.labels = self.bundle.labels
        self._novelty = read_novelty(self.bundle)
        self._wanted = wanted(self.bundle)
        width = _width(threads)
        self._network = engines.load(self.bundle.engine, self.bundle.precision, files, width, max(1, os.cpu_count() // width))
        self._narrow = self._network if width == 1 or not self._network.pairs else None
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

    def outputs(self, picture: np.ndarray) -> list[np.ndarray]:
        """Probabilities [1, labels] and, where the model gives them, features [1, D], for a decoded picture."""
        return self._run(picture)

    def probabilities(self, picture: np.ndarray) -> np.ndarray:
        """Confidences, float32 [labels], for a decoded picture (uint8 [height, width, 3])."""
        return self._network.run(picture, ["probabilities"])[0][0]

    @property
    def feature_count(self) -> int:
        """How many numbers `features` gives; 0 for an older model, which has none to give."""
        return self._network.lengths.get("features", 0)

    def features(self, data: bytes | bytearray | memoryview | str | Path) -> np.ndarray:
        """What its last layer sees of a picture file, float32 [D]; of preset quick it is the vector of `trainer.embed`. Raises PictureError."""
        return self._network.run(decode(data, self.bundle.input_size), ["features"])[0][0]

    def _run(self, picture: np.ndarray) -> list[np.ndarray]:
        """What the network says, on all threads for a picture that is alone, and on one for each of several at once: together they are answered sooner."""
        with self._lock:
            self._running += 1
            if self._running > 1:
                self._crowded_until = time.monotonic() + CROWDED_SECONDS
            network = self._narrow or self._load_narrow() if time.monotonic() < self._crowded_until else self._network
        try:
            with self._room:
                return network.run(picture, self._wanted)
        finally:
            with self._lock:
                self._running -= 1

    def _load_narrow(self) -> engines.Network:
        self._narrow = engines.load(self.bundle.engine, self.bundle.precision, read_network(self.bundle.folder)[1], 1, os.cpu_count())
        return self._narrow

    def _familiarity(self, probabilities: np.ndarray, features: np.ndarray | None = None) -> float:
        return 1.0 if features is None else float(self._novelty.familiarity(features, probabilities)[0])

    def _ranked(self, confidences: np.ndarray, top: int | None) -> list[tuple[str, float]]:
        order = np.argsort(-confidences, kind="stable")[:top]
        return [(self.labels[index], float(confidences[index])) for index in order]


def wanted(bundle: Bundle) -> list[str]:
    """The outputs that an answer needs: the features too, unless it is of an older model, which holds nothing for usual."""
    return ["probabilities"] if bundle.novelty_sha256 is None else ["probabilities", "features"]


def _width(threads: int | None) -> int:
    return threads or min(2, os.cpu_count())

