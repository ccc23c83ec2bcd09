"""All hostile archives in one upload, by the whole way from the form to the report, beside a picture of the folders before and after."""

import os
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TransactionTestCase

from fixtures.hostile import lists, zips
from webapp.accounts.models import User
from webapp.core import jobs, store
from webapp.images.models import Image
from webapp.ingest import services, work
from webapp.ingest.models import Upload
from webapp.projects.models import Project


def tree(folder: Path) -> set[str]:
    """The files in a folder and below."""
    return {os.path.join(place, file) for place, _folders, files in os.walk(folder) for file in files}


class HostileTests(TransactionTestCase):
    @pytest.mark.timeout(300)
    def test_all_hostile_archives_are_taken_partly_and_nothing_lands_outside_the_store(self) -> None:
        project = Project.objects.create(owner=User.objects.create_guest(), name="Animals")
        made = {name: make for name, (_ends, make) in (zips.PARTLY | lists.PARTLY | zips.REFUSED).items() if name != "addresses-of-other-schemes"}
        sent = [SimpleUploadedFile(f"{name}.zip", content) for name, make in made.items() if len(content := make()) < 3_000_000 and content.startswith(b"PK")]
        outside = {folder: tree(folder) for folder in (settings.FILE_UPLOAD_TEMP_DIR, Path.cwd() / "fixtures")}
        store.delete_folder("uploads")  # other tests leave some that nobody worked on
        accepted = refused = 0
        for start in range(0, len(sent), services.MAX_FILES):
            upload = services.receive(project=project, files=sent[start : start + services.MAX_FILES])
            work.run(jobs.claim(Upload, upload.id, "test"))
            upload.refresh_from_db()
            assert upload.status == "done" and upload.processed == upload.total
            assert all(line["message"].endswith(".") and "\n" not in line["name"] for line in upload.rejected)
            accepted, refused = accepted + upload.accepted + upload.duplicates, refused + upload.total - upload.accepted - upload.duplicates
        assert accepted >= len(zips.PARTLY) and refused >= len(zips.REFUSED)
        assert {folder: tree(folder) for folder in outside} == outside
        names = {name for image in Image.objects.filter(project=project) for name in (image.file_name, image.thumb_name)}
        assert set(store.walk(f"projects/{project.id}")) == names and list(store.walk("uploads")) == []
