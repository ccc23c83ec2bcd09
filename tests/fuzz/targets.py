"""What must hold whatever bytes a guard is given: it answers or refuses in its own words, and what it lets through keeps its promises.

One function for each guard. `tests/fuzz/test_guards.py` calls them with what hypothesis invents, `python -m tests.fuzz` with what atheris finds.
"""

import io
import ipaddress

from webapp.core import outgoing_rules
from webapp.core.outgoing_rules import Unfit
from webapp.images.guard import MAX_SCANS, PICTURES, STORED_SIDE, THUMB_SIDE, Refused, kind, prepare, scans
from webapp.images.reasons import SENTENCES as PICTURE_SENTENCES
from webapp.ingest.archive import Archive
from webapp.ingest.directory import MAX_ENTRIES, ArchiveError
from webapp.ingest.formats import LISTS, recognise
from webapp.ingest.formats.base import Directory
from webapp.ingest.names import LONGEST
from webapp.ingest.reasons import SENTENCES


def zip_guard(content: bytes) -> None:
    """Any bytes as an archive: every entry is read whole, as long as it says, or refused for a reason that has a sentence."""
    try:
        archive = Archive(io.BytesIO(content))
    except ArchiveError as error:
        assert error.reason in SENTENCES
        return
    assert len(archive.entries) <= MAX_ENTRIES
    for entry in archive.entries:
        assert len(entry.name) <= LONGEST and entry.name.isprintable() | bool(entry.name.strip())
        try:
            assert len(archive.read(entry)) == entry.record.size
        except Refused as refused:
            assert refused.reason in SENTENCES
    plan(Directory(archive.entries, archive.read))


def lists_guard(content: bytes) -> None:
    """Any bytes as a list, alone or beside two pictures; the first byte says of which kind."""
    ending, alone = LISTS[content[0] % len(LISTS)] if content else ".csv", content[:1] >= b"\x80"
    files = [Given(f"l{ending}", content[1:]), Given("a/1.jpg", b""), Given("a/2.jpg", b"")]
    plan(Directory(files[:1] if alone else files, lambda file: file.content))


class Given:
    """A file with its content."""

    def __init__(self, path: str, content: bytes):
        self.path = self.name = path
        self.content, self.reason = content, ""


def plan(directory: Directory) -> None:
    """The plan of a directory tells of every file, and nothing of files that are not there."""
    for chosen in (True, False):
        rows = recognise(directory, chosen).rows
        for row in rows:
            assert isinstance(row.label, str) and row.split in ("", "train", "val")
            assert row.reason in SENTENCES if row.reason else row.data or row.url or row.place is not None
            assert row.place is None or 0 <= row.place < len(directory.files)


def image_guard(content: bytes) -> None:
    """Any bytes as a picture: a small JPEG comes out, or a reason that has a sentence."""
    assert scans(content) <= MAX_SCANS + 1
    try:
        prepared = prepare(content)
    except Refused as refused:
        assert refused.reason in PICTURE_SENTENCES
        return
    assert kind(content[:512]) in PICTURES and kind(prepared.jpeg[:512]) == "jpeg" == kind(prepared.thumb[:512])
    assert 0 < max(prepared.width, prepared.height) <= STORED_SIDE and THUMB_SIDE <= STORED_SIDE
    assert prepared.pixels.shape == (224, 224, 3)


def url_guard(text: str) -> None:
    """Any text as an address: what comes out is the same when it is read again, carries nothing else along, and leads to no address of ours."""
    try:
        target = outgoing_rules.parse(text)
    except Unfit:
        return
    assert outgoing_rules.parse(target.url) == target
    assert target.scheme in ("http", "https") and 0 <= target.port < 65536
    sent = f"{target.authority} {target.path}"
    assert sent.isascii() and sent.isprintable() and sent.count(" ") == 1 and target.path.startswith("/") and "@" not in target.authority
    address = literal(target.host)
    if address is not None and not outgoing_rules.allowed(address):
        try:
            outgoing_rules.check(address, target)
        except Unfit:
            return
        assert address.is_global and not address.is_multicast


def literal(host: str) -> outgoing_rules.Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def url_bytes(content: bytes) -> None:
    url_guard(content.decode("utf-8", "surrogateescape"))


TARGETS = {"zip": zip_guard, "lists": lists_guard, "image": image_guard, "url": url_bytes}
