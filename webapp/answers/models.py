"""Answers that are kept because an owner wants that, and corrections of answers."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from webapp.core.jobs import Job
from webapp.projects.models import NAME_LENGTH, Label, Project
from webapp.serving.answered import ADAPTER, API, LIVE, PAGE, PLAY
from webapp.serving.models import Model
from webapp.training.models import Run


class Answer(models.Model):
    """One answer with the picture that was asked about. It goes `Project.answers_days` after it was given."""

    DOORS = [(PAGE, _("Try page")), (API, _("API")), (ADAPTER, _("Program of another product")), (LIVE, _("Live camera")), (PLAY, _("Shared page"))]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="answers")
    model = models.ForeignKey(Model, null=True, on_delete=models.SET_NULL, related_name="answers")
    created = models.DateTimeField(default=timezone.now)
    door = models.CharField(max_length=16, choices=DOORS)
    key = models.CharField(max_length=100, blank=True)  # the name of the API key that asked
    best = models.CharField(max_length=NAME_LENGTH)  # the label with the highest confidence
    confidence = models.FloatField()  # of that label, 0 to 1
    unknown = models.BooleanField(default=False)  # it was probably none of the labels
    shares = models.JSONField(default=list)  # [[label, confidence], ...], the best few first
    digest = models.CharField(max_length=64)  # SHA-256 of the file that was asked about, by which a correction finds it
    size_bytes = models.PositiveIntegerField()  # of the picture as it is kept

    class Meta:
        ordering = ["-created", "id"]
        indexes = [
            models.Index(fields=["project", "-created", "id"], name="answer_paged"),
            models.Index(fields=["project", "digest"], name="answer_of_picture"),
        ]

    @property
    def file_name(self) -> str:
        """Its picture in the store."""
        return f"projects/{self.project_id}/answers/{self.id.hex[:2]}/{self.id}.jpg"


class Correction(Job):
    """Somebody said what a picture really shows: a worker takes the picture in, and a training learns it."""

    TASK = "answers.correct"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="corrections")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    language = models.CharField(max_length=16, blank=True)  # of that person, for the sentences of an error
    model = models.ForeignKey(Model, null=True, on_delete=models.SET_NULL, related_name="corrections")  # which was wrong
    answer = models.ForeignKey(Answer, null=True, on_delete=models.SET_NULL, related_name="corrections")  # the kept one that was wrong
    said = models.CharField(max_length=NAME_LENGTH, blank=True)  # what the model said; empty: none of these
    confidence = models.FloatField(null=True)
    label = models.ForeignKey(Label, null=True, on_delete=models.SET_NULL, related_name="corrections")
    label_name = models.CharField(max_length=NAME_LENGTH)  # what is right
    made_label = models.BooleanField(default=False)  # the label is new, and came with this correction
    image = models.UUIDField(null=True)  # the picture's id; no relation, which would slow down the deletion of any picture
    # How a picture that the project had already stood before (`images.services.standing`); null: the picture came with this correction
    was = models.JSONField(null=True)
    # True while its picture waits for a training, else NULL: at rest an index without entries is all there is to look at
    waits = models.BooleanField(null=True, default=None, db_index=True)
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="corrections")  # that learns it
    began_run = models.BooleanField(default=False)  # the run was started for this, and not by a person for other reasons
    problem = models.TextField(blank=True)  # why no training was started, as a sentence
    undone = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created", "id"]

    @property
    def file_name(self) -> str:
        """The picture in the store, until a worker has taken it in."""
        return f"projects/{self.project_id}/corrections/{self.id}"
