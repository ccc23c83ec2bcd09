"""Pictures and their vectors."""

import uuid

from django.db import models

from webapp.projects.models import Label, Project


class Image(models.Model):
    """A picture of a project: a JPEG of at most 1,024 px in the store under the hash of its bytes, upright and without metadata."""

    READY, SET_ASIDE = "ready", "set_aside"
    UPLOAD, WEB, SAMPLE, CORRECTION = "upload", "web", "sample", "correction"
    BY_HAND, DUPLICATE, OFF_TOPIC = "by_hand", "duplicate", "off_topic"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="images")
    label = models.ForeignKey(Label, on_delete=models.CASCADE, related_name="images")
    sha256 = models.CharField(max_length=64)  # of the stored JPEG
    name = models.CharField(max_length=255, blank=True)  # the name the file had when it came, as text for people only
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size_bytes = models.PositiveIntegerField()
    status = models.CharField(max_length=16, default=READY)
    split = models.CharField(max_length=8, blank=True)  # train or val when the picture came with a given split
    created = models.DateTimeField(auto_now_add=True)

    # What was seen in it when it came in (images.guard), and by the check of the whole project (review)
    phash = models.BigIntegerField(null=True, blank=True)  # perceptual hash of 64 bits, as a signed number
    is_blurred = models.BooleanField(default=False)
    is_tiny = models.BooleanField(default=False)
    is_empty = models.BooleanField(default=False)
    is_off_topic = models.BooleanField(default=False)  # it does not look like the others of its label
    group = models.UUIDField(null=True, blank=True, db_index=True)  # near duplicates of one another share it
    aside_reason = models.CharField(max_length=24, blank=True)  # why it was set aside: by_hand, duplicate, off_topic; empty while it is ready
    is_reviewed = models.BooleanField(default=False)  # a person has decided about it: no check changes it any more

    # Where it came from
    source = models.CharField(max_length=16, default=UPLOAD)
    origin = models.UUIDField(null=True, blank=True, db_index=True)  # the upload, collection or correction that brought it
    provider = models.CharField(max_length=32, blank=True)
    query = models.CharField(max_length=200, blank=True)
    source_url = models.URLField(max_length=2048, blank=True)
    page_url = models.URLField(max_length=2048, blank=True)
    title = models.CharField(max_length=500, blank=True)
    license = models.CharField(max_length=64, blank=True)
    license_url = models.URLField(max_length=500, blank=True)
    creator = models.CharField(max_length=300, blank=True)
    attribution = models.TextField(blank=True)

    class Meta:
        ordering = ["created", "id"]
        constraints = [models.UniqueConstraint(fields=["project", "sha256"], name="picture_once")]
        indexes = [
            models.Index(fields=["label", "status", "created"]),
            models.Index(fields=["label", "-group", "created", "id"], name="picture_grid"),  # the order of review.queries.grid
            models.Index(fields=["project", "created", "id"], name="picture_paged"),  # lists by cursor
            models.Index(fields=["project", "status", "created", "id"], name="picture_by_status"),
            models.Index(fields=["project", "license", "source", "created"], name="picture_licensed"),
            # Counting 100,000 pictures by what is known of them reads this index alone.
            models.Index(
                fields=["project", "label", "status", "aside_reason", "is_blurred", "is_tiny", "is_empty", "is_off_topic", "is_reviewed", "group"],
                name="picture_tally",
            ),
        ]

    @property
    def file_name(self) -> str:
        """Its name in the store."""
        return f"projects/{self.project_id}/pictures/{self.sha256[:2]}/{self.sha256}.jpg"

    @property
    def thumb_name(self) -> str:
        """The name of its thumbnail in the store."""
        return f"projects/{self.project_id}/thumbs/{self.sha256[:2]}/{self.sha256}.jpg"


class Embedding(models.Model):
    """The EfficientNet-Lite0 vector of a picture: 1,280 numbers as little-endian float16 bytes."""

    image = models.OneToOneField(Image, on_delete=models.CASCADE, primary_key=True, related_name="embedding")
    vector = models.BinaryField()


class Block(models.Model):
    """A picture that was taken down and must not come in again, by one of its marks (`images.blocks`); without a project, into none."""

    key = models.CharField(max_length=64, db_index=True)
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.CASCADE, related_name="blocks")
    created = models.DateTimeField(auto_now_add=True)
