"""What the tests of this room share: a project whose small model answers by colour, and whose corrections are worked on at once."""

import shutil

from django.conf import settings

from trainer.predict import Prediction
from webapp.answers import work
from webapp.answers.models import Answer, Correction
from webapp.answers.recorder import Heard, write
from webapp.core import jobs, store
from webapp.core.test import Cast
from webapp.serving import cache
from webapp.serving.models import Model
from webapp.serving.tests.small import coloured, published
from webapp.training.models import Run


class AnswersCast(Cast):
    """Alice's project with labels red, green and blue and a published model of run 1."""

    def setUp(self) -> None:
        super().setUp()
        cache.predictors.cache_clear()
        self.project.labels.all().delete()
        self.red, self.green, self.blue = (self.label(name) for name in ("red", "green", "blue"))
        self.model = self.a_model()
        self.addCleanup(store.delete_folder, f"projects/{self.project.id}")

    def a_model(self, number: int = 1, labels: tuple = ("red", "green", "blue"), preset: str = "quick") -> Model:
        run = jobs.claim(Run, Run.objects.create(project=self.project, number=number, preset=preset).id, "one")
        self.addCleanup(shutil.rmtree, settings.DATA / "bundle", ignore_errors=True)
        return published(run, settings.DATA / "bundle", list(labels))

    def keep(self, days: int | None = 30) -> None:
        self.project.answers_days = days
        self.project.save()

    def kept(self, colour: str = "red", label: str = "", door: str = "page", confidence: float = 0.9, unknown: bool = False, key: str = "") -> Answer:
        """An answer that is kept, with its picture."""
        prediction = Prediction([(label or colour, confidence), ("other", 1 - confidence)], 1.0, 1.0, unknown=unknown)
        write([Heard(self.model.id, coloured(colour), prediction, door, key)])
        return Answer.objects.first()

    def take_in(self, correction: Correction) -> Correction:
        """Do a worker's work on a correction."""
        work.run(jobs.claim(Correction, correction.id, "one"))
        return Correction.objects.get(id=correction.id)
