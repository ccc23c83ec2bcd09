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
    providers = models.JSONField(default=list)  # [{"name", "asked", "accepted", "error": sentence or null}]

    class Meta:
        ordering = ["-created", "id"]
