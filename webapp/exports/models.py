"""Exports: a project's pictures with labels and credits, as one ZIP that waits some days to be fetched."""

from django.db import models
from django.utils import timezone

from webapp.core.jobs import Job
from webapp.projects.models import Project


class Export(Job):
    """The making of a ZIP of a project's pictures; when it is done, the ZIP itself until it expires."""

    TASK = "exports.run"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="exports")
    licenses = models.JSONField(default=list)  # groups of images.licenses that go in; all when empty
    with_aside = models.BooleanField(default=False)  # pictures that were set aside go in too
    language = models.CharField(max_length=16, blank=True)  # of whoever asked, for the README
    total = models.PositiveIntegerField(default=0)
    processed = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)  # pictures whose files could not be read
    size_bytes = models.PositiveBigIntegerField(default=0)
    expires = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created", "id"]

    @property
    def file_name(self) -> str:
        """Its ZIP in the store. Each claim writes a file of its own: a worker that lost the row cannot spoil that of the next."""
        return f"{folder(self.project_id)}/{self.id}-{self.fence}.zip"

    @property
    def can_be_fetched(self) -> bool:
        return self.status == self.DONE and self.expires is not None and self.expires > timezone.now()


def folder(project_id) -> str:
    """Where the ZIPs of a project lie in the store."""
    return f"projects/{project_id}/exports"
