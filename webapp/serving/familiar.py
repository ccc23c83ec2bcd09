"""What a model holds for usual, as a browser reads it: the length of a JSON text (uint32), that text, and the numbers (float32), all little-endian."""

import json
import struct

import numpy as np

from trainer.standalone.novelty import Novelty


def packed(novelty: Novelty, keep: float) -> bytes:
    """The arrays of a Novelty in one piece; the JSON text says their names and shapes in order, and how sure the model has to be."""
    arrays = {name: np.ascontiguousarray(getattr(novelty, name), "<f4") for name in Novelty.NAMES}
    about = json.dumps({"keep": keep, "arrays": [{"name": name, "shape": array.shape} for name, array in arrays.items()]})
    about += " " * (-len(about) % 4)  # so that the numbers lie where a browser can use them without copying
    return struct.pack("<I", len(about)) + about.encode("ascii") + b"".join(array.tobytes() for array in arrays.values())
