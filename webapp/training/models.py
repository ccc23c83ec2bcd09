from django.conf import settings
from django.db import models
from django.utils.translation import gettext

from webapp.core.jobs import Job
from webapp.projects.models import Project
from webapp.training import turns


class Kept(models.Manager):
    """Runs that no person has deleted."""

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().filter(removed=None)


class Run(Job):
    """One training: its settings, the pictures it learned from, its progress and how good it became."""

    TASK, QUEUE = "train.run", "train"
    READY = SUCCESS = "ready"
    ENDED = {"active": None}
    BIG = ("snapshot", "evaluation", "answers", "log")  # columns that lists and polls leave out
    BIG_OF_RUN = tuple(f"run__{name}" for name in BIG)  # the same, for whoever has a run

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

    # Who pressed Train, and what that person was told
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    advice = models.JSONField(null=True, blank=True)  # why auto chose this preset and these epochs, see trainer.advice; null when a person chose
    estimate_seconds = models.FloatField(null=True, blank=True)  # how long it was expected to take, before it began

    # What a history needs
    name = models.CharField(max_length=100, blank=True)  # given by a person
    is_starred = models.BooleanField(default=False)
    removed = models.DateTimeField(null=True, blank=True)  # a person deleted it then; until it is gone for good that can be undone
    again_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="repeats")
    device = models.CharField(max_length=100, blank=True)  # what it trained on: cpu, or the name of the GPU
    versions = models.JSONField(default=dict, blank=True)  # of Python, torch and what else the outcome depends on
    log = models.TextField(blank=True)  # a line for each thing worth knowing, with its time
    # What it said to each test picture: [[image id, actual label, predicted label, confidence], ...]
    answers = models.JSONField(null=True, blank=True)

    objects = Kept()
    everything = models.Manager()  # with those that were deleted and can still be brought back

    @property
    def title(self) -> str:
        """What it is called: its name, or "Run 3"."""
        return self.name or gettext("Run %(number)d") % {"number": self.number}

    class Meta:
        ordering = ["-created", "id"]
        constraints = [models.UniqueConstraint(fields=["project", "active"], name="one_live_run")]

    @classmethod
    def in_turn(cls, hinted) -> list:
        """People take turns, whichever run a hint names."""
        return turns.next_ids(cls.everything.all())


class Preview(Job):
    """A look at how training would vary some pictures of a project; when it is done, the varied pictures for an hour."""

    TASK = "training.preview"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="previews")
    augment = models.CharField(max_length=16)
    image_size = models.PositiveIntegerField()
    sources = models.JSONField(default=list)  # ids of the pictures that were varied, in order
    language = models.CharField(max_length=16, blank=True)  # of whoever asked, for the sentences of an error

    class Meta:
        ordering = ["-created", "id"]

    def file_name(self, place: int) -> str:
        """A varied picture in the store. Each claim writes files of its own: a worker that lost the row cannot spoil those of the next."""
        return f"projects/{self.project_id}/previews/{self.id}-{self.fence}-{place}.jpg"

    def file_names(self) -> list[str]:
        return [self.file_name(place) for place in range(len(self.sources))]


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
