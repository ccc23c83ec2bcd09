from unittest import mock
from uuid import uuid4

from webapp.core.test import Cast
from webapp.images.models import Image
from webapp.images.services import delete_images
from webapp.ingest.models import Upload
from webapp.ingest.services import take_back
from webapp.review import services
from webapp.review.models import Check, Suggestion
from webapp.review.queries import balance
from worker.tasks import ingest


class ServicesTests(Cast):
    def suggestion(self) -> Suggestion:
        return Suggestion.objects.create(image=self.image(self.cat), project=self.project, label=self.dog, score=0.9)

    def test_there_is_one_waiting_check_and_a_new_one_while_another_runs(self):
        first = services.request_check(project=self.project)
        assert services.request_check(project=self.project) == first
        Check.objects.update(status=Check.RUNNING)
        second = services.request_check(project=self.project, language="ja")
        assert second != first and second.language == "ja"

    def test_new_pictures_are_checked_once_when_no_more_are_coming(self):
        assert services.check_what_is_new(project=self.project) is None
        self.image(self.cat)
        upload = Upload.objects.create(project=self.project)
        assert services.check_what_is_new(project=self.project) is None
        Upload.objects.filter(id=upload.id).update(status=Upload.DONE)
        assert services.check_what_is_new(project=self.project)
        Check.objects.update(status=Check.DONE)
        assert services.check_what_is_new(project=self.project) is None
        self.image(self.dog)
        assert services.check_what_is_new(project=self.project) and Check.objects.count() == 2

    def test_what_was_set_aside_as_the_same_as_a_deleted_picture_is_looked_at_again(self):
        group, upload = uuid4(), Upload.objects.create(project=self.project, status=Upload.DONE)
        kept, twin, other = (self.image(self.cat, seed) for seed in range(3))
        Image.objects.filter(id__in=[kept.id, twin.id]).update(group=group, origin=upload.id)
        Image.objects.filter(id=twin.id).update(status=Image.SET_ASIDE, aside_reason=Image.DUPLICATE, origin=None)
        with self.captureOnCommitCallbacks(execute=True):
            delete_images(images=[other])
        assert not Check.objects.exists()
        with self.captureOnCommitCallbacks(execute=True):
            take_back(uploads=[upload])
        assert self.project.checks.get().status == Check.QUEUED

    def test_a_check_that_failed_has_seen_nothing(self):
        self.image(self.cat)
        services.check_what_is_new(project=self.project)
        Check.objects.update(status=Check.FAILED)
        assert services.check_what_is_new(project=self.project).status == Check.QUEUED

    def test_the_sample_is_not_checked(self):
        self.image(self.cat)
        Image.objects.update(source=Image.SAMPLE)
        assert services.check_what_is_new(project=self.project) is None

    def test_the_worker_asks_for_a_check_when_an_upload_has_ended(self):
        self.image(self.cat)
        upload = Upload.objects.create(project=self.project)
        with mock.patch("worker.nursery.expect_training"):  # a spare child for training would outlive this process
            ingest.run(str(upload.id))
        assert not Upload.objects.get().is_live and self.project.checks.get().status == Check.QUEUED

    def test_an_accepted_suggestion_moves_the_picture_and_is_shown_no_more(self):
        image = services.accept_suggestion(suggestion=self.suggestion())
        image.refresh_from_db()
        assert image.label == self.dog and image.is_reviewed
        assert balance(self.project).counts["wrong_label"] == 0

    def test_a_dismissed_suggestion_leaves_the_picture_where_it_is(self):
        suggestion = self.suggestion()
        assert balance(self.project).counts["wrong_label"] == 1
        image = services.dismiss_suggestion(suggestion=suggestion)
        image.refresh_from_db()
        assert image.label == self.cat and image.is_reviewed and image.status == Image.READY
        assert balance(self.project).counts["wrong_label"] == 0
