"""Keys of one project, for programs and web pages, and how much each is used."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from webapp.projects.models import Project

PREDICT, UPLOAD, READ = "predict", "upload", "read"
SCOPES = [(PREDICT, _("Ask the AI")), (UPLOAD, _("Send pictures")), (READ, _("Read pictures, trainings and models"))]


class Key(models.Model):
    """A key: shown once, kept as a SHA-256 (it has 256 random bits, so a slow hash would protect nothing more).

    It stands for its person, on one project and for its scopes alone: where the person may do no more, the key opens nothing.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="keys")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="keys")
    name = models.CharField(max_length=100)
    start = models.CharField(max_length=12)  # the first characters, to tell keys apart
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.CharField(max_length=32, default=PREDICT)  # with spaces between them
    # Web pages that may use it, each on a line of its own with a line break before and after: https://shop.example
    origins = models.TextField(blank=True, default="")
    rate = models.PositiveIntegerField(null=True, blank=True)  # calls a minute; null: as many as the site allows
    replaces = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="replaced_by")
    created = models.DateTimeField(auto_now_add=True)
    last_used = models.DateTimeField(null=True, blank=True)
    expires = models.DateTimeField(null=True, blank=True)
    revoked = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created", "id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.start}…)"

    @property
    def scope_names(self) -> list[str]:
        return self.scopes.split()

    @property
    def origin_list(self) -> list[str]:
        return self.origins.split()

    @property
    def is_expired(self) -> bool:
        return self.expires is not None and self.expires <= timezone.now()

    @property
    def is_living(self) -> bool:
        return self.revoked is None and not self.is_expired

    def may(self, scope: str) -> bool:
        return scope in self.scope_names

    def allows(self, origin: str) -> bool:
        """Whether scripts of this origin (`https://shop.example`) may read what the key is answered."""
        return bool(origin) and f"\n{origin}\n" in self.origins

    def serves(self, origin: str) -> bool:
        """Whether a call is answered at all: a key for certain pages is of no use to scripts of others. Programs send no origin."""
        return not origin or not self.origins or self.allows(origin)


class Usage(models.Model):
    """What one key was used for on one day (UTC)."""

    key = models.ForeignKey(Key, on_delete=models.CASCADE, related_name="usage")
    day = models.DateField()
    calls = models.PositiveBigIntegerField(default=0)
    errors = models.PositiveBigIntegerField(default=0)  # calls that were answered with 400 or more
    ms = models.FloatField(default=0)  # of all calls together, from request to answer

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "day"], name="usage_once")]
