"""Everything goes into a backup and comes back as it was, whatever goes on meanwhile."""

import gzip
import io
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import TransactionTestCase

from tests.bucket import bucket
from webapp.core import store
from webapp.core.test import Cast
from webapp.images.models import Image
from webapp.ingest.models import Upload
from webapp.operate import backup, rows
from webapp.operate.restore import restore
from webapp.projects.models import Project
from webapp.training.models import Run


def written() -> str:
    """All rows as a backup writes them."""
    out = io.StringIO()
    rows.write(out)
    return out.getvalue()


def contents() -> dict[str, bytes]:
    return {name: store.get(name) for name in backup.every_file()}


def in_another_thread(action) -> None:
    """Do something on a connection of its own."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: (action(), connection.close())).result()


class Backups(TransactionTestCase):
    """A project with pictures, a run and an upload; TestCase would hold a transaction, and a backup has one of its own."""

    person, label, image = Cast.person, Cast.label, Cast.image

    def setUp(self) -> None:
        self.emptied()
        Cast.setUp(self)
        self.pictures = [self.image(label, seed) for label in (self.cat, self.dog) for seed in range(3)]
        self.run_row = Run.objects.create(project=self.project, number=1, preset="quick", status="ready", active=None, snapshot=[["😀", None, 0.1]])
        Upload.objects.create(project=self.project)
        self.target = Path(self.enterContext(TemporaryDirectory()))

    def back_up(self) -> Path:
        return backup.back_up(self.target, with_files=True, say=lambda line: None)

    def emptied(self) -> None:
        for name in backup.every_file():
            store.delete(name)
        self.emptied_rows()

    def emptied_rows(self) -> None:
        call_command("flush", interactive=False, verbosity=0)

    def test_what_was_there_is_back_to_the_last_column_and_byte(self):
        before, files = written(), contents()
        folder = self.back_up()
        self.emptied()
        assert not Project.objects.exists() and not contents()
        restore(folder, say=lambda line: None)
        assert written() == before and contents() == files and len(files) == 12

    def test_out_of_a_folder_it_comes_into_a_bucket_and_out_of_that_again(self):
        files, folder = contents(), self.back_up()
        with bucket():
            self.emptied_rows()
            call_command("restore", str(folder), stdout=io.StringIO())
            assert contents() == files and len(files) == 12
            again = self.back_up()
            store.put("projects/of/another.jpg", b"not in the backup")
            self.emptied_rows()
            with pytest.raises(CommandError, match="something else than this backup"):
                call_command("restore", str(again))
        assert {name: (again / "store" / name).read_bytes() for name in files} == files

    def test_times_and_vectors_are_those_of_then(self):
        picture = Image.objects.get(id=self.pictures[0].id)
        folder = self.back_up()
        self.emptied()
        restore(folder, say=lambda line: None)
        back = Image.objects.get(id=picture.id)
        assert back.created == picture.created and bytes(back.embedding.vector) == bytes(picture.embedding.vector)

    def test_rows_are_of_one_moment(self):
        with rows.snapshot():
            first = Project.objects.count()
            in_another_thread(lambda: Project.objects.create(owner=self.alice, name="Later"))
            assert Project.objects.count() == first
        assert Project.objects.count() == first + 1

    def test_a_second_backup_takes_the_room_of_what_is_new(self):
        first = self.back_up()
        name = self.pictures[0].file_name
        second = self.back_up()
        assert (first / "store" / name).stat().st_ino == (second / "store" / name).stat().st_ino

    def test_a_picture_whose_file_went_while_the_backup_was_made_is_gone_and_said(self):
        store.delete(self.pictures[0].file_name)
        folder, said = self.back_up(), []
        self.emptied()
        restore(folder, say=said.append)
        assert Image.objects.count() == 5 and said[-1].startswith("1 pictures and 0 models were deleted")

    def test_it_restores_into_nothing_but_an_empty_place(self):
        folder = self.back_up()
        with pytest.raises(CommandError, match="not empty"):
            call_command("restore", str(folder))

    def test_it_touches_no_store_that_holds_something_else(self):
        folder = self.back_up()
        self.emptied()
        store.put("projects/of/another.jpg", b"not in the backup")
        with pytest.raises(CommandError, match="something else than this backup, such as projects/of/another.jpg"):
            call_command("restore", str(folder))
        assert list(contents()) == ["projects/of/another.jpg"]

    def test_a_file_that_was_cut_short_is_noticed(self):
        folder = self.back_up()
        cut = folder / "store" / self.pictures[0].file_name
        cut.write_bytes(cut.read_bytes()[:-1])
        with pytest.raises(CommandError, match="has 12 files of .* Take another backup"):
            call_command("backup", str(folder), check=True)

    def test_one_that_stops_half_way_leaves_nothing_in_the_way(self):
        with patch.object(rows, "write", side_effect=OSError(28, "No space left on device")), pytest.raises(CommandError, match="No space left on device"):
            call_command("backup", str(self.target))
        assert not list(self.target.iterdir())

    def test_where_a_disk_knows_no_links_files_are_copied(self):
        self.back_up()
        with patch("os.link", side_effect=PermissionError):
            assert backup.facts_of(self.back_up()).files == 12

    def test_what_is_no_whole_backup_is_refused_with_a_reason(self):
        folder = self.back_up()
        (folder / "store" / self.pictures[0].file_name).unlink()
        with pytest.raises(CommandError, match="has 11 files of .* and must have 12"):
            call_command("backup", str(folder), check=True)
        with gzip.open(folder / backup.ROWS, "at") as out:
            out.write("more")
        with pytest.raises(CommandError, match="damaged"):
            call_command("backup", str(folder), check=True)
        with pytest.raises(CommandError, match="no whole backup"):
            call_command("restore", str(self.target))

    def test_a_backup_of_a_version_with_other_tables_is_refused_by_name(self):
        folder = self.back_up()
        facts = json.loads((folder / backup.FACTS).read_text())
        facts["migrations"]["training"] = "0999_another"
        (folder / backup.FACTS).write_text(json.dumps(facts))
        with pytest.raises(CommandError, match="other tables .training."):
            call_command("restore", str(folder))

    def test_only_its_owner_can_read_it(self):
        folder = self.back_up()
        assert folder.stat().st_mode & 0o077 == 0 and (folder / backup.KEY).stat().st_mode & 0o777 == 0o600
