"""A backup is a folder: rows.jsonl.gz, store/ with every file, the secret key, and backup.json, which is written last and says what must be there.

AI Maker may go on meanwhile. The rows are those of one moment; files are copied after it, so each of them is there but those that were deleted in between.
A file of the store never changes, so one that an earlier backup beside this one has is linked to and not copied: a daily backup takes the room of what is new.
"""

import gzip
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from trainer.files import sha256_of
from webapp.core import store
from webapp.operate import rows

FORMAT = 1
ROWS, FACTS, KEY, FILES = "rows.jsonl.gz", "backup.json", "secret_key", "store"
UNFINISHED = ".unfinished"


class Unusable(Exception):
    """A sentence for the person at the terminal: why this is no backup to restore from, or cannot be made here."""


@dataclass(frozen=True)
class Facts:
    """What a whole backup says of itself."""

    made: str
    migrations: dict[str, str]  # the last one of each app
    rows: dict[str, int]
    rows_sha256: str
    files: int
    bytes: int
    with_files: bool = True
    format: int = field(default=FORMAT)


def migrations() -> dict[str, str]:
    """The newest migration of each app, as this code has it."""
    return dict(sorted(MigrationLoader(None, ignore_no_migrations=True).graph.leaf_nodes()))


def back_up(target: Path, *, with_files: bool, say: Callable[[str], None]) -> Path:
    """Write a backup into a new folder of `target`, named by the time; the folder. Raises OSError, DatabaseError and StoreAway, and then leaves nothing."""
    target.mkdir(parents=True, exist_ok=True)
    for left in target.glob(f"*{UNFINISHED}"):  # of a backup that was killed; two at once would be a mistake
        shutil.rmtree(left)
    name = timezone.now().strftime("%Y-%m-%dT%H%M%S.%fZ")
    earlier, folder = newest(target), target / f"{name}{UNFINISHED}"
    folder.mkdir(mode=0o700)
    try:
        fill(folder, earlier, with_files, say)
    except BaseException:
        shutil.rmtree(folder)  # else the next one finds no room either
        raise
    return folder.rename(target / name)


def fill(folder: Path, earlier: Path | None, with_files: bool, say: Callable[[str], None]) -> None:
    """Write everything, and last what must be there."""
    say("Rows …")
    counts = save_rows(folder / ROWS)
    say(f"{sum(counts.values()):,} rows. Files …")
    files, size = save_files(folder / FILES, earlier and earlier / FILES) if with_files else (0, 0)
    save_key(folder / KEY)
    facts = Facts(timezone.now().isoformat(), migrations(), counts, sha256_of(folder / ROWS), files, size, with_files)
    (folder / FACTS).write_text(json.dumps(asdict(facts), indent=1))
    store.sync(folder / FACTS)
    store.sync(folder)


def newest(target: Path) -> Path | None:
    """The latest whole backup in a folder."""
    return max((path.parent for path in target.glob(f"*/{FACTS}") if path.parent.suffix != UNFINISHED), default=None)


def save_rows(path: Path) -> dict[str, int]:
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=3) as out, rows.snapshot():
        counts = rows.write(out)
    connection.close()
    store.sync(path)
    return counts


def save_files(folder: Path, earlier: Path | None) -> tuple[int, int]:
    """Copy every file of the store, or link to it where an earlier backup has it; how many, and their bytes."""
    files = size = 0
    for name in every_file():
        try:
            size += save_file(name, folder / name, earlier / name if earlier else None)
        except FileNotFoundError:
            continue  # it was deleted since it was listed, as its row was
        files += 1
    return files, size


def save_file(name: str, target: Path, earlier: Path | None) -> int:
    target.parent.mkdir(parents=True, exist_ok=True)
    size = default_storage.size(name)
    if earlier and earlier.is_file() and earlier.stat().st_size == size:
        with suppress(OSError):  # some disks know no links
            os.link(earlier, target)
            return size
    with store.open_file(name) as content, open(target, "wb") as out:
        shutil.copyfileobj(content, out)
        out.flush()
        os.fsync(out.fileno())
    return target.stat().st_size


def every_file(folder: str = "") -> Iterator[str]:
    """The names of all files of the store that are whole."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}{name}" for name in files if not name.startswith(store.PART))
    for name in folders:
        yield from every_file(f"{folder}{name}/")


def save_key(path: Path) -> None:
    """Sessions, links in mails and the seals of exports hold only with the same key."""
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(settings.SECRET_KEY)


def facts_of(folder: Path) -> Facts:
    """What a backup says of itself; raises Unusable where it is none, or not whole."""
    try:
        facts = Facts(**json.loads((folder / FACTS).read_text()))
    except (OSError, ValueError, TypeError):
        raise Unusable(f"{folder} is no whole backup: it has no {FACTS} that can be read. Name a folder that `manage.py backup` has made.") from None
    if facts.format != FORMAT:
        raise Unusable(f"{folder} was made by another version of AI Maker (format {facts.format}). Restore it with that version.")
    if not (folder / ROWS).is_file() or sha256_of(folder / ROWS) != facts.rows_sha256:
        raise Unusable(f"{folder / ROWS} is damaged or gone. Take another backup.")
    sizes = [path.stat().st_size for path in (folder / FILES).rglob("*") if path.is_file()]
    if (len(sizes), sum(sizes)) != (facts.files, facts.bytes):
        raise Unusable(f"{folder / FILES} has {len(sizes)} files of {sum(sizes)} bytes and must have {facts.files} of {facts.bytes}. Take another backup.")
    return facts


def age_days(folder: Path) -> float:
    """How old the newest whole backup in a folder is, in days; infinite where there is none."""
    latest = newest(folder)
    return (timezone.now() - datetime.fromisoformat(facts_of(latest).made)).total_seconds() / 86400 if latest else float("inf")
