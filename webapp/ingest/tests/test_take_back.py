from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from webapp.core import jobs
from webapp.core.test import Cast, jpeg
from webapp.ingest import work
from webapp.ingest.models import Upload
from webapp.ingest.services import receive
from worker.perform import record


class TakeBackTests(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.login(self.alice)
        self.kept = self.image(self.cat, 99)

    def sent(self, *seeds: int) -> Upload:
        return receive(project=self.project, files=[SimpleUploadedFile(f"{seed}.jpg", jpeg(seed)) for seed in seeds], label=self.cat)

    def take_in(self, upload: Upload) -> Upload:
        work.run(jobs.claim(Upload, upload.id, "one"))
        return upload

    def take_back(self, first: Upload, *others: Upload) -> dict:
        address = reverse("ingest:take_back", args=[first.id]) + "?with=" + ",".join(str(upload.id) for upload in others)
        return self.client.post(address).json()

    def test_what_uploads_brought_is_deleted_and_nothing_else(self) -> None:
        one, two, other = (self.take_in(self.sent(*seeds)) for seeds in ((1, 2), (3,), (4,)))
        assert self.take_back(one, two) == {"is_live": False}
        assert {image.origin for image in self.project.images.all()} == {None, other.id}

    def test_a_picture_that_was_there_before_stays(self) -> None:
        self.take_in(self.sent(1))
        again = self.take_in(self.sent(1, 2))
        self.take_back(again)
        assert self.project.images.count() == 2

    def test_an_upload_that_waits_is_stopped_and_one_at_work_is_asked_for_again(self) -> None:
        waiting, running = self.sent(1), self.sent(2)
        claimed = jobs.claim(Upload, running.id, "one")
        assert self.take_back(waiting, running) == {"is_live": True}
        assert [Upload.objects.get(id=upload.id).status for upload in (waiting, running)] == ["cancelled", "running"]
        record(claimed, work.run)
        assert self.take_back(waiting, running) == {"is_live": False}
        assert list(self.project.images.all()) == [self.kept]
