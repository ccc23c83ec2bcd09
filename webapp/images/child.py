"""The process that decodes pictures: limited, replaceable, and knowing nothing worth stealing. Started by `webapp.images.decoders`.

It reads pictures from its standard input and writes what `guard.prepare` makes of each to its standard output, until its input ends.
"""

import json
import os
import resource
import signal
import struct
from dataclasses import asdict
from typing import BinaryIO

import numpy as np

from webapp.images.guard import Prepared, Refused, prepare
from webapp.images.looks import Looks

MEMORY_BYTES = 768 * 1024 * 1024  # measured: 40 megapixels with alpha need 620 MB of address space, the program included
CPU_SECONDS = 10
MOST_PARTS, MOST_BYTES = 8, 64_000_000  # of a frame
_LENGTH = struct.Struct("<I")
_FORBIDDEN = ((resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_NOFILE, 16))


def write_frame(out: BinaryIO, *parts: bytes | memoryview) -> None:
    """Write the lengths of some parts, then the parts."""
    out.write(_LENGTH.pack(len(parts)) + b"".join(_LENGTH.pack(len(part)) for part in parts))
    for part in parts:
        out.write(part)
    out.flush()


def read_frame(source: BinaryIO) -> list[bytes]:
    """The parts of one frame; raises EOFError when the other side is gone."""
    count = _LENGTH.unpack(_exactly(source, 4))[0]
    lengths = struct.unpack(f"<{count}I", _exactly(source, 4 * count)) if count <= MOST_PARTS else ()
    if not lengths or sum(lengths) > MOST_BYTES:
        raise EOFError  # the other side has lost its senses
    return [_exactly(source, length) for length in lengths]


def _exactly(source: BinaryIO, length: int) -> bytes:
    content = source.read(length)
    if len(content) < length:
        raise EOFError
    return content


def pack(picture: Prepared) -> list[bytes | memoryview]:
    facts = {"width": picture.width, "height": picture.height, "shape": picture.pixels.shape, "looks": asdict(picture.looks)}
    return [json.dumps(facts).encode(), picture.jpeg, picture.thumb, memoryview(np.ascontiguousarray(picture.pixels)).cast("B")]


def unpack(parts: list[bytes]) -> Prepared:
    """The picture in an answer of the child; raises Refused when the child refused it."""
    facts = json.loads(parts[0])
    if "reason" in facts:
        raise Refused(facts["reason"])
    pixels = np.frombuffer(parts[3], np.uint8).reshape(facts["shape"])
    looks = Looks(**facts["looks"])
    return Prepared(jpeg=parts[1], thumb=parts[2], width=facts["width"], height=facts["height"], pixels=pixels, looks=looks)


def answer(content: bytes) -> list[bytes | memoryview]:
    try:
        return pack(prepare(content))
    except Refused as refused:
        return [json.dumps({"reason": refused.reason}).encode()]


def limit() -> None:
    """Bound this process: memory, no files written, no core dumps, few open files."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    for what, most in _FORBIDDEN:
        resource.setrlimit(what, (most, most))


def serve(source: BinaryIO, out: BinaryIO) -> None:
    """Answer until the input ends. A picture that takes too long ends this process by the timer's signal, also inside a decoder."""
    while True:
        try:
            content = read_frame(source)[0]
        except EOFError:
            return
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
        parts = answer(content)
        signal.setitimer(signal.ITIMER_PROF, 0)
        write_frame(out, *parts)


def main() -> None:
    limit()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the parent, and that ends our input
    source, out = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a library prints is no answer
    serve(source, out)


if __name__ == "__main__":
    main()
