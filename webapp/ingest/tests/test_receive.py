from pathlib import Path
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile

from fixtures.hostile.zips import packed, photo
from webapp.core import store
from webapp.core.errors import UserError
from webapp.core.test import Cast, jpeg
from webapp.images.space import floor_bytes
from webapp.ingest.models import Upload
from webapp.ingest.services import receive


def sent(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


class ReceiveTests(Cast):
    def setUp(self) -> None:
        super().setUp()
        store.delete_folder("uploads")

    def refused(self, *files: SimpleUploadedFile, label=None) -> tuple[int, str]:
        with pytest.raises(UserError) as error:
            receive(project=self.project, files=list(files), label=label)
        assert Upload.objects.count() == 0 and list(store.walk("uploads")) == []
        assert str(error.value).endswith(".")
        return error.value.status, error.value.code

    def test_files_wait_in_the_store_under_names_that_we_make(self) -> None:
        upload = receive(project=self.project, files=[sent("../../a.jpg", jpeg(1)), sent("b.jpg", jpeg(2))], label=self.cat)
        assert upload.status == "queued"
        assert [line["stored"] for line in upload.files] == [f"uploads/{upload.id}/{n}" for n in (0, 1)]
        assert [store.get(line["stored"]) for line in upload.files] == [jpeg(1), jpeg(2)]

    def test_a_file_that_came_to_the_disk_is_moved_not_copied(self) -> None:
        file = on_disk(jpeg(1))
        place = Path(file.temporary_file_path())
        number = place.stat().st_ino
        upload = receive(project=self.project, files=[file], label=self.cat)
        file.close()
        assert place.parent == settings.FILE_UPLOAD_TEMP_DIR and not place.exists()
        assert store.local_path(upload.files[0]["stored"]).stat().st_ino == number

    def test_what_cannot_be_taken_is_refused_with_the_right_status(self) -> None:
        assert self.refused() == (422, "no_files")
        assert self.refused(*[sent("a.jpg", jpeg(1))] * 101, label=self.cat) == (413, "too_many_files")
        assert self.refused(sent("a.jpg", jpeg(1) + bytes(20_000_000)), label=self.cat) == (413, "file_too_big")
        assert self.refused(sent("a.jpg", b"<!DOCTYPE html>"), label=self.cat) == (415, "is_html")
        assert self.refused(sent("a.jpg", b"<svg></svg>"), label=self.cat) == (415, "is_svg")
        assert self.refused(sent("a.zip", b"Rar!\x1a\x07\x01\0")) == (415, "not_a_zip")
        assert self.refused(sent("a.jpg", b""), label=self.cat) == (422, "empty_file")
        assert self.refused(sent("a.jpg", jpeg(1))) == (422, "label_needed")

    def test_a_zip_over_a_gigabyte_is_refused(self) -> None:
        file = sent("a.zip", packed(photo("a/1.jpg")))
        file.size = 1_000_000_001
        assert self.refused(file) == (413, "zip_too_big")

    def test_one_bad_file_does_not_stop_the_others(self) -> None:
        upload = receive(project=self.project, files=[sent("a.pdf", b"%PDF-1.7"), sent("b.jpg", jpeg(2))], label=self.cat)
        assert [(line["name"], line["reason"], bool(line["stored"])) for line in upload.files] == [("a.pdf", "is_pdf", False), ("b.jpg", "", True)]

    def test_a_disk_that_is_nearly_full_takes_nothing(self) -> None:
        with patch.object(store, "free_bytes", return_value=floor_bytes()):
            assert self.refused(sent("a.jpg", jpeg(1)), label=self.cat) == (507, "disk_full")

    def test_a_disk_that_is_full_leaves_nothing_behind(self) -> None:
        with patch.object(store, "sync", side_effect=OSError(28, "No space left on device")), pytest.raises(OSError):
            receive(project=self.project, files=[on_disk(jpeg(1))], label=self.cat)
        assert Upload.objects.count() == 0 and list(store.walk("uploads")) == []

    def test_a_zip_needs_no_label_and_may_have_one(self) -> None:
        for label in (None, self.cat):
            upload = receive(project=self.project, files=[sent("a.zip", packed(photo("a/1.jpg")))], label=label)
            assert (upload.label, upload.label_chosen) == (label, label is not None)


def on_disk(content: bytes) -> TemporaryUploadedFile:
    file = TemporaryUploadedFile("a.jpg", "image/jpeg", len(content), None)
    file.write(content)
    file.flush()
    return file
