import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db.models.functions import Now

from trainer.bundle import BundleError
from webapp.core import jobs, store
from webapp.core.errors import Cancelled, LeaseLost
from webapp.core.test import Cast
from webapp.serving.models import Model
from webapp.serving.publish import publish
from webapp.serving.services import published_model
from webapp.serving.tests.small import RESULT, published, small_bundle
from webapp.training.models import Run


class PublishTest(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.bundle = small_bundle(settings.DATA / "bundle", ["猫", "犬"])
        self.addCleanup(shutil.rmtree, self.bundle)

    def claimed(self, number: int = 1) -> Run:
        run = Run.objects.create(project=self.project, number=number)
        return jobs.claim(Run, run.id, "one")

    def folders(self) -> set[str]:
        return set(store.folders(f"projects/{self.project.id}/models"))

    def test_the_model_stands_in_the_store_and_in_the_database_and_the_run_is_ready(self) -> None:
        run = self.claimed()
        model = publish(run, self.bundle, RESULT)
        stored = Path(store.local_path(model.folder))
        assert sorted(str(file.relative_to(stored)) for file in stored.rglob("*") if file.is_file()) == model.files
        assert (model.labels, model.accuracy, model.input_size) == (["猫", "犬"], 0.9, 8)
        run.refresh_from_db()
        assert (run.status, run.active, run.best, run.model) == ("ready", None, RESULT["best"], model)

    def test_the_newest_model_takes_the_place_of_the_one_before(self) -> None:
        first, second = (publish(self.claimed(number), self.bundle, RESULT) for number in (1, 2))
        assert published_model(self.project) == second
        first.refresh_from_db()
        assert first.published is None

    def test_who_lost_the_run_publishes_nothing(self) -> None:
        old = self.claimed()
        Run.objects.update(lease_until=Now() - timedelta(seconds=1))
        new = jobs.claim(Run, old.id, "two")
        with pytest.raises(LeaseLost):
            publish(old, self.bundle, RESULT)
        assert not Model.objects.exists()
        assert publish(new, self.bundle, RESULT).published

    def test_files_that_a_killed_worker_had_copied_go_when_the_next_one_publishes(self) -> None:
        run = self.claimed()
        for _fence in range(2):
            with pytest.raises(LeaseLost):  # killed between files and rows
                Run.objects.update(fence=run.fence + 1)
                publish(run, self.bundle, RESULT)
            run.refresh_from_db()
        assert len(self.folders()) == 2
        model = publish(run, self.bundle, RESULT)
        assert self.folders() == {str(model.id)} and Model.objects.count() == 1

    def test_a_run_that_was_stopped_publishes_nothing(self) -> None:
        run = self.claimed()
        jobs.request_cancel(run)
        with pytest.raises(Cancelled):
            publish(run, self.bundle, RESULT)
        assert not Model.objects.exists()

    def test_a_run_has_one_model_even_when_publishing_is_repeated(self) -> None:
        run = self.claimed()
        publish(run, self.bundle, RESULT)
        with pytest.raises(LeaseLost):
            publish(run, self.bundle, RESULT)
        assert Model.objects.count() == 1

    def test_a_bundle_that_is_not_whole_is_not_published(self) -> None:
        (self.bundle / "model.onnx").write_bytes(b"half")
        with pytest.raises(BundleError):
            published_now = publish(self.claimed(), self.bundle, RESULT)
            assert not published_now
        assert not Model.objects.exists() and not self.folders()

    def test_the_cast_of_models_answers(self) -> None:
        assert published(self.claimed(), settings.DATA / "bundle", ["a", "b", "c"]).labels == ["a", "b", "c"]
