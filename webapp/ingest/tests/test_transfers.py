import base64
import hashlib
import os
import shutil
import time
from datetime import timedelta
from unittest.mock import patch

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from fixtures.hostile.zips import File, packed
from tests.bucket import bucket
from webapp.core import jobs, store
from webapp.core.errors import StoreAway
from webapp.core.test import Cast, jpeg
from webapp.images.space import floor_bytes
from webapp.ingest import janitor, parts, pieces, services, transfers, work
from webapp.ingest.models import Transfer, Upload
from webapp.projects.services import merge_labels

TUS = {"Tus-Resumable": "1.0.0"}


def metadata(**texts: str) -> str:
    return ",".join(f"{name} {base64.b64encode(text.encode()).decode()}" for name, text in texts.items())


class TransferCast(Cast):
    """Alice, logged in, and a ZIP of four pictures that she wants to send."""

    def setUp(self) -> None:
        super().setUp()
        store.delete_folder("uploads")
        shutil.rmtree(parts.root(), ignore_errors=True)
        self.login(self.alice)
        self.zip = packed(*(File(f"{label.name}/{n}.jpg", jpeg(n + 10 * label.position)) for label in (self.cat, self.dog) for n in range(2)))

    def start(self, size: int | None = None, body: bytes = b"", status: int = 201, **said: str) -> str:
        headers = TUS | {"Upload-Length": str(len(self.zip) if size is None else size), "Upload-Metadata": metadata(**({"filename": "a.zip"} | said))}
        kind = "application/offset+octet-stream" if body else "text/plain"
        answer = self.client.generic("POST", reverse("ingest:transfers", args=[self.project.id]), body, kind, headers=headers)
        assert answer.status_code == status, answer.content
        assert answer["Tus-Resumable"] == "1.0.0"
        return answer.get("Location", "") or answer.json()["error"]

    def send(self, address: str, offset: int, content: bytes, method: str = "PATCH", **headers: str) -> HttpResponse:
        headers = TUS | {"Upload-Offset": str(offset)} | headers
        said = {"CONTENT_TYPE": "application/offset+octet-stream", "CONTENT_LENGTH": str(len(content))}  # which the client leaves out for no bytes
        return self.client.generic(method, address, content, headers=headers, **said)

    def head(self, address: str) -> tuple[int, int]:
        answer = self.client.head(address, headers=TUS)
        return answer.status_code, int(answer.get("Upload-Offset", -1))

    def part(self):
        return transfers.path_of(Transfer.objects.get())


