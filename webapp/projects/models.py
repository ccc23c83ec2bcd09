"""A project (pages say "AI"), its labels and its members."""

import unicodedata
import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

NAME_LENGTH = 100


def name_key(name: str) -> str:
    """The form under which two label names are the same, computed here so that every database agrees: NFKC, single spaces, casefold."""
    plain = " ".join(unicodedata.normalize("NFKC", name).split())
    return unicodedata.normalize("NFC", plain.casefold())


class Project(models.Model):
    """Labels, pictures, runs and models of one AI."""

    VISIBILITIES = [("private", _("Only me")), ("unlisted", _("Anyone with the link")), ("public", _("Everyone"))]

    PUBLISHINGS = [("always", _("Always")), ("better", _("Only when it is better")), ("never", _("Only when I say so"))]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="projects")
    name = models.CharField(max_length=NAME_LENGTH)
    description = models.TextField(blank=True, max_length=2000)
    visibility = models.CharField(max_length=16, choices=VISIBILITIES, default="private")
    # What becomes of the model of a run that has ended well: it answers from then on, or only when it is better, or never by itself.
    publishing = models.CharField(max_length=8, choices=PUBLISHINGS, default="always")
    # For how many days answers are kept with their pictures; none are when it is empty.
    answers_days = models.PositiveSmallIntegerField(null=True, blank=True)
    # Hidden by an admin of the site: whatever its visibility says, strangers do not see it.
    hidden = models.DateTimeField(null=True, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created", "id"]

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """A person who works on somebody else's project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "user"], name="member_once")]


class Label(models.Model):
    """One thing the AI tells apart. Unique in its project by `name_key`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="labels")
    name = models.CharField(max_length=NAME_LENGTH)
    # A digest of name_key(name): databases compare text by rules of their own (to some, two cats of different emoji are equal).
    key = models.CharField(max_length=64, editable=False)
    position = models.PositiveIntegerField(default=0)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["position", "created", "id"]
        constraints = [models.UniqueConstraint(fields=["project", "key"], name="label_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def hue(self) -> int:
        """1 to 8: the colour of the label on pages."""
        return self.position % 8 + 1
