"""A worker that is killed again and again while it takes a ZIP in leaves each picture once."""

import random
import signal
import time

import pytest

from tests.faults.counts import count
from trainer.__main__ import DEFAULT_CACHE
from trainer.embed import ensure_embedder
from webapp.ingest.tests.test_kill import SEND, WORK, run, start, state

pytestmark = [pytest.mark.fault, pytest.mark.timeout(900)]

KILLS = count("UNPACK_KILLS", 1, 20)  # beside the one of webapp/ingest/tests/test_kill.py
COUNT = count("UNPACK_PICTURES", 40, 90)


def test_an_upload_whose_worker_is_killed_at_random_moments_is_whole_in_the_end(tmp_path) -> None:
    ensure_embedder(DEFAULT_CACHE)
    (tmp_path / "cache").symlink_to(DEFAULT_CACHE)
    upload, dice = run(SEND, tmp_path, str(COUNT)), random.Random(25)
    for _kill in range(KILLS):
        worker = start(WORK, tmp_path, upload)
        here = len(list(tmp_path.glob("store/projects/*/pictures/*/*.jpg")))
        wanted, ends = here + dice.randint(1, 12), time.monotonic() + 60
        while worker.poll() is None and time.monotonic() < ends and len(list(tmp_path.glob("store/projects/*/pictures/*/*.jpg"))) < min(wanted, COUNT):
            time.sleep(0.01)
        time.sleep(dice.uniform(0, 0.5))
        worker.send_signal(signal.SIGKILL)
        worker.communicate()
        if state(tmp_path, upload)["status"] == "done":
            break  # it was faster than the kill
    if state(tmp_path, upload)["status"] != "done":
        run(WORK, tmp_path, upload)
    end = state(tmp_path, upload)
    assert (end["status"], end["images"], end["accepted"], end["duplicates"], end["vectors"], end["uploads"]) == ("done", COUNT, COUNT, 1, COUNT, 0)
