"""The speed lab: how fast and how good a model is when it is packed in other ways, measured on one machine."""

from django.db import models

from webapp.core.jobs import Job
from webapp.projects.models import Project
from webapp.serving.models import Model


class Tuning(Job):
    """A look at all ways to pack a model, on the machine of the worker that takes it."""

    TASK = "tuning.run"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="tunings")
    model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="tunings")
    anew = models.BooleanField(default=False)  # measure also what earlier tunings measured on the same machine
    target_ms = models.FloatField(null=True, blank=True)  # how soon an answer is wanted; null when nobody said
    machine = models.JSONField(default=dict)  # {"name", "cores", "versions": {...}}: what the times are true of
    machine_key = models.CharField(max_length=64, blank=True, db_index=True)  # the same for machines whose times may be compared
    digest = models.CharField(max_length=64, blank=True)  # of the unseen pictures that were asked: accuracies of others may not be compared
    total = models.PositiveIntegerField(default=0)  # ways to pack it that this machine offers
    processed = models.PositiveIntegerField(default=0)
    language = models.CharField(max_length=16, blank=True)  # of whoever asked, for sentences of the worker

    class Meta:
        ordering = ["-created", "id"]


class Measurement(models.Model):
    """One way to pack a model, and what was measured of it in a process of its own. What a killed tuning has measured stays."""

    MEASURED, REFUSED = "measured", "refused"

    tuning = models.ForeignKey(Tuning, on_delete=models.CASCADE, related_name="rows")
    measured_in = models.UUIDField(null=True, blank=True)  # the tuning that measured it, which may be an earlier one: times of one busy moment are compared with one another
    engine = models.CharField(max_length=16)
    precision = models.CharField(max_length=8)
    input_size = models.PositiveIntegerField()
    threads = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=16, default=MEASURED)
    reason = models.TextField(blank=True)  # why it was refused, as a sentence
    p50_ms = models.FloatField(null=True, blank=True)  # from the decoded picture to the answer
    p95_ms = models.FloatField(null=True, blank=True)
    per_second = models.FloatField(null=True, blank=True)  # pictures, one after another on all its threads
    size_bytes = models.PositiveBigIntegerField(null=True, blank=True)
    memory_bytes = models.PositiveBigIntegerField(null=True, blank=True)  # at most, of its process
    pictures = models.PositiveIntegerField(default=0)  # unseen ones that it was asked
    accuracy = models.FloatField(null=True, blank=True)
    changed = models.PositiveIntegerField(default=0)  # of these the ones that it answers otherwise than the model as it was trained
    files = models.JSONField(default=list)  # of its bundle, relative to `folder`; empty where it was not kept

    class Meta:
        ordering = ["p50_ms", "id"]
        constraints = [models.UniqueConstraint(fields=["tuning", "engine", "precision", "input_size", "threads"], name="measured_once")]

    @property
    def folder(self) -> str:
        """Where its bundle lies in the store, while it may still be put in use."""
        model = self.tuning.model
        return f"{model.folder}/tunings/{self.tuning_id}/{self.engine}-{self.precision}-{self.input_size}"
