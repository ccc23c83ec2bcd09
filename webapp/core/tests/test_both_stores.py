"""What the store promises, in a folder and in a bucket alike."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from django.conf import settings
from django.test import SimpleTestCase, override_settings

from tests.bucket import bucket, storages
from tests.waiting import free_ports
from webapp.core import copies, health, store
from webapp.core.errors import StoreAway
from webapp.core.trouble import trouble


class Promises:
    """Both stores keep these."""

    def tearDown(self) -> None:
        store.delete_folder("tests")

    def test_gives_what_was_put_and_the_latest_of_it(self) -> None:
        store.put("tests/a", b"old")
        assert store.local_path("tests/a").read_bytes() == b"old"
        store.put("tests/a", b"new")
        with store.open_file("tests/a") as file:
            assert (file.size, file.read(1), file.seek(1), file.read()) == (3, b"n", 1, b"ew")
        assert store.get("tests/a") == store.local_path("tests/a").read_bytes() == b"new"

    def test_many_files_are_all_there(self) -> None:
        store.put_many([(f"tests/{n % 3}/{n}.txt", str(n).encode()) for n in range(20)])
        store.put_many([])
        assert sorted(store.walk("tests")) == sorted(f"tests/{n % 3}/{n}.txt" for n in range(20))
        assert sorted(store.folders("tests")) == ["0", "1", "2"] and store.get("tests/1/19.txt") == b"19"

    def test_takes_over_a_file_of_this_machine(self) -> None:
        path = settings.FILE_UPLOAD_TEMP_DIR / "sent"
        for content in (b"once", b"again"):
            path.write_bytes(content)
            store.adopt(path, "tests/1/0")
            assert not path.exists() and store.get("tests/1/0") == content

    def test_what_is_not_there_is_told_alike(self) -> None:
        for ask in (store.get, store.open_file, store.age_seconds):
            with pytest.raises(FileNotFoundError):
                ask("tests/none")
        store.delete("tests/none")
        store.delete_folder("tests/none")
        assert not store.exists("tests/none") and list(store.walk("tests/none")) == store.folders("tests/none") == []

    def test_a_folder_goes_with_all_that_is_in_it_and_nothing_beside_it(self) -> None:
        for name in ("tests/a/b/c", "tests/a/d", "tests/ab"):
            store.put(name, b"1")
        path = store.local_path("tests/a/d")
        store.delete_folder("tests/a")
        assert list(store.walk("tests")) == ["tests/ab"] and not path.exists()
        store.delete("tests/ab")
        assert not store.exists("tests/ab")

    def test_deletes_only_what_is_old_enough(self) -> None:
        store.put("tests/a", b"1")
        assert -5 < store.age_seconds("tests/a") < 60
        assert store.delete_old(["tests/a", "tests/none"], 60, lambda: None) == 0 and store.exists("tests/a")
        with patch.object(store.timezone, "now", return_value=store.timezone.now() + timedelta(hours=1)):
            assert store.delete_old(["tests/a", "tests/none"], 60, lambda: None) == 1
        assert not store.exists("tests/a")

    def test_never_takes_the_whole_store_for_a_folder(self) -> None:
        for name in ("", "/", "..", "tests/../.."):
            with pytest.raises(ValueError):
                store.delete_folder(name)
            with pytest.raises(ValueError):
                list(store.walk(name))


class FolderTests(Promises, SimpleTestCase):
    def test_a_file_of_another_disk_comes_whole_or_not_at_all(self) -> None:
        path = settings.FILE_UPLOAD_TEMP_DIR / "sent"
        path.write_bytes(b"sent")
        with patch.object(store.os, "rename", side_effect=OSError(18, "Invalid cross-device link")):
            with patch.object(store.os, "replace", side_effect=OSError(28, "No space left on device")), pytest.raises(OSError):
                store.adopt(path, "tests/1/0")
            assert path.exists() and list(store.walk("tests")) == []
            store.adopt(path, "tests/1/0")
        assert not path.exists() and store.get("tests/1/0") == b"sent" and store.local_path("tests/1/0").stat().st_mode & 0o777 == 0o640


    def test_a_shared_folder_that_is_not_mounted_is_not_made(self) -> None:
        nowhere = settings.DATA / "not-mounted" / "store"
        with override_settings(STORE_FOLDER=nowhere, STORE=nowhere):
            assert health.store_state() == "unreachable" and not nowhere.exists()


class BucketTests(Promises, SimpleTestCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.name = cls.enterClassContext(bucket())

    def test_a_copy_is_fetched_once_however_many_want_it(self) -> None:
        store.put("tests/a/1", bytes(300_000))
        with patch.object(copies, "bring", side_effect=copies.bring) as brought, ThreadPoolExecutor(4) as threads:
            paths = set(threads.map(store.local_path, ["tests/a/1"] * 8))
            assert [path.stat().st_size for path in paths] == [300_000] and brought.call_count <= 4
            store.local_path("tests/a/1")
            assert brought.call_count <= 4
        assert [path.name for path in Path(copies.root() / "tests/a").iterdir()] == ["1"]

    def test_copies_go_when_nobody_uses_them_or_another_machine_deleted_the_file(self) -> None:
        store.put_many([(f"tests/a/{name}", b"1") for name in ("used", "unused", "deleted")])
        used, unused, deleted = (store.local_path(f"tests/a/{name}") for name in ("used", "unused", "deleted"))
        store.default_storage.delete("tests/a/deleted")  # as another machine does
        os.utime(unused, (time.time() - copies.unused_seconds() - 60,) * 2)
        assert copies.sweep(lambda folder: set(store.walk(folder))) == 2
        assert used.exists() and not unused.exists() and not deleted.exists() and store.exists("tests/a/unused")

    def test_a_disk_that_is_nearly_full_loses_the_copies_that_were_unused_for_longest_and_none_that_a_training_may_need(self) -> None:
        store.put_many([(f"tests/a/{hours}", bytes(1000)) for hours in (20, 12, 8, 0)])
        paths = [store.local_path(f"tests/a/{hours}") for hours in (20, 12, 8, 0)]
        for path in paths:
            os.utime(path, (time.time() - int(path.name) * copies.HOUR,) * 2)

        def disk(_root: Path):
            return SimpleNamespace(total=100_000, free=sum(not path.exists() for path in paths) * 1000 + self.spare)

        with override_settings(TRAIN_HOURS=6), patch.object(copies.shutil, "disk_usage", disk):
            for self.spare, left in ((10_000, "20 12 8 0"), (9_500, "12 8 0"), (0, "0")):
                copies.make_room()
                assert [path.name for path in paths if path.exists()] == left.split()

    def test_a_bucket_that_is_away_is_told_as_503_and_says_nothing_of_files(self) -> None:
        port, _second = free_ports()
        with override_settings(STORAGES=storages(self.name, f"http://127.0.0.1:{port}")):
            with pytest.raises(StoreAway) as away:
                store.get("tests/a")
            with self.assertLogs("webapp.core.trouble", "ERROR"):
                told = trouble(away.value)
        assert (told.status, told.details) == (503, {"retry_after": 5}) and "127.0.0.1" not in str(told)

    def test_a_bucket_that_is_not_there_is_no_missing_file(self) -> None:
        with override_settings(STORAGES=storages("another-bucket", store.default_storage.endpoint_url)), pytest.raises(StoreAway):
            store.put("tests/a", b"1")

    def test_readiness_asks_whether_the_bucket_is_there(self) -> None:
        assert health.store_state() == "ok"
        with override_settings(STORAGES=storages("another-bucket", store.default_storage.endpoint_url)), self.assertLogs("webapp.core.health", "WARNING"):
            assert health.store_state() == "unreachable"

    def test_addresses_are_signed_for_the_host_of_the_bucket_s_own_region(self) -> None:
        amazon = storages("aimaker", None)
        amazon["default"]["OPTIONS"]["region_name"] = "eu-central-1"
        with override_settings(STORAGES=amazon):
            assert store.default_storage.url("tests/a").startswith("https://aimaker.s3.eu-central-1.amazonaws.com/tests/a?")
