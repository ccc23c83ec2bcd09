from django.db import models

from webapp.core.jobs import Job
from webapp.projects.models import Label, Project


class Collection(Job):
    """A search of the web for pictures of one label."""

    TASK = "collect.run"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="collections")
    label = models.ForeignKey(Label, on_delete=models.CASCADE, related_name="collections")
    query = models.CharField(max_length=200)
    wanted = models.PositiveIntegerField(default=50)
    language = models.CharField(max_length=16, blank=True)  # of the person who asked, for the sentences that the worker writes
    found = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    rejected = models.JSONField(default=list)  # [{"reason": snake_case, "count"}]
    providers = models.JSONField(default=list)  # [{"name", "asked", "accepted", "error": sentence or null}], which also says what is waited for; then with "until" and "clock"

    class Meta:
        ordering = ["-created", "id"]

    @property
    def sentences(self) -> list[str]:
        """What the providers say, each sentence once, and none that the error of the whole says already."""
        said = dict.fromkeys(line["error"] for line in self.providers if line["error"])
        cause = (self.error or {}).get("cause", "")
        return [sentence for sentence in said if sentence not in cause]


class Bucket(models.Model):
    """What a provider still allows; see `webapp.collect.buckets`."""

    name = models.CharField(max_length=64, primary_key=True)
    taken = models.JSONField(default=list)  # when each token that is out was taken, in seconds of the epoch, oldest first
    blocked_until = models.DateTimeField(null=True)  # the provider asked for a pause
    version = models.PositiveBigIntegerField(default=0)  # counts the changes, so that none is made on old knowledge


class Answer(models.Model):
    """A page of hits that a provider has given, to be used again for a day; see `webapp.collect.answers`."""

    key = models.CharField(max_length=64, primary_key=True)  # a digest of provider, words and cursor
    page = models.JSONField()
    created = models.DateTimeField(db_index=True)
