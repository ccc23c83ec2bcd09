from django.db import models

from webapp.core.jobs import Job
from webapp.projects.models import Project


class Run(Job):
    """One training: its settings, the pictures it learned from, its progress and how good it became."""

    TASK, QUEUE = "train.run", "train"
    READY = SUCCESS = "ready"
    ENDED = {"active": None}

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="runs")
    # True while queued or running, else NULL: with the constraint below, a project has one live run on every database.
    active = models.BooleanField(null=True, default=True, editable=False)
    number = models.PositiveIntegerField(default=1)  # 1, 2, 3 ... in its project
    preset = models.CharField(max_length=16)
    config = models.JSONField(default=dict)  # trainer.config.TrainConfig as a dict
    stage = models.CharField(max_length=16, default="waiting")  # waiting, preparing, training, evaluating, exporting, publishing
    epoch = models.PositiveIntegerField(default=0)
    epochs = models.PositiveIntegerField(default=0)
    eta_seconds = models.FloatField(null=True, blank=True)
    train_images = models.PositiveIntegerField(default=0)
    val_images = models.PositiveIntegerField(default=0)
    # Which pictures, under which label, in which part: [[image id, label name, "train" or "val"], ...]; kept with the run for good.
    snapshot = models.JSONField(default=list)
    taken_down = models.PositiveIntegerField(default=0)  # pictures that it learned from and that were taken down since
    best = models.JSONField(null=True, blank=True)  # {"epoch", "val_accuracy", "val_loss"}
    evaluation = models.JSONField(null=True, blank=True)  # what API.md says of /evaluation
    seconds = models.FloatField(null=True, blank=True)
    language = models.CharField(max_length=16, blank=True)  # of the person, for the sentences of an error

    class Meta:
        ordering = ["-created", "id"]
        constraints = [models.UniqueConstraint(fields=["project", "active"], name="one_live_run")]


class Epoch(models.Model):
    """What one epoch of a run came to; there within a second of its end."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="epoch_rows")
    epoch = models.PositiveIntegerField()
    train_loss = models.FloatField()
    train_accuracy = models.FloatField()
    val_loss = models.FloatField()
    val_accuracy = models.FloatField()
    learning_rate = models.FloatField()
    seconds = models.FloatField()

    class Meta:
        ordering = ["epoch"]
        constraints = [models.UniqueConstraint(fields=["run", "epoch"], name="epoch_once")]
