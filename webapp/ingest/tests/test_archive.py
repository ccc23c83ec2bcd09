"""Real hostile archives, and good ones, read as uploads are."""

import io
import os
import time
import zipfile

import psutil
import pytest

from fixtures.hostile import zips
from fixtures.hostile.pictures import jpeg
from fixtures.hostile.zips import EMPTY, PARTLY, REFUSED, TAKEN
from webapp.images.guard import Refused, check_kind
from webapp.ingest.archive import Archive
from webapp.ingest.directory import ArchiveError
from webapp.ingest.formats import recognise
from webapp.ingest.formats.base import Directory
from webapp.ingest.reasons import SENTENCES


def ends(content: bytes) -> list[tuple[str, str]]:
    """What becomes of each file: its name and the reason, "" when it would go on to the decoder."""
    archive = Archive(io.BytesIO(content))
    plan = recognise(Directory(archive.entries, archive.read), chosen=False)
    return [(row.name, end(archive, archive.entries[row.place], row.label)) for row in plan.rows]


def end(archive: Archive, entry, label: str) -> str:
    try:
        check_kind(archive.read(entry))
    except Refused as refused:
        assert refused.reason in SENTENCES
        return refused.reason
    return "" if label.strip() else "bad_label" if label else "label_needed"


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_archive_is_refused_whole_and_at_once(name):
    reason, make = REFUSED[name]
    content = make()
    memory, start = psutil.Process().memory_info().rss, time.process_time()
    with pytest.raises(ArchiveError) as refused:
        Archive(io.BytesIO(content))
    assert refused.value.reason == reason and reason in SENTENCES
    assert time.process_time() - start < 2
    assert psutil.Process().memory_info().rss - memory < 100_000_000


@pytest.mark.parametrize("name", PARTLY)
def test_a_bad_file_does_not_spoil_the_others(name):
    expected, make = PARTLY[name]
    assert dict(ends(make())) == expected


@pytest.mark.parametrize("name", TAKEN)
def test_good_archives_of_all_programs_and_countries_are_taken(name):
    expected, make = TAKEN[name]
    assert ends(make()) == [(file, "") for file in expected]


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_archive_has_no_files(name):
    assert ends(EMPTY[name]()) == []


def test_what_zipfile_writes_is_read_the_same():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(300):
            archive.writestr(f"{'猫犬'[n % 2]}/{n}.jpg", jpeg((16 + n, 32)))
    archive, known = Archive(out), zipfile.ZipFile(out)
    assert [entry.name for entry in archive.entries] == known.namelist()
    assert all(archive.read(entry) == known.read(entry.name) for entry in archive.entries)


def test_an_archive_cut_anywhere_is_refused_or_read_but_breaks_nothing():
    whole = zips.packed(*[zips.photo(f"a/{n}.jpg") for n in range(5)])
    for part in range(1, 100):
        with pytest.raises(ArchiveError):
            ends(whole[: len(whole) * part // 100])


def test_an_archive_with_any_byte_changed_is_refused_or_read_but_breaks_nothing():
    whole = zips.packed(*[zips.photo(f"a/{n}.jpg", flags=zips.DESCRIPTOR) for n in range(3)])
    for place in range(0, len(whole), 3):
        changed = bytearray(whole)
        changed[place] ^= 0xFF
        try:
            assert len(ends(bytes(changed))) <= 3
        except ArchiveError as refused:
            assert refused.reason in SENTENCES


def test_nothing_is_written_outside(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for _expected, make in PARTLY.values():
        ends(make())
    assert os.listdir(tmp_path) == []


def test_folders_of_notes_are_no_labels():
    notes = [zips.File(f"all/notes/{n}.xml", b"<note/>") for n in range(5)]
    whole = zips.packed(*notes, zips.photo("all/pictures/cats/1.jpg"), zips.photo("all/pictures/dogs/2.jpg"))
    archive = Archive(io.BytesIO(whole))
    assert [row.label for row in recognise(Directory(archive.entries, archive.read), chosen=False).rows] == [""] * 5 + ["cats", "dogs"]
