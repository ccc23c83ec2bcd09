import errno
import os

import numpy as np
import pytest

from trainer import files
from trainer.checkpoint import Checkpoints


@pytest.fixture
def checkpoints(tmp_path):
    kept = Checkpoints(tmp_path, "this run")
    for step in (1, 2, 3):
        kept.save(step, {"a/b": np.full((2, 3), step, np.float32), "n": np.array(step)}, {"best": step / 2})
    return kept


def test_the_newest_comes_back_whole_and_two_are_kept(checkpoints, tmp_path):
    step, arrays, facts = checkpoints.newest()
    assert (step, facts, int(arrays["n"])) == (3, {"best": 1.5}, 3)
    assert arrays["a/b"].tolist() == [[3.0] * 3] * 2
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"00000{n}.{kind}" for n in (2, 3) for kind in ("json", "safetensors")]


@pytest.mark.parametrize("damage", [
    lambda path: path.write_bytes(path.read_bytes()[:-5]),
    lambda path: path.write_bytes(path.read_bytes()[:-1] + b"\xff"),
    lambda path: path.unlink(),
    lambda path: path.with_suffix(".json").write_text("{"),
])
def test_a_damaged_one_gives_way_to_the_one_before(checkpoints, tmp_path, damage):
    damage(tmp_path / "000003.safetensors")
    assert checkpoints.newest()[0] == 2


def test_one_that_is_asked_for_is_made_at_any_price(tmp_path):
    asked = []
    kept = Checkpoints(tmp_path, "this run", lambda: bool(asked))
    kept._rest_until = float("inf")
    kept.save_when_cheap(1, dict, dict)
    assert kept.newest() is None
    asked.append("save")
    kept.save_when_cheap(2, dict, dict)
    assert kept.newest() == (2, {}, {})


def test_those_of_another_run_do_not_count(checkpoints, tmp_path):
    assert Checkpoints(tmp_path, "another run").newest() is None
    assert Checkpoints(tmp_path / "nowhere", "this run").newest() is None


def test_those_of_another_run_do_not_push_out_the_ones_that_come_now(checkpoints, tmp_path):
    other = Checkpoints(tmp_path, "another run")
    other.save(1, {}, {})
    assert other.newest() == (1, {}, {})


def test_a_full_disk_leaves_the_older_ones_and_no_rubbish(checkpoints, tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        checkpoints.save(4, {"n": np.array(4)}, {})
    assert checkpoints.newest()[0] == 3
    assert not list(tmp_path.glob("*.tmp")) and not list(tmp_path.glob(".*"))
