"""How good the quick head of a project is just now, measured again and again while pictures come in."""

from django.db import models

from webapp.core.jobs import Job
from webapp.projects.models import Project


class Instant(Job):
    """The instant model of a project: one row, which rests until its pictures have changed (`services.order`), and then is work for a worker."""

    TASK = "instant.run"

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="instant")
    changed = models.DateTimeField(null=True, blank=True, db_index=True)  # since when there is something that it has not learned; null: nothing
    new_images = models.PositiveIntegerField(default=0)  # pictures that came since it learned last
    rests_until = models.DateTimeField(null=True, blank=True)  # not before then, so that learning takes a small share of the machine

    # What was measured last, see trainer.learning_curve.Measured; accuracy is null before the first time and when there are too few pictures
    images = models.PositiveIntegerField(default=0)
    accuracy = models.FloatField(null=True, blank=True)
    low = models.FloatField(null=True, blank=True)  # its 95 % interval
    high = models.FloatField(null=True, blank=True)
    labels = models.JSONField(default=list)  # [{"id", "images", "recall", "gain", "gain_interval"}, ...] of the labels that it knows
    best = models.UUIDField(null=True, blank=True)  # the label of which more pictures would help most
    even_gain = models.FloatField(default=0)  # by how much 20 more pictures of every label would raise the accuracy
    points = models.JSONField(default=list)  # [[pictures, accuracy, low, high, seconds since 1970], ...], oldest first
    seconds = models.FloatField(null=True, blank=True)  # how long it took

    @property
    def is_moving(self) -> bool:
        """Whether there will be another number soon."""
        return self.is_live or self.changed is not None
