"""Tensors of the Open Inference Protocol (KServe V2) as JSON and in its binary extension: what comes in, and what goes out."""

import io
import json
import math
import struct
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from django.utils.translation import gettext as _
from PIL import Image

from webapp.api.resources.pictures import from_base64
from webapp.core.errors import UserError

MOST_PICTURES = 16  # of one request
MOST_DIMENSIONS, LARGEST_SIZE = 4, 2**31
CHANNELS = 3
DATATYPES = {"f": "FP32", "b": "BOOL", "O": "BYTES"}


class Tensor(NamedTuple):
    """An input: its shape and type, and its values as JSON (`data`) or as bytes (`raw`)."""

    shape: list[int]
    datatype: str
    data: list | None
    raw: bytes | None


def read_request(body: bytes, header: int | None) -> tuple[dict, Tensor]:
    """The JSON of a request and its one tensor; `header` is how many bytes of the body are JSON where binary data follows. Raises UserError 400."""
    try:
        given = json.loads(body if header is None else body[:header])
        (tensor,) = given["inputs"]
        shape = sizes(tensor["shape"])
        length = tensor.get("parameters", {}).get("binary_data_size")
        raw = None if length is None else body[header or 0 :][: int(length)]
        return given, Tensor(shape, str(tensor["datatype"]), tensor.get("data"), raw)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        raise wrong(_("Send JSON with one tensor in inputs: name, shape, datatype and data.")) from None


def sizes(shape: list) -> list[int]:
    """The sizes of a tensor; few and small, because they are multiplied. Raises ValueError, TypeError or OverflowError."""
    if len(shape) > MOST_DIMENSIONS:
        raise ValueError(shape[:MOST_DIMENSIONS])
    found = [int(size) for size in shape]
    if any(not 0 <= size <= LARGEST_SIZE for size in found):
        raise ValueError(found)
    return found


def pictures(tensor: Tensor) -> list[bytes]:
    """The picture files in a tensor: BYTES [n] of encoded pictures (in JSON as base64), or UINT8 [n, height, width, 3] of pixels. Raises UserError."""
    if tensor.datatype == "BYTES":
        found = elements(tensor)
    elif tensor.datatype == "UINT8":
        found = [png(pixels) for pixels in batch(tensor)]
    else:
        raise wrong(_("Send pictures as BYTES [n] or as UINT8 [n, height, width, 3]."))
    if not 1 <= len(found) <= MOST_PICTURES:
        raise wrong(_("Send from 1 to %(count)d pictures in one request.") % {"count": MOST_PICTURES})
    return found


def elements(tensor: Tensor) -> list[bytes]:
    if tensor.raw is None:
        found = [from_base64(item) for item in flat(tensor) if isinstance(item, str)]
    else:
        found = list(framed(tensor.raw))
    if len(found) != math.prod(tensor.shape):
        raise wrong(_("The shape of the tensor does not fit its data."))
    return found


def flat(tensor: Tensor) -> list:
    """The values of a tensor, which V2 allows to come flat or as lists in lists."""
    values = tensor.data if isinstance(tensor.data, list) else []
    for _dimension in tensor.shape[1:]:
        if not values or not isinstance(values[0], list):
            return values
        values = [inner for item in values if isinstance(item, list) for inner in item]
    return values


def framed(raw: bytes) -> Iterator[bytes]:
    """The elements of BYTES in binary: each after its length, 4 bytes, little endian."""
    place = 0
    while place < len(raw):
        if place + 4 > len(raw) or place + 4 + (length := struct.unpack_from("<I", raw, place)[0]) > len(raw):
            raise wrong(_("The shape of the tensor does not fit its data."))
        yield raw[place + 4 : place + 4 + length]
        place += 4 + length


def batch(tensor: Tensor) -> np.ndarray:
    """Pixels, uint8 [n, height, width, 3]; one picture may come without n."""
    shape = tensor.shape if len(tensor.shape) == 4 else [1, *tensor.shape]
    if len(shape) != 4 or shape[3] != CHANNELS or min(shape) < 1 or shape[0] > MOST_PICTURES:
        raise wrong(_("Pixels are UINT8 [n, height, width, 3]: at most 16 pictures, in the order red, green, blue."))
    try:
        values = np.frombuffer(tensor.raw, np.uint8) if tensor.raw is not None else np.array(flat(tensor), np.uint8)
        return values.reshape(shape)
    except (ValueError, TypeError, OverflowError):
        raise wrong(_("The shape of the tensor does not fit its data.")) from None


def png(pixels: np.ndarray) -> bytes:
    """Pixels as a file, which is what models are asked with; not compressed, because nobody keeps it."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=0)
    return out.getvalue()


def write_answer(told: dict, outputs: dict[str, np.ndarray], binary: set[str]) -> tuple[bytes, int | None]:
    """The body of an answer, and the length of its JSON where tensors follow in binary."""
    described, tail = [], b""
    for name, values in outputs.items():
        about = {"name": name, "shape": list(values.shape), "datatype": DATATYPES[values.dtype.kind]}
        if name in binary:
            raw = packed(values)
            tail += raw
            described.append(about | {"parameters": {"binary_data_size": len(raw)}})
        else:
            described.append(about | {"data": values.flatten().tolist()})
    head = json.dumps(told | {"outputs": described}, separators=(",", ":")).encode()
    return head + tail, len(head) if binary else None


def packed(values: np.ndarray) -> bytes:
    """The values one after another; text each after its length."""
    if values.dtype.kind != "O":
        return values.tobytes()
    return b"".join(struct.pack("<I", len(text)) + text for text in (value.encode() for value in values.flatten()))


def wrong(message: str) -> UserError:
    return UserError(message, code="bad_request", status=400)
