from django.db import models

from webapp.core.jobs import Job
from webapp.projects.models import Label, Project


class Upload(Job):
    """Files that a person sent: kept in the store as they came until a worker has taken them in."""

    TASK = "ingest.run"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="uploads")
    label = models.ForeignKey(Label, null=True, blank=True, on_delete=models.SET_NULL, related_name="uploads")
    files = models.JSONField(default=list)  # [{"name": as the person called it, "stored": name in the store, "size": bytes}]
    total = models.PositiveIntegerField(default=0)
    processed = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0)
    rejected = models.JSONField(default=list)  # [{"name", "reason": snake_case, "message": sentence}]
    labels = models.JSONField(default=dict)  # {label name: pictures taken}

    class Meta:
        ordering = ["-created", "id"]
