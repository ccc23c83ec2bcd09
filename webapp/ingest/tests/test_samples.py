from unittest.mock import patch

from django.utils import translation

from webapp.core import jobs, store
from webapp.core.test import Cast
from webapp.images.models import Image
from webapp.ingest import samples, work
from webapp.ingest.models import Upload


class SampleTests(Cast):
    def test_the_sample_comes_in_the_ordinary_way(self) -> None:
        with patch.object(samples, "PER_LABEL", 2):
            project = samples.start_sample(owner=self.charlie)
        upload = project.uploads.get()
        assert (project.owner, upload.status) == (self.charlie, "queued")
        work.run(jobs.claim(Upload, upload.id, "test"))
        upload.refresh_from_db()
        assert (upload.status, upload.accepted, upload.rejected) == ("done", 2 * project.labels.count(), [])
        assert {image.source for image in project.images.all()} == {Image.SAMPLE}

    def test_its_labels_are_in_the_language_of_the_person(self) -> None:
        with patch.object(samples, "PER_LABEL", 1), translation.override("ja"):
            project = samples.start_sample(owner=self.charlie)
        upload = project.uploads.get()
        work.run(jobs.claim(Upload, upload.id, "test"))
        assert {label.name: label.images.count() for label in project.labels.all()} == {"猫": 1, "犬": 1, "うさぎ": 1}

    def test_nothing_is_left_behind_when_the_disk_is_full(self) -> None:
        store.delete_folder("uploads")
        with patch.object(samples, "PER_LABEL", 1), patch.object(samples, "receive", side_effect=OSError(28, "full")):
            self.assertRaises(OSError, samples.start_sample, owner=self.charlie)
        assert not self.charlie.projects.exists() and list(store.walk("uploads")) == []
