"""What a shared project shows beyond its published model, how often it is played, and what people report about it."""

import secrets
import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from webapp.core.jobs import Job
from webapp.projects.models import Project

CODE_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # without those that are mistaken for one another when they are read out
CODE_LENGTH = 12  # 59 bits: nobody finds an unlisted AI by trying


def new_code() -> str:
    """The last part of a play page's address."""
    return "".join(secrets.choice(CODE_LETTERS) for _place in range(CODE_LENGTH))


class Sharing(models.Model):
    """How a project is shared. Who may see it at all is `Project.visibility` and `Project.hidden`; without a choice of the owner nothing more is given than answers.

    The row is made when a project is shared for the first time, and stays: shared again, it has the address that it had.
    """

    project = models.OneToOneField(Project, on_delete=models.CASCADE, primary_key=True, related_name="sharing")
    code = models.CharField(max_length=CODE_LENGTH, unique=True, default=new_code)
    shows_examples = models.BooleanField(default=False)  # held-out pictures on the play page and in the quiz
    allows_remix = models.BooleanField(default=False)  # others may start with its labels
    gives_pictures = models.BooleanField(default=False)  # and with those of its pictures whose licences permit it
    remixed_from = models.ForeignKey(Project, on_delete=models.SET_NULL, null=True, blank=True, related_name="remixes")
    plays = models.PositiveBigIntegerField(default=0)
    shared = models.DateTimeField(null=True, blank=True)  # first seen in the gallery


class Report(models.Model):
    """What somebody finds wrong with a shared project; an admin of the site settles it."""

    REASONS = [("offends", _("It shows something that does not belong here")), ("person", _("It shows a person who did not agree")), ("rights", _("It uses pictures without permission")), ("other", _("Another reason"))]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="reports")
    reason = models.CharField(max_length=16, choices=REASONS)
    words = models.TextField(blank=True, max_length=1000)
    created = models.DateTimeField(auto_now_add=True)
    settled = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-created", "id"]


class Score(models.Model):
    """A game against the AI that somebody has ended: held-out pictures, guessed by both."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="scores")
    name = models.CharField(max_length=20, blank=True)
    asked = models.PositiveSmallIntegerField()
    right = models.PositiveSmallIntegerField()
    right_ai = models.PositiveSmallIntegerField()
    seconds = models.FloatField()
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-right", "seconds", "id"]


class Hiding(models.Model):
    """A time in which an admin of the site keeps a project from strangers, and why; its owner reads both, and may ask for another look."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="hidings")
    reason = models.CharField(max_length=16, choices=Report.REASONS)
    words = models.TextField(blank=True, max_length=1000)
    created = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    asked_again = models.DateTimeField(null=True, blank=True)
    lifted = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created", "-id"]


class Remix(Job):
    """The copying of pictures of a shared project into one that was begun from it."""

    TASK = "sharing.remix"

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="remix")
    source = models.ForeignKey(Project, on_delete=models.SET_NULL, null=True, related_name="remixings")
    labels = models.JSONField(default=dict)  # {id of a label of the source: id of the one that gets its pictures}
    address = models.URLField(max_length=500, blank=True)  # the play page of the source, named with pictures that were its owner's
    language = models.CharField(max_length=16, blank=True)  # of whoever asked
    total = models.PositiveIntegerField(default=0)
    processed = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)  # pictures that could not be read, or must not come in

    class Meta:
        ordering = ["-created", "id"]
