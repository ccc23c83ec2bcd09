"""What a check of a project finds, on real photos: copies by kind, beside hash and vector alone; photos of something else; blurred photos.

    python -m benchmarks.checks [folder of label folders] [folder of photos of something else]
"""

import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from trainer.embed import Embedder, ensure_embedder
from trainer.nearest import Nearest
from webapp.images.alike import BITS, SURE
from webapp.images.guard import Prepared, prepare
from webapp.review.duplicates import Neighbours, Pictures, leaders_of
from webapp.review.topic import off_topic

PHOTOS, STRANGERS = "../shared/data/clothing", "../shared/data/raccoon/images"
EVERY = 3  # of the photos are copied
MUST_FIND, MUST_NOT = 0.95, 0.01
HARD = {"cut 5 %", "cut 10 %", "grey", "border 5 %", "mirrored", "a third"}  # shown, but not demanded


def cut(share: float) -> Callable[[Image.Image], Image.Image]:
    return lambda image: image.crop((image.width * share, image.height * share, image.width * (1 - share), image.height * (1 - share)))


def written_over(image: Image.Image) -> Image.Image:
    image, (width, height) = image.copy(), image.size
    ImageDraw.Draw(image).rectangle((width * 0.55, height * 0.9, width * 0.98, height * 0.98), fill="white")
    return image


WAYS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "half": lambda image: image.reduce(2),
    "a third": lambda image: image.reduce(3),
    "cut 2.5 %": cut(0.025),
    "cut 5 %": cut(0.05),
    "cut 10 %": cut(0.1),
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.25),
    "less contrast": lambda image: ImageEnhance.Contrast(image).enhance(0.75),
    "grey": lambda image: image.convert("L").convert("RGB"),
    "written over": written_over,
    "border 5 %": lambda image: ImageOps.expand(image, min(image.size) // 20, "white"),
    "mirrored": ImageOps.mirror,
    "turned 3 degrees": lambda image: image.rotate(3),
}


def main() -> None:
    folder, other = (Path(given) for given in (*sys.argv[1:3], *(PHOTOS, STRANGERS)[len(sys.argv[1:3]) :]))
    paths, strangers = sorted(folder.glob("*/*.jpg")), sorted(other.glob("*.jpg"))
    if not paths or not strangers:
        sys.exit(f"No photos in {folder} or {other}: name a folder with a folder of photos for each label, and a folder of photos of something else.")
    with tempfile.TemporaryDirectory(prefix="aimaker-bench-") as cache:
        embedder = Embedder(ensure_embedder(cache))
    photos = [Image.open(path).convert("RGB") for path in paths]
    names = {name: number for number, name in enumerate(sorted({path.parent.name for path in paths}))}
    labels = np.array([names[path.parent.name] for path in paths])
    seen = look(embedder, photos)
    good = [copies(embedder, photos, seen), strange(seen, labels, look(embedder, [Image.open(path).convert("RGB") for path in strangers])), blurred(photos, seen)]
    if not all(good):
        sys.exit("too little found, or too much")


def look(embedder: Embedder, images: list[Image.Image], quality: int = 88) -> tuple[Pictures, list[Prepared]]:
    """What a project would keep of pictures."""
    prepared = []
    for image in images:
        out = io.BytesIO()
        image.save(out, "JPEG", quality=quality)
        prepared.append(prepare(out.getvalue()))
    vectors = embedder.embed([one.pixels for one in prepared]).astype("<f2")
    hashes = [one.looks.phash for one in prepared]
    known = np.array([number is not None for number in hashes])
    lengths = np.linalg.norm(vectors.astype(np.float32), axis=1)
    return Pictures(vectors, lengths, np.array([number or 0 for number in hashes], np.int64), known), prepared


def copies(embedder: Embedder, photos: list[Image.Image], seen: tuple) -> bool:
    """Of copies made in many ways, how many stand in the group of their original; and how many pairs of different files are called alike."""
    first, few = seen[0], len(photos[::EVERY])
    print(f"{'copies found':24} {'ours':>6} {'hash <= 10':>11} {'cosine >= 0.95':>15}")
    found = {}
    for name, way in (WAYS | {"saved at 30": None}).items():
        made = look(embedder, [way(photo) if way else photo for photo in photos[::EVERY]], 88 if way else 30)[0]
        both = Pictures(*(np.concatenate([getattr(first, column)[::EVERY], getattr(made, column)]) for column in ("vectors", "lengths", "hashes", "hashed")))
        leader = leaders_of(both, np.arange(2 * few), indexed(both))
        found[name] = (leader[few:] == leader[:few]).mean()
        cosines = (both.units(slice(0, few)) * both.units(slice(few, None))).sum(axis=1)
        bits = (BITS - (both.bits(np.arange(few)) * both.bits(np.arange(few, 2 * few))).sum(axis=1)) / 2
        print(f"{name:24} {found[name]:6.3f} {(bits <= 10).mean():11.3f} {(cosines >= SURE).mean():15.3f}", flush=True)
    alike = (leaders_of(first, np.arange(len(first)), indexed(first)) != np.arange(len(first))).sum()
    print(f"{'different files alike':24} {alike:6} of {len(first)}")
    return all(share >= MUST_FIND for name, share in found.items() if name not in HARD) and alike <= MUST_NOT * len(first)


def indexed(pictures: Pictures) -> Neighbours:
    """What finds candidates among pictures."""
    index = Nearest(len(pictures))
    index.add(pictures.vectors.astype(np.float32))
    return index.neighbours


def strange(seen: tuple, labels: np.ndarray, others: tuple) -> bool:
    """Photos of something else, so many in each label, and what is called strange."""
    print(f"{'of something else':24} {'found':>6} {'false':>11}")
    shares, rnd = {}, np.random.default_rng(0)
    units, strangers = seen[0].units(slice(None)), others[0].units(slice(None))
    for count in (0, 2, 4, 8, 12):
        guests = [(name, row) for name in np.unique(labels) for row in rnd.choice(len(strangers), count, replace=False)]
        every = np.concatenate([units, strangers[[row for _name, row in guests]]]) if guests else units
        called = off_topic(every.__getitem__, np.concatenate([labels, [name for name, _row in guests]]).astype(int), np.ones(len(every), bool))
        shares[count] = called[len(labels) :].mean() if guests else 1.0, called[: len(labels)].mean()
        print(f"{f'{count} in each label':24} {shares[count][0]:6.3f} {shares[count][1]:11.3f}", flush=True)
    return shares[4][0] >= 0.9 and all(false <= 0.03 for _found, false in shares.values())


def blurred(photos: list[Image.Image], seen: tuple) -> bool:
    """Photos blurred by a share of their long side."""
    false = np.mean([one.looks.is_blurred or one.looks.is_empty for one in seen[1]])
    print(f"{'flagged as they are':24} {false:6.3f}")
    shares = {}
    for share in (0.004, 0.007, 0.01, 0.02):
        soft = [photo.filter(ImageFilter.GaussianBlur(share * max(photo.size))) for photo in photos[::EVERY]]
        shares[share] = np.mean([flag(photo) for photo in soft])
        print(f"{f'blurred by {share:.1%}':24} {shares[share]:6.3f}", flush=True)
    return false <= MUST_NOT and shares[0.01] >= MUST_FIND


def flag(photo: Image.Image) -> bool:
    out = io.BytesIO()
    photo.save(out, "JPEG", quality=88)
    return prepare(out.getvalue()).looks.is_blurred


if __name__ == "__main__":
    main()
