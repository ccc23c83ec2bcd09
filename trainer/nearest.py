"""The stored vectors that lie nearest to one, in bounded memory: 100,000 of them take 14 MB.

Vectors are compared by the cosine of their square roots (`trainer.standalone.novelty.directions`), which is the Hellinger kernel of Arandjelović and
Zisserman, "Three things everyone should know to improve object retrieval", CVPR 2012. Up to FEW they are kept whole; of more of them only 192 principal
components in 6 bits each (Jégou et al., "Aggregating local image descriptors into compact codes", PAMI 2012, section 4): what is found is then a list
of candidates, and `distances` on the vectors themselves puts these into their order.

FAISS searches 100,000 codes in 3 ms on one core, numpy took 9 ms; loading FAISS costs 16 MB and a third of a second, so whoever serves loads this file when
it is first needed.
"""

from collections.abc import Iterable

import faiss
import numpy as np
from threadpoolctl import threadpool_limits

from trainer.standalone.novelty import directions

DIMENSIONS = 1280
FEW = 4096  # vectors that are kept whole, in 2 bytes a number: 10 MB
COMPONENTS = 192
CODE_BYTES = COMPONENTS * 6 // 8
LEARNED = 512  # vectors that the components are computed from
BATCH = 1024


class Nearest:
    """Vectors to search among, by their places: 0, 1, 2 ... in the order in which they were added. Searching is safe between threads, adding is not."""

    def __init__(self, count: int) -> None:
        """count: how many vectors there will be, more or less; it decides how they are kept."""
        faiss.omp_set_num_threads(1)  # the cores belong to the other threads of the process
        self.is_whole = count <= FEW
        self.most = 2 * FEW if self.is_whole else 2**31  # with more than these it should be made anew
        kind = faiss.ScalarQuantizer.QT_fp16 if self.is_whole else faiss.ScalarQuantizer.QT_6bit
        self._index = faiss.IndexScalarQuantizer(DIMENSIONS if self.is_whole else COMPONENTS, kind, faiss.METRIC_INNER_PRODUCT)
        self._basis: np.ndarray | None = None

    def __len__(self) -> int:
        return self._index.ntotal

    @property
    def size_bytes(self) -> int:
        """The memory that the vectors take."""
        return len(self) * (2 * DIMENSIONS if self.is_whole else CODE_BYTES)

    def add(self, vectors: np.ndarray) -> None:
        """Add vectors [N, 1280]; of many the first ones decide the components, so at least LEARNED and of all kinds should come at first."""
        if not self.is_whole and self._basis is None:
            self._basis = components(directions(vectors[:LEARNED]))
            self._index.train(self._places(vectors[:LEARNED]))
        for start in range(0, len(vectors), BATCH):
            self._index.add(self._places(vectors[start : start + BATCH]))

    def search(self, vector: np.ndarray, count: int) -> np.ndarray:
        """The places of the `count` nearest to a vector [1280], the nearest first; fewer where there are fewer."""
        _distances, places = self._index.search(self._places(vector[None]), min(count, max(1, len(self))))
        return places[0][places[0] >= 0]

    def _places(self, vectors: np.ndarray) -> np.ndarray:
        found = directions(vectors)
        return found if self._basis is None else found @ self._basis


def components(units: np.ndarray) -> np.ndarray:
    """The directions [1280, 192] along which unit vectors [N, 1280] are longest (principal components, not centred)."""
    with threadpool_limits(1, "blas"):  # for so few, threads only wait for each other
        values, across = np.linalg.eigh(units @ units.T)
    return np.ascontiguousarray((units.T @ across[:, -COMPONENTS:]) / np.sqrt(np.maximum(values[-COMPONENTS:], 1e-6)), np.float32)


def distances(vector: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """How far vectors [N, 1280] are from one [1280]: float32 [N], 0 for the same, 1 for nothing in common."""
    return 1 - directions(vectors) @ directions(vector[None])[0]


def centre(vectors: np.ndarray) -> np.ndarray:
    """The vector [1280] that lies in the middle of vectors [N, 1280], as they are compared."""
    middle = directions(vectors).mean(axis=0)
    return np.sign(middle) * middle**2  # whoever compares takes the roots again


def vectors_of(rows: Iterable[bytes]) -> np.ndarray:
    """Vectors as the database keeps them, 1,280 little-endian float16 each, as float32 [N, 1280]."""
    joined = np.frombuffer(b"".join(rows), "<f2")
    return joined.astype(np.float32).reshape(-1, DIMENSIONS)
