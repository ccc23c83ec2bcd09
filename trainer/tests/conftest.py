"""What the trainer's tests share: a tiny drawn set of pictures, the embedder, and a folder of real photos where there is one."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from trainer.__main__ import DEFAULT_CACHE, rows_of
from trainer.embed import Embedder, ensure_embedder
from trainer.pixels import decode

COLOURS = {"berry": (200, 30, 60), "leaf": (40, 160, 60), "sky": (60, 120, 220)}
PHOTOS = Path(os.environ.get("AIMAKER_PHOTOS", Path(__file__).parents[3] / "shared/data/clothing"))


def draw(label, number):
    """A picture of a label: a shape in its colour, at a place and size of its own, on a noisy ground."""
    random = np.random.default_rng([number, *label.encode()])
    image = Image.fromarray(random.integers(90, 170, (96, 112, 3), np.uint8))
    x, y, size = (int(v) for v in random.integers((0, 0, 36), (60, 40, 60)))
    shape = {"berry": "ellipse", "leaf": "rectangle", "sky": "ellipse"}[label]
    getattr(ImageDraw.Draw(image), shape)((x, y, x + size, y + size), fill=COLOURS[label])
    return image


@pytest.fixture(scope="session")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn")
    for label in COLOURS:
        (folder / label).mkdir()
        for number in range(10):
            draw(label, number).save(folder / label / f"{number}.jpg", quality=90)
    return folder


@pytest.fixture(scope="session")
def cache_dir():
    # Kept between test runs: the embedder's name is a hash of its recipe.
    ensure_embedder(DEFAULT_CACHE)
    return DEFAULT_CACHE


@pytest.fixture(scope="session")
def embedder(cache_dir):
    return Embedder(ensure_embedder(cache_dir), threads=2)


@pytest.fixture(scope="session")
def vectors(drawn, embedder):
    paths = sorted(drawn.glob("*/*.jpg"))
    return dict(zip(map(str, paths), embedder.embed([decode(path) for path in paths]).astype(np.float16), strict=True))


@pytest.fixture
def manifest(drawn, vectors):
    return manifest_of(drawn, vectors)


def manifest_of(drawn, vectors):
    """The drawn pictures as a manifest with their stored vectors."""
    found = rows_of(drawn, seed=0)
    for row in found.rows:
        row.vector = vectors[row.path]
    return found


@pytest.fixture(scope="session")
def photos():
    if not PHOTOS.is_dir():
        pytest.skip(f"the photos of {PHOTOS.name} are not here; AIMAKER_PHOTOS may name their folder")
    return PHOTOS
