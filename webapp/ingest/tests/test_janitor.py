import os
import time

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from webapp.core import jobs, store
from webapp.core.test import Cast, jpeg
from webapp.images.services import delete_image
from webapp.ingest.janitor import sweep
from webapp.ingest.models import Upload
from webapp.ingest.services import receive
from webapp.projects.services import delete_project, remove_label


def age(*names: str) -> None:
    for name in names:
        os.utime(store.local_path(name), (time.time() - 7200,) * 2)


class SweepTests(Cast):
    def setUp(self) -> None:
        super().setUp()
        store.delete_folder("projects")
        store.delete_folder("uploads")
        self.kept = self.image(self.cat)
        self.folder = f"projects/{self.project.id}"

    def left(self) -> set[str]:
        return {*store.walk("projects"), *store.walk("uploads")}

    def test_files_without_rows_go_when_they_are_old(self) -> None:
        mine = {self.kept.file_name, self.kept.thumb_name, f"{self.folder}/models/1/model.onnx", f"{self.folder}/pictures/bb/young.jpg"}
        orphans = [f"{self.folder}/pictures/aa/aa.jpg", f"{self.folder}/thumbs/aa/aa.jpg", f"{self.folder}/pictures/aa/.part-x", "projects/gone/models/x", "uploads/gone/0"]
        for name in [*orphans, *mine - {self.kept.file_name, self.kept.thumb_name}]:
            store.put(name, b"x")
        age(*orphans, self.kept.file_name, self.kept.thumb_name, f"{self.folder}/models/1/model.onnx")
        assert sweep() == len(orphans)
        assert self.left() == mine

    def test_the_files_of_a_waiting_upload_stay_however_old(self) -> None:
        upload = receive(project=self.project, files=[SimpleUploadedFile("a.jpg", jpeg(1))], label=self.cat)
        age(upload.files[0]["stored"])
        assert sweep() == 0
        jobs.request_cancel(upload)
        assert Upload.objects.get().status == "cancelled" and sweep() == 1

    def test_half_received_files_go(self) -> None:
        path = settings.FILE_UPLOAD_TEMP_DIR / "half.upload"
        path.write_bytes(b"x")
        os.utime(path, (time.time() - 7200,) * 2)
        assert sweep() == 1 and not path.exists()


class DeleteTests(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.one, self.two = self.image(self.cat, 1), self.image(self.dog, 2)

    def there(self) -> list[bool]:
        return [store.exists(name) for image in (self.one, self.two) for name in (image.file_name, image.thumb_name)]

    def test_a_deleted_picture_takes_its_files_along(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            delete_image(image=self.one)
        assert self.there() == [False, False, True, True]

    def test_a_deleted_label_takes_its_files_along(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            remove_label(label=self.dog)
        assert self.there() == [True, True, False, False]

    def test_a_deleted_project_takes_its_files_along(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            delete_project(project=self.project)
        assert self.there() == [False] * 4

    def test_a_delete_that_is_rolled_back_deletes_no_file(self) -> None:
        with self.captureOnCommitCallbacks(execute=False):
            delete_image(image=self.one)
        assert self.there() == [True] * 4
