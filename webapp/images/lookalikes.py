"""Telling at once, while pictures come in, which of them look nearly like one that is there; the check of the whole project looks closer."""

from uuid import UUID

import numpy as np

from webapp.images.models import Image
from webapp.projects.models import Project

NEAR_BITS = 4  # of 64: the same picture in another size or quality; other pictures differ in 20 and more


class Lookalikes:
    """The perceptual hashes of the ready pictures of a project, and of those that are added meanwhile."""

    def __init__(self, project: Project):
        ready = project.images.filter(status=Image.READY).exclude(phash=None).order_by()
        self._hashes = list(ready.values_list("id", "phash"))

    def add(self, image: Image) -> UUID | None:
        """Remember a picture that has just come in; the id of one that looks nearly the same, or None."""
        if image.phash is None:
            return None
        others = [(other, phash) for other, phash in self._hashes if other != image.id]
        self._hashes.append((image.id, image.phash))
        bits = differing_bits(np.array([phash for _other, phash in others], np.int64), image.phash)
        return others[bits.argmin()][0] if len(others) and bits.min() <= NEAR_BITS else None


def differing_bits(hashes: np.ndarray, phash: int) -> np.ndarray:
    """In how many bits each of the hashes (int64 [N]) differs from another one, [N]."""
    return np.unpackbits((hashes ^ np.int64(phash)).view(np.uint8).reshape(-1, 8), axis=1).sum(axis=1)
