"""Two unpackings at most at a time, and nothing small waits for something big."""

import zipfile
from threading import Event, Lock, Thread

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import TransactionTestCase

from fixtures.hostile.zips import File, packed
from tests.machine import wait_for
from webapp.accounts.models import User
from webapp.core import jobs
from webapp.core.test import Cast, jpeg
from webapp.ingest.models import Upload
from webapp.ingest.services import receive
from webapp.projects.services import create_project
from worker import gpus
from worker.gpus import Gpu
from worker.perform import perform
from worker.slots import SHARES, UNPACKINGS, more_hands, shares, slot, threads


def zipped(*seeds: int, junk: int = 0) -> SimpleUploadedFile:
    files = [File(f"a/{seed}.jpg", jpeg(seed)) for seed in seeds]
    return SimpleUploadedFile("a.zip", packed(*files, File("__MACOSX/._x", bytes(junk), zipfile.ZIP_STORED)))


class ShareTests(Cast):
    def share(self, *files: SimpleUploadedFile) -> str:
        return Upload.share_of(receive(project=self.project, files=list(files), label=self.cat).id)

    def test_pictures_small_zips_and_the_rest_have_hands_of_their_own(self) -> None:
        photo = SimpleUploadedFile("a.jpg", jpeg(1))
        assert self.share(photo) == "ingest.pictures"
        assert self.share(photo, zipped(1)) == "ingest.small"
        assert self.share(zipped(1, junk=Upload.SMALL_BYTES)) == "ingest.run"
        assert self.share(SimpleUploadedFile("a.csv", b"file,label\n"), zipped(1)) == "ingest.run"

    def test_a_refused_file_counts_for_nothing(self) -> None:
        assert self.share(SimpleUploadedFile("a.jpg", jpeg(1)), SimpleUploadedFile("a.pdf", b"%PDF-1.7")) == "ingest.pictures"


def test_a_machine_trains_as_many_runs_at_once_as_it_has_gpus_and_one_without(monkeypatch) -> None:
    for count, at_once in ((0, 1), (1, 1), (4, 4)):
        monkeypatch.setattr(gpus, "found", lambda count=count: [Gpu(str(number), "H100") for number in range(count)])
        assert shares()["train.run"] == at_once


def test_a_worker_of_one_queue_has_hands_for_that_alone(settings) -> None:
    both = shares()
    settings.WORKER_QUEUES = ["train"]
    assert list(shares()) == ["train.run"] and threads() == shares()["train.run"] + 1
    settings.WORKER_QUEUES = ["io"]
    assert shares() == {share: hands for share, hands in both.items() if share != "train.run"}


def test_every_kind_of_work_has_hands_on_its_own_queue() -> None:
    for model in jobs.kinds():
        assert model.TASK in SHARES[model.QUEUE](), f"{model.TASK} is sent to {model.QUEUE}"


def test_a_row_that_needs_the_room_of_several_holds_their_hands() -> None:
    hand, free = slot("exports.run"), shares()["exports.run"]
    with more_hands("exports.run", free + 5):
        assert not hand.acquire(blocking=False)
    assert hand.acquire(blocking=False)
    hand.release()
    with more_hands("exports.run", -1):
        assert hand.acquire(blocking=False)
    hand.release()


class Unpackings:
    """A verb that stands still in the middle of its work until it may go on, and knows how many did so at once."""

    def __init__(self) -> None:
        self.going, self.lock, self.now, self.most = Event(), Lock(), 0, 0

    def __call__(self, row: Upload) -> None:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.going.wait(30)
        with self.lock:
            self.now -= 1
        jobs.finish(row)


class AtOnceTests(TransactionTestCase):
    def setUp(self) -> None:
        self.project = create_project(owner=User.objects.create_guest(), labels=["a", "b"])
        self.threads: list[Thread] = []

    def hint(self, upload: Upload, verb) -> None:
        def work() -> None:
            perform(Upload, str(upload.id), verb)
            connection.close()

        self.threads.append(Thread(target=work))
        self.threads[-1].start()

    def upload(self, *files: SimpleUploadedFile) -> Upload:
        return receive(project=self.project, files=list(files), label=self.project.labels.first())

    def test_of_many_zips_two_are_unpacked_at_once_and_pictures_go_by_them(self) -> None:
        zips, unpackings = [self.upload(zipped(n, junk=junk)) for n, junk in enumerate((0, 0, 0, *[Upload.SMALL_BYTES] * 3))], Unpackings()
        for upload in zips:
            self.hint(upload, unpackings)
        wait_for(lambda: unpackings.now == UNPACKINGS, 30)
        picture = self.upload(SimpleUploadedFile("a.jpg", jpeg(9)))
        assert perform(Upload, str(picture.id), jobs.finish), "a picture does not wait"
        unpackings.going.set()
        for thread in self.threads:
            thread.join()
        for upload in zips:
            perform(Upload, str(upload.id), unpackings)
        assert unpackings.most == UNPACKINGS == shares()["ingest.run"] + shares()["ingest.small"] == 2
        assert {upload.status for upload in Upload.objects.all()} == {"done"}
