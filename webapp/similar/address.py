"""The look of a picture as a part of an address: what was found with it can be shared and come back to, though the picture itself is kept nowhere.

A vector of this network has no negative numbers, and is compared by its square roots (`trainer.nearest`): these in 5 bits each make about 870 letters.
On 120 photos of clothes, distances moved by 0.003 at most, and 99.7 % of the nearest 12 were the same as with the vector itself.
"""

import base64
import binascii
import zlib

import numpy as np
from django.utils.translation import gettext as _

from trainer.embed import DIMENSIONS
from webapp.core.errors import UserError

STEPS = 31
LONGEST = 2400  # letters; no vector takes as many


def packed(vector: np.ndarray) -> str:
    """A vector [1280] as letters, digits, - and _."""
    roots = np.sqrt(np.maximum(vector, 0))
    steps = np.round(roots * (STEPS / max(float(roots.max()), 1e-9))).astype(np.uint8)
    return base64.urlsafe_b64encode(zlib.compress(steps.tobytes(), 9)).decode().rstrip("=")


def unpacked(text: str) -> np.ndarray:
    """The vector [1280], but for its length, that `packed` made into a text; raises UserError where the text was cut or changed on its way."""
    reader = zlib.decompressobj()
    try:
        steps = reader.decompress(base64.urlsafe_b64decode(text[:LONGEST] + "=" * (-len(text) % 4)), DIMENSIONS + 1)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise broken() from error
    vector = (np.frombuffer(steps, np.uint8).astype(np.float32) / STEPS) ** 2
    if len(vector) != DIMENSIONS or not reader.eof or not 0 < vector.max() <= 1:
        raise broken()
    return vector


def broken() -> UserError:
    return UserError(_("A part of this address is missing. Choose the photo again, or ask for the address once more."), code="broken_address", field="look")
