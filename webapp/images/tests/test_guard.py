"""Real hostile pictures through real children."""

import io
import os
import resource
import signal
import subprocess
import sys
import time
from concurrent.futures import Future

import numpy as np
import psutil
import pytest
from django.conf import settings
from PIL import Image as Picture

from fixtures.hostile import kinds, pictures
from trainer.pixels import decode
from webapp.images import decoders as room
from webapp.images.child import read_frame, write_frame
from webapp.images.decoders import Decoders
from webapp.images.guard import MAX_SCANS, Refused, kind, scans
from webapp.images.reasons import SENTENCES

REFUSED, TAKEN = pictures.REFUSED | kinds.REFUSED, pictures.TAKEN | kinds.TAKEN


@pytest.fixture(scope="module")
def children():
    with Decoders(2).ready() as ready:
        yield ready


def reason(future: Future) -> str:
    with pytest.raises(Refused) as refused:
        future.result(30)
    return refused.value.reason


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_harm_is_refused_with_its_reason(name, children):
    expected, make = REFUSED[name]
    content = make()
    start = time.monotonic()
    assert reason(children.submit(content)) == expected
    assert time.monotonic() - start < 10
    assert expected in SENTENCES


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_odd_but_good_is_taken_as_a_plain_jpeg(name, children):
    prepared = children.submit(TAKEN[name]()).result(30)
    image = Picture.open(io.BytesIO(prepared.jpeg))
    image.load()
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (prepared.width, prepared.height))
    assert max(image.size) <= 1024 and prepared.pixels.shape[2] == 3
    assert not image.getexif() and not set(image.info) - {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert b"<script" not in prepared.jpeg and b"PK\x03\x04" not in prepared.jpeg
    assert max(Picture.open(io.BytesIO(prepared.thumb)).size) <= 256


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_upright(orientation, children):
    corner = Picture.new("RGB", (96, 64), "white")
    corner.paste("black", (0, 0, 32, 32))
    turns = {2: 0, 3: 1, 4: 1, 5: 0, 6: 0, 7: 1, 8: 1}  # whether the dark corner ends up at the bottom
    side = {2: 1, 3: 1, 4: 0, 5: 0, 6: 1, 7: 1, 8: 0}  # or at the right
    content = pictures.saved(corner, "JPEG", quality=95, exif=pictures.exif(orientation))
    pixels = decode(children.submit(content).result(30).jpeg)
    assert pixels.shape[:2] == ((96, 64) if orientation > 4 else (64, 96))
    bottom, right = turns.get(orientation, 0), side.get(orientation, 0)
    assert pixels[-8 if bottom else 8, -8 if right else 8].max() < 40
    assert pixels[8 if bottom else -8, -8 if right else 8].min() > 215


def test_transparent_parts_are_white_and_hide_nothing(children):
    pixels = children.submit(TAKEN["hidden-colour.png"]()).result(30).pixels
    assert pixels[:, 40:].min() > 250


def test_16_bits_keep_their_range(children):
    pixels = children.submit(TAKEN["grey-16-bits.png"]()).result(30).pixels
    assert pixels.min() < 5 and pixels.max() > 250 and 120 < pixels.mean() < 135


def test_a_large_photo_is_made_smaller_without_changing_its_shape(children):
    prepared = children.submit(pictures.jpeg((4000, 3000))).result(30)
    assert (prepared.width, prepared.height) == (1024, 768)
    assert prepared.pixels.shape == (224, 224, 3)


def test_a_child_that_dies_costs_one_picture(children):
    victim = psutil.Process(min(children.pids()))
    victim.send_signal(signal.SIGSTOP)
    futures = [children.submit(pictures.jpeg((64 + 8 * n, 48))) for n in range(8)]
    time.sleep(0.2)
    victim.kill()
    ends = [future.exception(30) for future in futures]
    assert sum(end is not None for end in ends) <= 1
    assert children.submit(pictures.jpeg()).result(30).width == 64


def test_a_child_that_hangs_is_replaced(children, monkeypatch):
    [children.submit(pictures.jpeg()).result(30) for _ in range(4)]  # both are there
    monkeypatch.setattr(room, "WALL_SECONDS", 0.5)
    for pid in children.pids():
        os.kill(pid, signal.SIGSTOP)
    assert {reason(children.submit(pictures.jpeg())) for _ in range(2)} == {"took_too_long"}
    monkeypatch.undo()
    assert children.submit(pictures.jpeg()).result(30).width == 64


def test_a_child_may_use_little_memory_and_write_no_file(children):
    children.submit(pictures.jpeg()).result(30)
    for pid in children.pids():
        assert resource.prlimit(pid, resource.RLIMIT_AS)[0] == 768 * 1024 * 1024
        assert resource.prlimit(pid, resource.RLIMIT_FSIZE) == (0, 0)
        assert not {"SECRET_KEY", "DATABASE_URL", "AIMAKER_DATA"} & set(psutil.Process(pid).environ())


def test_bombs_leave_the_parent_as_it_was(children):
    contents = [TAKEN["39-megapixels-alpha.png"](), REFUSED["text-bomb.png"][1]()]
    before = psutil.Process().memory_info().rss
    for content in contents:
        children.submit(content).exception(30)
    assert psutil.Process().memory_info().rss - before < 20_000_000


def test_children_wait_for_more_work_for_a_while_and_end():
    pool = Decoders(2, idle=0.5)
    first, second = use(pool), use(pool)
    assert len(first) == 2 and first == second
    end = time.monotonic() + 10
    while pool.pids() and time.monotonic() < end:
        time.sleep(0.05)
    assert not [pid for pid in first if os.path.exists(f"/proc/{pid}")]
    assert len(use(pool) - first) == 2


def use(pool: Decoders) -> set[int]:
    """Decode a picture; the children that are there then."""
    with pool.ready() as ready:
        ready.submit(pictures.jpeg()).result(30)
        return pool.pids()


def test_scans_are_counted_without_being_fooled_by_what_is_hidden_in_segments():
    assert scans(pictures.jpeg()) == 1
    assert scans(pictures.jpeg(comment=b"\xff\xda" * 5000)) == 1
    assert scans(pictures.jpeg() + b"\xff\xda" * 5000) == 1
    assert scans(pictures.many_scans(500)) == MAX_SCANS + 1
    assert scans(pictures.saved(pictures.noise((64, 48)), "PNG")) == 0


def test_a_file_is_what_its_first_bytes_say():
    assert kind(np.random.default_rng(0).bytes(512)) == "unknown"
    assert kind(b"<note>hello</note>") == "unknown"
    assert kind(b"") == "unknown"


def test_a_picture_that_computes_for_too_long_ends_its_child():
    program = "from webapp.images import child; child.CPU_SECONDS = 0.2; child.prepare = lambda content: [0 for _ in iter(int, 1)]; child.main()"
    process = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=settings.BASE_DIR)
    with process:
        write_frame(process.stdin, b"picture")
        assert process.wait(20) == -signal.SIGPROF


def test_an_answer_without_sense_is_refused_unread():
    for nonsense in (b"\xff\xff\xff\xff", b"\1\0\0\0\xff\xff\xff\xff", b"\0\0\0\0"):
        with pytest.raises(EOFError):
            read_frame(io.BytesIO(nonsense))
