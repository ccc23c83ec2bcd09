"""One project whose model is published anew, and asked after each attempt."""

from pathlib import Path

from django.db import DatabaseError

from trainer.bundle import read_bundle
from webapp.core import jobs, store
from webapp.core.test import Cast
from webapp.projects.models import Project
from webapp.serving import services
from webapp.serving.cache import Predictors
from webapp.serving.models import Model
from webapp.serving.tests.small import RESULT, coloured, small_bundle
from webapp.training.models import Run


class Publisher:
    def __init__(self, folder: Path):
        self.project = Project.objects.get()
        cast = Cast()
        cast.project = self.project
        cast.label("third")
        self.bundle = small_bundle(folder / "bundle", ["red", "green", "blue"])
        self.number = 0
        assert self.publish(self.begin())

    def begin(self) -> Run:
        """A new run, claimed."""
        self.number += 1
        run = Run.objects.create(project=self.project, number=self.number, preset="quick", config={"seed": self.number})
        return jobs.claim(Run, run.id, "here")

    def publish(self, run: Run) -> bool:
        """Publish the model of a run; whether that ended well."""
        try:
            services.publish(run, self.bundle, RESULT)
            return True
        except (OSError, DatabaseError) as error:
            print(f"attempt {self.number}: {error}", flush=True)
            return False

    def end(self, run: Run) -> None:
        """End a run that could not be published, as a worker does when there is room again."""
        try:
            jobs.fail(run, "The disk is full.", "Free some space.")
        except jobs.LeaseLost:
            return  # it had ended already

    def check(self) -> None:
        """The published model answers, is whole, and belongs to a run that is ready."""
        model = services.published_model(self.project)
        assert Predictors().of(model).predict(coloured("green"), 1).answers[0][0] == "green"
        assert read_bundle(store.local_path(model.folder)).sha256 == model.sha256 and model.run.status == Run.READY
        assert Model.objects.count() == Run.objects.filter(status=Run.READY).count()
