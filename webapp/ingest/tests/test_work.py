import io
import time
import zipfile
from threading import Timer
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import TransactionTestCase
from django.utils import translation

from fixtures.hostile.zips import REFUSED
from webapp.accounts.models import User
from webapp.core import jobs, store
from webapp.core.errors import LeaseLost
from webapp.core.test import jpeg
from webapp.images.models import Embedding, Image
from webapp.images.vectors import embedder
from webapp.ingest import services, work
from webapp.ingest.models import Upload
from webapp.projects.models import Project
from webapp.projects.services import add_labels, merge_labels, remove_label

CLOTHING = settings.BASE_DIR.parent / "shared" / "data" / "clothing"


def packed(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


class WorkTests(TransactionTestCase):
    """A worker's part, with its heartbeat, so that rows are committed for real."""

    def setUp(self) -> None:
        store.delete_folder("uploads")
        self.project = Project.objects.create(owner=User.objects.create_guest(), name="Animals")
        (self.cat,) = add_labels(project=self.project, names=["cat"])

    def send(self, *files: tuple[str, bytes], label=None, **values) -> Upload:
        sent = [SimpleUploadedFile(name, content) for name, content in files]
        return services.receive(project=self.project, files=sent, label=label, **values)

    def work(self, upload: Upload) -> Upload:
        work.run(jobs.claim(Upload, upload.id, "test"))
        upload.refresh_from_db()
        return upload

    def test_pictures_of_a_label_and_what_is_none(self) -> None:
        half = jpeg(3, (640, 480))
        upload = self.work(self.send(("a.jpg", jpeg(1)), ("b.jpg", jpeg(1)), ("c.jpg", half[: len(half) // 2]), ("d.jpg", b"<!DOCTYPE html>"), label=self.cat))
        assert (upload.status, upload.total, upload.processed, upload.accepted, upload.duplicates) == ("done", 4, 4, 1, 1)
        assert sorted((line["name"], line["reason"]) for line in upload.rejected) == [("c.jpg", "damaged"), ("d.jpg", "is_html")]
        assert all(line["message"].endswith(".") for line in upload.rejected)
        assert upload.labels == {"cat": 1}
        assert store.folders("uploads") == [] or str(upload.id) not in store.folders("uploads")

    def test_folders_become_labels_and_known_ones_are_kept(self) -> None:
        names = ["animals/CAT/1.jpg", "animals/猫/2.jpg", "animals/猫/3.jpg", "__MACOSX/animals/CAT/._1.jpg", "animals/.DS_Store"]
        upload = self.work(self.send(("a.zip", packed({name: jpeg(n) for n, name in enumerate(names)}))))
        assert (upload.status, upload.total, upload.accepted, upload.rejected) == ("done", 3, 3, [])
        assert upload.labels == {"cat": 1, "猫": 2}
        assert sorted(self.project.labels.values_list("name", flat=True)) == ["cat", "猫"]
        assert Image.objects.filter(origin=upload.id, source="upload").count() == 3

    def test_a_chosen_label_wins_over_folders(self) -> None:
        upload = self.work(self.send(("a.zip", packed({"train/1.jpg": jpeg(1), "val/2.jpg": jpeg(2)})), label=self.cat))
        assert upload.labels == {"cat": 2}
        assert sorted(self.project.images.values_list("name", "split")) == [("train/1.jpg", "train"), ("val/2.jpg", "val")]

    def test_the_split_and_the_source_are_kept(self) -> None:
        content = packed({"train/cat/1.jpg": jpeg(1), "val/cat/2.jpg": jpeg(2), "val/dog/3.jpg": jpeg(3)})
        self.work(self.send(("a.zip", content), source=Image.SAMPLE))
        assert sorted(self.project.images.values_list("label__name", "split", "source")) == [("cat", "train", "sample"), ("cat", "val", "sample"), ("dog", "val", "sample")]

    def test_a_second_upload_of_the_same_pictures_brings_nothing_new(self) -> None:
        content = packed({f"cat/{n}.jpg": jpeg(n) for n in range(5)})
        first, second = self.work(self.send(("a.zip", content))), self.work(self.send(("a.zip", content)))
        assert (first.accepted, first.duplicates, second.accepted, second.duplicates, second.status) == (5, 0, 0, 5, "done")
        assert self.project.images.count() == 5

    def test_nothing_that_can_be_read_is_a_failure_with_a_next_step(self) -> None:
        upload = self.work(self.send(("a.zip", packed({"cat/1.txt": b"words"}))))
        assert (upload.status, upload.accepted, upload.total) == ("failed", 0, 1)
        assert upload.error["cause"].startswith("This is not a picture") and upload.error["next_step"]
        for name, (reason, make) in list(REFUSED.items())[:-2]:
            upload = self.work(self.send((f"{name}.zip", make()))) if make().startswith(b"PK") else None
            assert upload is None or (upload.status, upload.rejected[0]["reason"]) == ("failed", reason)
        assert self.work(self.send(("a.zip", packed({})))).rejected[0]["reason"] == "empty_zip"
        assert list(store.walk("uploads")) == []

    def test_a_bad_archive_does_not_stop_the_others(self) -> None:
        good = packed({"cat/1.jpg": jpeg(1)})
        upload = self.work(self.send(("bad.zip", good[:-30]), ("good.zip", good)))
        assert (upload.status, upload.total, upload.accepted) == ("done", 2, 1)
        assert [(line["name"], line["reason"]) for line in upload.rejected] == [("bad.zip", "damaged_zip")]

    def test_a_label_deleted_meanwhile_is_said_so(self) -> None:
        upload = self.send(("a.zip", packed({"dog/1.jpg": jpeg(1)})), ("b.jpg", jpeg(2)), label=self.cat)
        remove_label(label=self.cat)
        upload = self.work(upload)
        assert (upload.status, [line["reason"] for line in upload.rejected]) == ("failed", ["label_gone"] * 2)
        assert not self.project.labels.exists()

    def test_after_a_merge_the_pictures_get_the_other_label(self) -> None:
        labels = work.Labels(self.send(("a.jpg", jpeg(1)), label=self.cat))
        dog = self.project.labels.create(name="dog", key="dog", position=1)
        assert labels.of("folder") == self.cat
        merge_labels(label=self.cat, into=dog)
        with patch.object(work, "READ_SECONDS", 0):
            assert labels.of("folder") == dog

    def test_labels_are_made_only_for_folders_with_pictures(self) -> None:
        self.work(self.send(("a.zip", packed({"dog/1.jpg": jpeg(1), "notes/1.txt": b"words", "🐱/1.jpg": jpeg(2), '"><script>/3.jpg': jpeg(3)}))))
        assert sorted(self.project.labels.values_list("name", flat=True)) == ['"><script>', "cat", "dog", "🐱"]

    def test_more_folders_than_an_ai_can_have_labels(self) -> None:
        with patch("webapp.projects.services.MOST_LABELS", 3):
            upload = self.work(self.send(("a.zip", packed({f"{n}/1.jpg": jpeg(n) for n in range(5)}))))
        assert (upload.accepted, {line["reason"] for line in upload.rejected}) == (2, {"too_many_labels"})

    def test_cancelling_keeps_what_was_taken_and_ends_soon(self) -> None:
        upload = self.send(("a.zip", packed({f"cat/{n}.jpg": jpeg(n, (640, 480)) for n in range(400)})))
        embedder()  # a worker has it before it takes anything in; making it here would count as slow stopping
        asked = Timer(0.4, lambda: (Upload.objects.filter(id=upload.id).update(cancel_requested=True), connection.close()))
        asked.start()
        start = time.monotonic()
        upload = self.work(upload)
        assert upload.status == "cancelled" and time.monotonic() - start < 6.5
        assert upload.accepted == self.project.images.count() < 400
        assert list(store.walk("uploads")) == []

    def test_a_worker_that_lost_the_row_writes_nothing_and_keeps_the_files(self) -> None:
        upload = self.send(("a.jpg", jpeg(1)), label=self.cat)
        claimed = jobs.claim(Upload, upload.id, "slow")
        Upload.objects.filter(id=upload.id).update(fence=99)
        with pytest.raises(LeaseLost):
            work.run(claimed)
        assert store.exists(upload.files[0]["stored"])

    def test_the_report_speaks_the_language_of_the_person(self) -> None:
        with translation.override("ja"):
            upload = self.send(("a.jpg", jpeg(1)), label=self.cat)
        assert upload.language == "ja"

    def test_many_refusals_are_all_counted_and_the_first_thousand_told(self) -> None:
        upload = self.work(self.send(("a.zip", packed({f"cat/{n}.txt": b"words" for n in range(1500)} | {"cat/1.jpg": jpeg(1)}))))
        assert (upload.total, upload.processed, upload.accepted, len(upload.rejected)) == (1501, 1501, 1, 1000)

    @pytest.mark.skipif(not CLOTHING.is_dir(), reason="the photos of shared/data are not here")
    def test_600_photos_with_3_broken_ones(self) -> None:
        photos = sorted(CLOTHING.glob("*/*.jpg"))
        files = {f"clothing/{photo.parent.name}/{photo.name}": photo.read_bytes() for photo in photos}
        broken = {name: content[: len(content) // 2] for name, content in list(files.items())[100:103]}
        upload = self.work(self.send(("clothing.zip", packed(files | broken))))
        assert (upload.status, upload.total, upload.accepted, upload.duplicates) == ("done", 600, 597, 0)
        assert {line["name"]: line["reason"] for line in upload.rejected} == dict.fromkeys(broken, "damaged")
        assert len(upload.labels) == 10 and sum(upload.labels.values()) == self.project.images.count() == Embedding.objects.count() == 597