class ProtocolTests(TransferCast):
    def test_a_file_in_three_pieces_becomes_the_upload_of_the_same_id_and_its_pictures(self) -> None:
        address, cut = self.start(), len(self.zip) // 3
        for begin, end in ((0, cut), (cut, 2 * cut), (2 * cut, len(self.zip))):
            answer = self.send(address, begin, self.zip[begin:end])
            assert (answer.status_code, answer["Upload-Offset"]) == (204, str(end))
        upload = Upload.objects.get()
        assert str(upload.id) in address and store.get(upload.files[0]["stored"]) == self.zip
        work.run(jobs.claim(Upload, upload.id, "one"))
        assert self.project.images.count() == 4

    def test_the_whole_is_moved_not_copied_and_nothing_is_left_beside_it(self) -> None:
        address = self.start()
        number = self.part().stat().st_ino
        self.send(address, 0, self.zip)
        assert store.local_path(Upload.objects.get().files[0]["stored"]).stat().st_ino == number
        assert list(parts.root().glob("*")) == []
        assert self.head(address) == (200, len(self.zip))

    def test_how_far_it_is_and_until_when_it_waits_is_told(self) -> None:
        address = self.start()
        answer = self.send(address, 0, self.zip[:700])
        assert answer["Upload-Expires"].endswith("GMT")
        answer = self.client.head(address, headers=TUS)
        assert (answer["Upload-Offset"], answer["Upload-Length"], answer["Cache-Control"]) == ("700", str(len(self.zip)), "no-store")

    def test_a_piece_for_another_offset_is_refused_and_changes_nothing(self) -> None:
        address = self.start()
        self.send(address, 0, self.zip[:700])
        assert [self.send(address, offset, b"xxx").status_code for offset in (0, 699, 701)] == [409] * 3
        assert self.part().read_bytes() == self.zip[:700]

    def test_while_one_piece_comes_in_another_one_has_to_wait(self) -> None:
        address = self.start()
        with parts.held(self.part()):
            assert self.send(address, 0, self.zip).status_code == 423
        assert self.send(address, 0, self.zip).status_code == 204

    def test_more_than_was_announced_is_refused(self) -> None:
        address = self.start()
        assert self.send(address, 0, self.zip + b"x").status_code == 413
        assert self.head(address) == (200, 0)

    def test_what_came_before_the_connection_broke_stays(self) -> None:
        class Broken:
            left = [self.zip[:600], self.zip[600:900]]

            def read(self, _size: int) -> bytes:
                if not self.left:
                    raise OSError("the connection broke")
                return self.left.pop(0)

        self.start()
        transfer = Transfer.objects.get()
        assert transfers.add(transfer=transfer, offset=0, count=len(self.zip), source=Broken()) == 900
        assert self.part().read_bytes() == self.zip[:900]

    def test_a_piece_with_a_wrong_checksum_is_thrown_away(self) -> None:
        address = self.start()
        for name in ("sha1", "sha256", "md5"):
            right = base64.b64encode(hashlib.new(name, self.zip[:700]).digest()).decode()
            assert self.send(address, 0, self.zip[1:701], **{"Upload-Checksum": f"{name} {right}"}).status_code == 460
        assert self.head(address) == (200, 0)
        assert self.send(address, 0, self.zip[:700], **{"Upload-Checksum": f"md5 {right}"}).status_code == 204
        assert self.send(address, 700, b"x", **{"Upload-Checksum": "crc9 AAAA"}).status_code == 400

    def test_a_file_may_begin_with_its_announcement(self) -> None:
        address = self.start(body=self.zip[:700])
        assert self.head(address) == (200, 700)

    def test_a_proxy_that_lets_no_patch_through_is_got_around(self) -> None:
        address = self.start()
        assert self.send(address, 0, self.zip, method="POST").status_code == 405
        assert self.send(address, 0, self.zip, method="POST", **{"X-HTTP-Method-Override": "PATCH"}).status_code == 204

    def test_an_upload_can_be_given_up(self) -> None:
        address = self.start()
        path = self.part()
        assert self.client.delete(address, headers=TUS).status_code == 204
        assert not path.exists() and self.client.head(address, headers=TUS).status_code == 404

    def test_another_version_is_refused_and_ours_is_told(self) -> None:
        answer = self.client.patch(self.start(), headers={"Tus-Resumable": "0.2.2"})
        assert (answer.status_code, answer["Tus-Version"]) == (412, "1.0.0")
        answer = self.client.options(reverse("ingest:transfers", args=[self.project.id]))
        assert (answer["Tus-Max-Size"], answer["Tus-Version"]) == ("1000000000", "1.0.0")
        assert set(answer["Tus-Extension"].split(",")) == {"creation", "creation-with-upload", "expiration", "termination", "checksum"}

    def test_bytes_of_another_type_and_nonsense_in_headers_are_refused(self) -> None:
        address = self.start()
        assert self.client.patch(address, b"x", "text/plain", headers=TUS | {"Upload-Offset": "0"}).status_code == 415
        assert self.send(address, "minus one", b"x").status_code == 400
        assert self.client.post(reverse("ingest:transfers", args=[self.project.id]), headers=TUS).status_code == 400

    def test_the_label_of_the_page_is_the_label_of_the_pictures(self) -> None:
        self.zip = jpeg(5)
        self.send(self.start(filename="a.jpg", label=str(self.cat.id)), 0, self.zip)
        upload = Upload.objects.get()
        assert (upload.label, upload.label_chosen) == (self.cat, True)


    def test_a_file_may_have_any_name_or_none(self) -> None:
        for name in ("", "..", "a/../b.zip", "猫\0.zip"):
            self.send(self.start(filename=name), 0, self.zip)
        assert Upload.objects.count() == 4
        assert {upload.files[0]["name"] for upload in Upload.objects.all()} == {"", "..", "a/../b.zip", "猫.zip"}


