import os
import time
from pathlib import Path
from unittest.mock import patch

import pytest
from django.conf import settings
from django.test import SimpleTestCase

from webapp.core import store


class PutManyTests(SimpleTestCase):
    def tearDown(self) -> None:
        store.delete_folder("tests")

    def test_writes_every_file_and_leaves_no_part(self) -> None:
        store.put_many([(f"tests/{n % 3}/{n}.txt", str(n).encode()) for n in range(20)])
        assert [store.get(f"tests/{n % 3}/{n}.txt") for n in range(20)] == [str(n).encode() for n in range(20)]
        assert len(list(store.walk("tests"))) == 20

    def test_a_full_disk_leaves_no_part(self) -> None:
        with patch.object(store, "sync", side_effect=OSError(28, "No space left on device")), pytest.raises(OSError):
            store.put_many([("tests/a", b"1"), ("tests/b", b"2")])
        assert list(store.walk("tests")) == []

    def test_replaces_what_was_there(self) -> None:
        store.put("tests/a", b"old")
        store.put_many([("tests/a", b"new")])
        assert store.get("tests/a") == b"new"


class FolderTests(SimpleTestCase):
    def tearDown(self) -> None:
        store.delete_folder("tests")

    def test_adopts_a_file_by_renaming_it(self) -> None:
        path = Path(settings.DATA) / "incoming" / "sent"
        path.write_bytes(b"sent")
        number = path.stat().st_ino
        store.adopt(path, "tests/1/0")
        assert not path.exists()
        assert store.local_path("tests/1/0").stat().st_ino == number

    def test_deletes_a_folder_with_everything_in_it(self) -> None:
        store.put("tests/a/b/c", b"1")
        store.delete_folder("tests/a")
        store.delete_folder("tests/a")
        assert store.folders("tests") == [] and list(store.walk("tests/a")) == []

    def test_never_takes_the_whole_store_for_a_folder(self) -> None:
        for name in ("", "/", "..", "tests/../.."):
            with pytest.raises(ValueError):
                store.delete_folder(name)

    def test_knows_how_old_a_file_is(self) -> None:
        store.put("tests/old", b"1")
        os.utime(store.local_path("tests/old"), (time.time() - 7200,) * 2)
        assert 7190 < store.age_seconds("tests/old") < 7300
        store.put("tests/young", b"1")
        assert store.delete_old(["tests/old", "tests/young", "tests/gone"], 3600, lambda: None) == 1
        assert store.exists("tests/young") and not store.exists("tests/old")
