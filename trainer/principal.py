"""Principal components of unit vectors, not centred: what makes an index small, and what tells copies and known pictures from others. Needs numpy alone."""

import numpy as np
from threadpoolctl import threadpool_limits

LEAST = 1e-5  # of the strongest: what is weaker than that is noise of the reckoning


def components(units: np.ndarray, most: int) -> np.ndarray:
    """The directions float32 [D, d], at most so many, along which unit vectors [N, D] are longest, the strongest last; fewer where they fill fewer."""
    with threadpool_limits(1, "blas"):  # for so few, threads only wait for each other
        if len(units) >= units.shape[1]:
            return np.ascontiguousarray(np.linalg.eigh(units.T @ units)[1][:, -most:], np.float32)
        values, across = np.linalg.eigh(units @ units.T)
        strongest = np.flatnonzero(values > LEAST * values[-1])[-most:]
        return np.ascontiguousarray((units.T @ across[:, strongest]) / np.sqrt(values[strongest]), np.float32)
