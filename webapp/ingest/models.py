import uuid

from django.conf import settings
from django.db import models

from webapp.core.jobs import Job
from webapp.projects.models import Label, Project


class Upload(Job):
    """Files that a person sent: kept in the store as they came until a worker has taken them in."""

    TASK = "ingest.run"
    SMALL, PICTURES = "ingest.small", "ingest.pictures"  # shares of their own: what takes seconds does not wait for what takes minutes
    SMALL_BYTES = 50_000_000

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="uploads")
    label = models.ForeignKey(Label, null=True, blank=True, on_delete=models.SET_NULL, related_name="uploads")
    label_chosen = models.BooleanField(default=False)  # pictures then never get another label, also when that one is deleted
    facts = models.JSONField(default=dict)  # columns that all its images get: source, split
    language = models.CharField(max_length=16, blank=True)  # of the person, for the sentences of the report
    files = models.JSONField(default=list)  # [{"name": as the person called it, "stored": name in the store, "size": bytes, "kind": zip, list or picture, "reason": why it was refused at once or ""}]
    total = models.PositiveIntegerField(default=0)
    processed = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0)
    rejected = models.JSONField(default=list)  # [{"name", "reason": snake_case, "message": sentence}]
    labels = models.JSONField(default=dict)  # {label name: pictures taken}
    notices = models.JSONField(default=list)  # sentences about what was taken otherwise than one might expect

    class Meta:
        ordering = ["-created", "id"]

    @classmethod
    def share_of(cls, row_id) -> str:
        """Pictures alone, small ZIPs, and all others: big ZIPs, and lists of addresses."""
        files = cls.objects.filter(id=row_id).values_list("files", flat=True).first() or []
        kinds = {line.get("kind") for line in files if not line["reason"]}
        if kinds == {"picture"}:
            return cls.PICTURES
        return cls.SMALL if "zip" in kinds and "list" not in kinds and sum(line["size"] for line in files) <= cls.SMALL_BYTES else cls.TASK


class Transfer(models.Model):
    """A big file that comes in pieces. How much of it is here, the file itself says (`parts`); when all of it is, it becomes the upload of the same id."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="transfers")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="transfers")
    label = models.ForeignKey(Label, null=True, blank=True, on_delete=models.SET_NULL, related_name="transfers")
    label_chosen = models.BooleanField(default=False)
    name = models.CharField(max_length=255, blank=True)  # as the person called it
    fingerprint = models.CharField(max_length=400, blank=True)  # by which the browser knows the file again
    size = models.PositiveBigIntegerField()
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField(db_index=True)
    finished = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created", "id"]