class SeveralMachinesTests(TransferCast):
    """Pieces of one file come to one web machine and another, which share a folder or a bucket, and nothing else."""

    def machine(self, letter: str):
        (settings.DATA / letter).mkdir(exist_ok=True)
        self.addCleanup(shutil.rmtree, settings.DATA / letter)
        return self.settings(FILE_UPLOAD_TEMP_DIR=settings.DATA / letter)

    def check_pieces_go_to_both(self) -> None:
        first, second = self.machine("a"), self.machine("b")
        with first:
            address = self.start(body=self.zip[:700])
        with second:
            assert self.head(address) == (200, 700) and transfers.unfinished(self.alice, self.project)[0].here == 700
            assert self.send(address, 700, self.zip[700:900])["Upload-Offset"] == "900"
        with first:
            assert self.send(address, 700, self.zip[700:]).status_code == 409 and self.head(address) == (200, 900)
            assert self.send(address, 900, self.zip[900:]).status_code == 204
        assert store.get(Upload.objects.get().files[0]["stored"]) == self.zip and self.head(address) == (200, len(self.zip))

    def test_with_a_shared_folder(self) -> None:
        with self.settings(STORE_FOLDER=settings.STORE):
            self.check_pieces_go_to_both()
            assert not list(parts.root().glob("*/*"))

    def test_with_a_bucket(self) -> None:
        with bucket():
            self.check_pieces_go_to_both()
            work.run(jobs.claim(Upload, Upload.objects.get().id, "test"))
            assert self.project.images.count() == 4 and not list(store.walk("pieces"))

    def test_with_a_bucket_the_last_piece_may_be_handed_over_by_two_at_once(self) -> None:
        first, second, put = self.machine("a"), self.machine("b"), store.adopt

        def slowly(path, name: str) -> None:
            put(path, name)
            if not Upload.objects.exists():
                with second, patch.object(store, "adopt", put):
                    assert self.send(address, len(self.zip), b"").status_code == 204

        with bucket(), first:
            address = self.start()
            with patch.object(store, "adopt", slowly):
                assert self.send(address, 0, self.zip).status_code == 204
            assert store.get(Upload.objects.get().files[0]["stored"]) == self.zip

    def test_while_the_bucket_is_away_pages_are_there_and_whoever_asks_how_far_it_is_waits(self) -> None:
        with bucket():
            address = self.start(body=self.zip[:700])
            away = patch.object(store.default_storage, "below", side_effect=StoreAway("no answer"))
            with away, self.assertLogs("webapp.ingest.transfers", "WARNING"):
                assert transfers.unfinished(self.alice, self.project) == [] and self.head(address)[0] == 423
            assert self.head(address) == (200, 700)

    def test_pieces_that_were_sent_twice_count_once_and_what_is_no_transfer_of_anybody_goes(self) -> None:
        with bucket():
            address = self.start()
            key = Transfer.objects.get().id
            for start, end in ((0, 300), (0, 500), (300, 400), (500, 800), (900, 1000)):
                store.put(pieces.name(key, start, end), self.zip[start:end])
            assert pieces.chain(key) == [(0, 500), (500, 800)] and self.head(address) == (200, 800)
            self.send(address, 800, self.zip[800:])
            assert store.get(Upload.objects.get().files[0]["stored"]) == self.zip
            store.put("pieces/of-nobody/0-1", b"1")
            with patch.object(store.timezone, "now", return_value=timezone.now() + timedelta(hours=2)):
                janitor.sweep()
            assert not list(store.walk("pieces"))


class RefusalTests(TransferCast):
    def test_more_than_a_gigabyte_and_nothing_at_all_are_refused_with_a_sentence(self) -> None:
        assert "1 GB" in self.start(size=1_000_000_001, status=413)
        assert self.start(size=0, status=422).endswith(".")

    def test_what_is_no_picture_and_no_zip_is_refused_by_its_first_bytes(self) -> None:
        address = self.start(size=100_000)
        answer = self.send(address, 0, b"%PDF-1.7" + bytes(600))
        assert answer.status_code == 415 and "ZIP" in answer.json()["error"]
        assert Transfer.objects.count() == 0 and list(parts.root().glob("*/*")) == []

    def test_a_disk_that_is_nearly_full_takes_nothing_more_and_keeps_what_is_here(self) -> None:
        address = self.start()
        self.send(address, 0, self.zip[:700])
        with patch.object(store, "free_bytes", return_value=floor_bytes() + 10):
            assert "is safe" in self.send(address, 700, self.zip[700:]).json()["error"]
            assert "full" in self.start(status=507)
        assert self.send(address, 700, self.zip[700:]).status_code == 204

    def test_a_disk_that_fills_up_in_the_middle_of_a_piece_keeps_what_it_took(self) -> None:
        full = OSError(28, "No space left on device")
        address, write = self.start(), parts._write
        with patch.object(parts, "PIECE", 600), patch.object(parts, "_write", side_effect=[None, full]) as calls:
            calls.side_effect = lambda file, piece: write(file, piece) if calls.call_count == 1 else (_ for _ in ()).throw(full)
            assert self.send(address, 0, self.zip).status_code == 507
        assert self.head(address) == (200, 600)
        assert self.send(address, 600, self.zip[600:]).status_code == 204

    def test_one_person_has_so_many_unfinished_ones_and_no_more(self) -> None:
        for _number in range(transfers.MOST):
            self.start()
        assert "several unfinished" in self.start(status=413)
        transfers.discard(transfer=Transfer.objects.first())
        self.start()
        self.login(self.bob)
        self.start(size=900_000_000)

    def test_nobody_else_can_touch_it_even_a_member(self) -> None:
        address = self.start()
        for person in (self.bob, self.charlie):
            self.login(person)
            assert [self.head(address)[0], self.send(address, 0, self.zip).status_code, self.client.delete(address, headers=TUS).status_code] == [404] * 3
        assert Transfer.objects.count() == 1

    def test_a_label_that_is_deleted_meanwhile_is_said_and_not_guessed(self) -> None:
        address = self.start(label=str(self.cat.id))
        self.cat.delete()
        assert self.send(address, 0, self.zip).status_code == 415
        assert (Transfer.objects.count(), Upload.objects.count()) == (0, 0)

    def test_a_label_that_is_merged_meanwhile_hands_what_is_still_coming_to_the_other(self) -> None:
        address = self.start(label=str(self.cat.id))
        merge_labels(label=self.cat, into=self.dog)
        assert self.send(address, 0, self.zip).status_code == 204
        upload = Upload.objects.get()
        assert (upload.label, upload.label_chosen) == (self.dog, True)


