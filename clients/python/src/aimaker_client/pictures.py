"""Pictures as people have them: a path, bytes, an address on the web, a folder. Nothing here talks to a server."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Picture = str | Path | bytes
KINDS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png"}
ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".avif", ".gif")
SPLITS = ("train", "val", "valid", "validation", "test")
MOST_FILES = 100  # of one request
MOST_BYTES = 50_000_000  # of one request, unless a single file is larger


def is_address(picture: Picture) -> bool:
    return isinstance(picture, str) and picture.startswith(("http://", "https://"))


def question(picture: Picture) -> dict[str, Any]:
    """What a request that asks about a picture carries: its bytes, or its address on the web, which the server then fetches."""
    if is_address(picture):
        return {"json": {"url": picture}}
    content = picture if isinstance(picture, bytes) else Path(picture).read_bytes()
    kind = next((kind for start, kind in KINDS.items() if content.startswith(start)), "application/octet-stream")
    return {"content": content, "headers": {"Content-Type": kind}}


def labelled(sources: Iterable[str | Path], label: str | None) -> Iterator[tuple[str | None, Path]]:
    """Each file with its label: the one that is given, or the name of its folder. What is named itself needs none: a ZIP may say its labels."""
    for source in map(Path, sources):
        if source.is_dir():
            yield from in_folder(source, label)
        elif source.exists():
            yield label, source
        else:
            raise FileNotFoundError(f"There is no file {source}.")


def in_folder(folder: Path, label: str | None) -> Iterator[tuple[str | None, Path]]:
    """The pictures in a folder and below. Folders in it are labels, also inside of train, val and test; files that lie in it directly are called like itself."""
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder).parts
        if path.is_file() and path.suffix.lower() in ENDINGS and not any(part.startswith((".", "__")) for part in inner):
            names = [name for name in inner[:-1] if name.lower() not in SPLITS]
            yield label or (names[0] if names else folder.resolve().name), path


def batches(files: Iterable[tuple[str | None, Path]]) -> Iterator[tuple[str | None, list[Path]]]:
    """The files in requests of one label each, that are not too large."""
    by_label: dict[str | None, list[Path]] = {}
    for label, path in files:
        by_label.setdefault(label, []).append(path)
    for label, paths in by_label.items():
        for part in portions(paths):
            yield label, part


def portions(paths: list[Path]) -> Iterator[list[Path]]:
    part: list[Path] = []
    size = 0
    for path in paths:
        length = path.stat().st_size
        if part and (len(part) == MOST_FILES or size + length > MOST_BYTES):
            yield part
            part, size = [], 0
        part.append(path)
        size += length
    if part:
        yield part
