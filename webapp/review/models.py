"""What a look through all pictures of a project found."""

from django.conf import settings
from django.db import models

from webapp.core.jobs import Job
from webapp.images.models import Image
from webapp.projects.models import Label, Project


class Check(Job):
    """A look through all pictures of a project, for duplicates, pictures of something else and wrong labels."""

    TASK = "review.run"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="checks")
    language = models.CharField(max_length=16, blank=True)  # of whoever asked, for the sentences that the worker writes
    found = models.JSONField(default=dict)  # {"pictures", "duplicate", "off_topic", "suggestions"}: counts

    class Meta:
        ordering = ["-created", "id"]


class Suggestion(models.Model):
    """A picture whose label is probably wrong, and the label that it looks like. Made anew by every check."""

    image = models.OneToOneField(Image, on_delete=models.CASCADE, related_name="suggestion")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="suggestions")
    label = models.ForeignKey(Label, on_delete=models.CASCADE, related_name="suggestions")  # what it looks like
    score = models.FloatField()  # how sure, 0 to 1; the most certain first

    class Meta:
        ordering = ["-score", "image"]
        indexes = [models.Index(fields=["project", "-score"])]


class Step(models.Model):
    """A change that somebody made to pictures, so that it can be taken back. Its id is made by whoever asked for it, so that asking twice changes once."""

    id = models.UUIDField(primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="steps")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="steps")
    before = models.JSONField()  # how the pictures stood: images.services.standing
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created", "id"]
        indexes = [models.Index(fields=["project", "user", "-created"])]