class KilledTests(TransferCast):
    def test_a_process_that_dies_before_the_upload_is_there_loses_nothing(self) -> None:
        address = self.start()
        with patch.object(services.Upload, "save", side_effect=KeyboardInterrupt), self.assertRaises(KeyboardInterrupt):
            self.send(address, 0, self.zip)
        assert Upload.objects.count() == 0
        assert self.send(address, len(self.zip), b"").status_code == 204
        assert store.get(Upload.objects.get().files[0]["stored"]) == self.zip

    def test_whoever_asks_how_far_it_is_sends_the_last_byte_again_until_it_is_an_upload(self) -> None:
        address, last = self.start(), len(self.zip) - 1
        with patch.object(services.Upload, "save", side_effect=KeyboardInterrupt), self.assertRaises(KeyboardInterrupt):
            self.send(address, 0, self.zip)
        assert self.head(address) == (200, last)
        assert self.send(address, last, self.zip[last:])["Upload-Offset"] == str(len(self.zip))
        assert store.get(Upload.objects.get().files[0]["stored"]) == self.zip and self.head(address) == (200, len(self.zip))

    def test_a_process_that_dies_after_the_upload_is_there_makes_no_second_one(self) -> None:
        address = self.start()
        with patch.object(Transfer, "save", side_effect=KeyboardInterrupt), self.assertRaises(KeyboardInterrupt):
            self.send(address, 0, self.zip)
        assert self.send(address, len(self.zip), b"").status_code == 204
        assert Upload.objects.count() == 1 and list(parts.root().glob("*")) == []
        assert store.get(Upload.objects.get().files[0]["stored"]) == self.zip

    def test_a_part_that_is_on_another_machine_or_lost_is_begun_again(self) -> None:
        address = self.start()
        self.send(address, 0, self.zip[:700])
        self.part().unlink()
        assert self.head(address)[0] == 410 and self.send(address, 700, b"x").status_code == 410


class WaitingTests(TransferCast):
    def half(self) -> Transfer:
        self.send(self.start(fingerprint="a.zip-1-2"), 0, self.zip[: len(self.zip) // 2])
        return Transfer.objects.get()

    def test_after_a_day_it_is_gone(self) -> None:
        transfer = self.half()
        Transfer.objects.update(expires=timezone.now() - timedelta(seconds=1))
        assert self.head(reverse("ingest:transfer", args=[transfer.id]))[0] == 410
        assert janitor.sweep() == 1
        assert Transfer.objects.count() == 0 and not transfers.path_of(transfer).exists()

    def test_each_piece_gives_it_another_day(self) -> None:
        transfer = self.half()
        assert timedelta(hours=23) < transfer.expires - timezone.now() <= transfers.KEPT

    def test_the_parts_of_a_deleted_project_go(self) -> None:
        path = transfers.path_of(self.half())
        self.project.delete()
        assert janitor.sweep() == 0, "it is young"
        os.utime(path, (time.time() - 7200,) * 2)
        assert janitor.sweep() == 1 and not path.exists()

    def test_the_page_shows_it_to_whoever_sent_it_until_it_is_done_or_discarded(self) -> None:
        transfer = self.half()
        page = reverse("images:project", args=[self.project.id])
        assert 'data-fingerprint="a.zip-1-2"' in self.client.get(page).content.decode()
        self.login(self.bob)
        assert "data-fingerprint" not in self.client.get(page).content.decode()
        self.login(self.alice)
        assert self.client.post(reverse("ingest:discard", args=[transfer.id])).status_code == 302
        assert "data-fingerprint" not in self.client.get(page).content.decode()

    def test_a_page_without_unfinished_uploads_asks_the_database_nothing_for_them(self) -> None:
        self.send(self.start(), 0, self.zip)
        assert settings.FILE_UPLOAD_TEMP_DIR in parts.root().parents
        with self.assertNumQueries(0):
            assert transfers.unfinished(self.alice, self.project) == []
