"""Telling at once, while pictures come in, which of them look nearly like one that is there; the check of the whole project looks closer."""

import numpy as np

from webapp.images.models import Image
from webapp.projects.models import Project

NEAR_BITS = 4  # of 64: the same picture in another size or quality; other pictures differ in 20 and more


class Lookalikes:
    """The perceptual hashes of the ready pictures of a project, and of those that are added meanwhile."""

    def __init__(self, project: Project):
        ready = project.images.filter(status=Image.READY).exclude(phash=None).order_by()
        self._hashes = list(ready.values_list("id", "phash"))

    def add(self, image: Image) -> bool:
        """Remember a picture that has just come in; True when another one looks nearly the same."""
        if image.phash is None:
            return False
        others = np.array([phash for other, phash in self._hashes if other != image.id], np.int64)
        self._hashes.append((image.id, image.phash))
        return bool(len(others) and differing_bits(others, image.phash).min() <= NEAR_BITS)


def differing_bits(hashes: np.ndarray, phash: int) -> np.ndarray:
    """In how many bits each of the hashes (int64 [N]) differs from another one, [N]."""
    return np.unpackbits((hashes ^ np.int64(phash)).view(np.uint8).reshape(-1, 8), axis=1).sum(axis=1)
