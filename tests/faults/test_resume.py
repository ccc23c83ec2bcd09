"""A training that was killed ends as one that never was; one that finds a damaged checkpoint, or no memory, says so and goes on where it can."""

import multiprocessing
import random
import time
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.faults.counts import FULL, count
from trainer.__main__ import DEFAULT_CACHE
from trainer.child import PRELOAD, serve
from trainer.embed import ensure_embedder
from trainer.files import sha256_of
from trainer.manifest import Manifest, Row

pytestmark = [pytest.mark.fault, pytest.mark.timeout(600)]

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(PRELOAD)
KILLS = 3
KILLED = ["quick", "balanced", "accurate"] if FULL else ["accurate"]  # presets
PICTURES = count("PICTURES", 16, 60)  # of a label
CONFIG = {"image_size": 64, "epochs": 6, "batch_size": 4, "threads": 1, "devices": "cpu", "seed": 7}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    rows = []
    for label in ("round", "square"):
        for number in range(PICTURES):
            path = folder / f"{label}{number}.jpg"
            draw(label, number).save(path)
            rows.append(Row(str(path), label, "val" if number % 4 == 0 else "train", key=path.stem))
    Manifest(["round", "square"], rows).save(folder / "manifest.json")
    return folder / "manifest.json"


def draw(label: str, number: int) -> Image.Image:
    """A shape on noise: not so easy that all weights agree after an epoch."""
    dice = np.random.default_rng([number, len(label)])
    image = Image.fromarray(dice.integers(60, 200, (64, 64, 3), np.uint8))
    x, y = (int(value) for value in dice.integers(2, 30, 2))
    shape = {"round": "ellipse", "square": "rectangle"}[label]
    getattr(ImageDraw.Draw(image), shape)((x, y, x + 28, y + 28), fill=tuple(int(value) for value in dice.integers(80, 180, 3)))
    return image


@pytest.fixture(scope="module")
def cache() -> Path:
    ensure_embedder(DEFAULT_CACHE)
    return DEFAULT_CACHE


class Trainings:
    """Training children in one folder, one after another."""

    def __init__(self, folder: Path, manifest: Path, cache: Path, **config):
        places = {"manifest": manifest, "work_dir": folder / "work", "bundle_dir": folder / "bundle", "cache_dir": cache}
        self.job = {"config": CONFIG | config} | {name: str(place) for name, place in places.items()}
        self.told: list[int] = []
        self.lives: list[int] = []  # how many epochs had been told at the end of each

    def start(self, target=serve) -> tuple[multiprocessing.Process, Connection]:
        ours, theirs = CONTEXT.Pipe()
        process = CONTEXT.Process(target=target, args=(theirs, self.job), daemon=True)
        process.start()
        theirs.close()
        return process, ours

    def to_the_end(self, target=serve) -> dict:
        """Train until the child has ended; gives its last message."""
        process, connection = self.start(target)
        last = {}
        try:
            while True:
                assert connection.poll(120), f"nothing for two minutes after {last}"
                last = connection.recv()
                self.hear(last)
        except EOFError:
            process.join()
            return last

    def kill(self, saved: int, delay: float) -> None:
        """Start a child, and kill it some seconds after its first epoch and, with `saved` = 1, after a checkpoint of its own."""
        process, connection = self.start()
        before = self.checkpoints
        while process.is_alive() and not (self.hear_all(connection) and (not saved or self.checkpoints != before)):
            time.sleep(0.01)
        assert process.is_alive(), "it ended before it could be killed"
        time.sleep(delay)
        process.kill()
        process.join()
        self.hear_all(connection)
        self.lives.append(len(self.told))

    def hear_all(self, connection: Connection) -> bool:
        """Take up what the child has said; whether it has told of an epoch in its life."""
        while connection.poll(0):
            try:
                self.hear(connection.recv())
            except EOFError:
                break
        return len(self.told) > (self.lives or [0])[-1]

    def hear(self, message: dict) -> None:
        if "epoch" in message:
            self.told.append(message["epoch"]["epoch"])

    @property
    def checkpoints(self) -> list[Path]:
        return sorted((Path(self.job["work_dir"]) / "checkpoints").glob("*.json"))


@pytest.mark.parametrize("preset", KILLED)
def test_a_training_killed_three_times_ends_with_the_same_weights(tmp_path, manifest, cache, preset) -> None:
    own = {"image_size": 224, "epochs": 400} if preset == "quick" else {}
    straight, killed = (Trainings(tmp_path / name, manifest, cache, preset=preset, **own) for name in ("a", "b"))
    first = straight.to_the_end()["done"]
    dice = random.Random(CONFIG["seed"])
    for kill in range(KILLS):
        killed.kill(saved=kill != 1, delay=dice.uniform(0, 0.3 if preset == "quick" else 0.6))
    second = killed.to_the_end()["done"]
    begun = [killed.told[end] for end in killed.lives]  # the first epoch of each life but the first
    assert begun[0] > 1 and begun[2] > begun[0] and killed.told[-1] == first["epochs"] == second["epochs"], killed.told
    assert sha256_of(Path(first["bundle"]) / "model.onnx") == sha256_of(Path(second["bundle"]) / "model.onnx")
    assert (first["best"], first["evaluation"], first["answers"]) == (second["best"], second["evaluation"], second["answers"])


@pytest.mark.parametrize("damage", ["truncated", "flipped"])
def test_the_checkpoint_before_a_damaged_one_is_taken(tmp_path, manifest, cache, damage) -> None:
    own = {"preset": "quick", "image_size": 224, "epochs": 400}
    straight, damaged = (Trainings(tmp_path / name, manifest, cache, **own) for name in ("a", "b"))
    first = straight.to_the_end()["done"]
    damaged.kill(saved=1, delay=0.3)
    damaged.kill(saved=1, delay=0.3)
    older, newest = (path.with_suffix(".safetensors") for path in damaged.checkpoints)
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 1
    newest.write_bytes(content[: len(content) // 2] if damage == "truncated" else content)
    second = damaged.to_the_end()["done"]
    assert damaged.told[damaged.lives[-1]] == int(older.stem) + 1
    assert sha256_of(Path(first["bundle"]) / "model.onnx") == sha256_of(Path(second["bundle"]) / "model.onnx")
