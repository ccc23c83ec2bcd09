"""Where the pictures of an upload are: in ZIPs, each by itself, and loose beside one another; and what is said about them there."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from webapp.core import store
from webapp.core.errors import UserError
from webapp.core.limits import spend
from webapp.images.guard import Refused
from webapp.ingest import archive
from webapp.ingest.directory import ArchiveError
from webapp.ingest.fetching import MOST_ADDRESSES, embedded, fetched
from webapp.ingest.formats import recognise
from webapp.ingest.formats.base import Directory, Plan, Row
from webapp.ingest.models import Upload
from webapp.ingest.services import is_zip


@dataclass
class Loose:
    """A file that came by itself."""

    path: str
    stored: str
    reason: str = ""

    @property
    def name(self) -> str:
        return self.path


@dataclass
class Source:
    """Files that belong together, what they show, and how they are read."""

    directory: Directory
    plan: Plan
    read: Callable

    def content(self, row: Row) -> bytes:
        """The picture of a row that is no address; raises Refused."""
        if row.reason:
            raise Refused(row.reason)
        return embedded(row.data) if row.data else self.read(self.directory.files[row.place])


def sources(upload: Upload, stack: ExitStack, check: Callable[[], None]) -> list[Source]:
    """The sources of an upload; what cannot be opened has its reason noted in its line. Archives stay open until the stack closes."""
    found, loose = [], []
    for line in upload.files:
        if line["stored"]:
            files = opened(line, stack)
            if files:
                found.append(source(upload, files.entries, files.read, check))
            elif not line["reason"]:
                loose.append(Loose(line["name"], line["stored"]))
    if loose:
        found.append(source(upload, loose, of_store, check))
    return found


def opened(line: dict, stack: ExitStack) -> archive.Archive | None:
    """The archive in a received file; None for what is none, and for what is refused."""
    try:
        path = store.local_path(line["stored"])
        with open(path, "rb") as file:
            start = file.read(512)
        found = stack.enter_context(archive.opened(path)) if is_zip(start) else None
    except FileNotFoundError:
        line["reason"] = "file_gone"
        return None
    except ArchiveError as error:
        line["reason"] = error.reason
        return None
    if found and not found.entries:
        line["reason"] = "empty_zip"
        return None
    return found


def of_store(file: Loose) -> bytes:
    try:
        return store.get(file.stored)
    except FileNotFoundError:
        raise Refused("file_gone") from None


def source(upload: Upload, files: list, read: Callable, check: Callable[[], None]) -> Source:
    def checked(file) -> bytes:
        check()
        return read(file)

    directory = Directory(files, checked)
    plan = recognise(directory, upload.label_chosen)
    check_addresses(plan, upload)
    return Source(directory, plan, read)


def check_addresses(plan: Plan, upload: Upload) -> None:
    """Refuse the addresses of a plan that have no label, and those that are too many, before anything is fetched."""
    asked = [row for row in plan.rows if row.url and not row.reason]
    for row in asked:
        row.reason = "" if row.label or upload.label_chosen else "label_needed"
    asked = [row for row in asked if not row.reason]
    for row in asked[MOST_ADDRESSES:]:
        row.reason = "too_many_addresses"
    if not asked:
        return
    try:
        spend("addresses", upload.project.owner_id, min(len(asked), MOST_ADDRESSES))
    except UserError:
        for row in asked:
            row.reason = "addresses_later"


def pictures(source: Source, check: Callable[[], None]) -> Iterator[tuple[Row, bytes | Refused]]:
    """Every row of a source with its picture, or with why there is none."""
    waiting = fetched([row.url for row in source.plan.rows if row.url and not row.reason], check)
    for row in source.plan.rows:
        check()
        if row.url and not row.reason:
            yield row, next(waiting)
            continue
        try:
            yield row, source.content(row)
        except Refused as refused:
            yield row, refused
