"""Models to take away: a ZIP for each format, made once, since a model never changes."""

from django.db import models

from webapp.core.jobs import Job
from webapp.serving.models import Model


class Packing(Job):
    """The making of a model's ZIP in one format; when it is done, the ZIP."""

    TASK = "bundles.pack"
    BUILDING, CHECKING, PACKING = "building", "checking", "packing"
    STAGES = (BUILDING, CHECKING, PACKING)

    model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="packings")
    format = models.CharField(max_length=16)
    seal = models.CharField(max_length=64)  # of all that its content depends on: a ZIP with another one than `services.seal` gives now is out of date
    stage = models.CharField(max_length=16, blank=True)
    language = models.CharField(max_length=16, blank=True)  # of whoever asked, for sentences of the worker
    size_bytes = models.PositiveBigIntegerField(default=0)
    agreement = models.JSONField(null=True, blank=True)  # what was found when it was held against the page: {"pictures", "same", "largest_difference", "exact": within 0.001 is what is asked of it, "enough": of enough pictures to promise it}

    class Meta:
        ordering = ["-created", "id"]

    @property
    def file_name(self) -> str:
        """Its ZIP in the store. Each claim writes a file of its own: a worker that lost the row cannot spoil that of the next."""
        return f"{self.model.folder}/bundles/{self.id}-{self.fence}.zip"

    @property
    def step(self) -> int:
        """How many of its stages are behind it."""
        return self.STAGES.index(self.stage) if self.stage in self.STAGES else 0
