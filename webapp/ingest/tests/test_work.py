import io
import zipfile

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TransactionTestCase

from webapp.accounts.models import User
from webapp.core import jobs, store
from webapp.core.test import jpeg
from webapp.images.models import Image
from webapp.ingest import services, work
from webapp.ingest.models import Upload
from webapp.projects.models import Project
from webapp.projects.services import add_labels


def packed(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


class WorkTests(TransactionTestCase):
    """A worker's part, with its heartbeat, so that rows are committed for real."""

    def setUp(self) -> None:
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
