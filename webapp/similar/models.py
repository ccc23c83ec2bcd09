"""What a worker makes of all pictures of a project: an index to search in, and a map to look at."""

from django.db import models

from webapp.core.jobs import Job
from webapp.projects.models import Project


class Index(Job):
    """The building of a project's index; when it is done, the index, until a newer one takes its place."""

    TASK = "similar.index"
    FOLDER = "indexes"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="indexes")
    kind = models.CharField(max_length=16, blank=True)  # exact, or how it is made smaller and faster
    count = models.PositiveIntegerField(default=0)  # pictures in it
    recall = models.FloatField(null=True, blank=True)  # measured: the share of true neighbours that it finds; null where it is exact
    size_bytes = models.PositiveBigIntegerField(default=0)
    seconds = models.FloatField(null=True, blank=True)  # that the building took
    new_images = models.PositiveIntegerField(default=0)  # that came since it was begun
    gone_images = models.PositiveIntegerField(default=0)  # that were deleted since: their vectors are still in the file

    class Meta:
        ordering = ["-created", "id"]

    @property
    def file_name(self) -> str:
        """Its file in the store; each claim writes one of its own."""
        return f"projects/{self.project_id}/{self.FOLDER}/{self.id}-{self.fence}"


class Map(Job):
    """The laying out of a project's pictures in the plane; when it is done, their places."""

    TASK = "similar.map"
    FOLDER = "maps"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="maps")
    method = models.CharField(max_length=8, default="tsne")
    count = models.PositiveIntegerField(default=0)  # pictures on it
    processed = models.PositiveIntegerField(default=0)  # rounds of the layout, of mapping.ROUNDS
    language = models.CharField(max_length=16, blank=True)  # of whoever asked, for sentences of the worker

    class Meta:
        ordering = ["-created", "id"]

    @property
    def file_name(self) -> str:
        """Its file in the store; each claim writes one of its own."""
        return f"projects/{self.project_id}/{self.FOLDER}/{self.id}-{self.fence}"
