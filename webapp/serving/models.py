import uuid

from django.conf import settings
from django.db import models

from trainer.standalone.novelty import KEEP
from webapp.projects.models import Project
from webapp.training.models import Run


class Kept(models.Manager):
    """Models of runs that no person has deleted."""

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().filter(run__removed=None)


class Model(models.Model):
    """What a run learned, ready to answer: a bundle folder in the store. One run has one model at most."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="models")
    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="model")
    labels = models.JSONField(default=list)
    accuracy = models.FloatField()
    size_bytes = models.PositiveBigIntegerField()
    input_size = models.PositiveIntegerField()
    engine = models.CharField(max_length=32, default="onnxruntime")
    sha256 = models.CharField(max_length=64)  # of model.onnx; checked whenever it is loaded
    files = models.JSONField(default=list)  # names of the files of the bundle, relative to its folder
    # Of the pictures that it answers rightly the share that it answers at all; the rest it calls none of its labels.
    keep = models.FloatField(default=KEEP)
    # True or NULL, so that a project has one published model on every database.
    published = models.BooleanField(null=True, default=None)
    # Packed for speed, this is what answers in its stead; null: the model as it was trained.
    variant = models.ForeignKey("Variant", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    # What was found when it was held against the model in use, see `better.Finding`; null where nobody asked.
    finding = models.JSONField(null=True, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    objects = Kept()
    everything = models.Manager()  # with those of runs that were deleted and can still be brought back

    class Meta:
        ordering = ["-created", "id"]
        constraints = [models.UniqueConstraint(fields=["project", "published"], name="one_published_model")]

    @property
    def folder(self) -> str:
        """Its folder in the store."""
        return f"projects/{self.project_id}/models/{self.id}"


class Variant(models.Model):
    """A model packed for another engine, precision or input size, and what was measured of it; its files lie beside the model's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="variants")
    engine = models.CharField(max_length=16)
    precision = models.CharField(max_length=8)
    input_size = models.PositiveIntegerField()
    threads = models.PositiveSmallIntegerField()
    accuracy = models.FloatField()
    changed = models.PositiveIntegerField()  # unseen pictures that it answers otherwise than the model as it was trained
    p50_ms = models.FloatField()
    size_bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)  # of its network, as its bundle.json says
    files = models.JSONField(default=list)  # names of the files of its bundle, relative to its folder
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created", "id"]

    @property
    def folder(self) -> str:
        """Its folder in the store."""
        return f"{self.model.folder}/variants/{self.id}"

    @property
    def name(self) -> str:
        """Such as openvino-int8-192-t2."""
        return f"{self.engine}-{self.precision}-{self.input_size}-t{self.threads}"


class Publication(models.Model):
    """From a moment on this model answered for its project; the newest row of a project says which one does now, and nothing does where it names no run."""

    TRAINED, CHOSEN, UNDONE, REMOVED, RESTORED, PACKED = "trained", "chosen", "undone", "removed", "restored", "packed"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="publications")
    model = models.ForeignKey(Model, null=True, blank=True, on_delete=models.SET_NULL, related_name="publications")
    before = models.ForeignKey(Model, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")  # what it took the place of
    number = models.PositiveIntegerField(null=True, blank=True)  # of its run, which may be deleted later
    cause = models.CharField(max_length=16)
    # How the model was packed from then on, and how before, where that was what changed (PACKED, and its Undo); null: as it was trained.
    # Of an UNDONE that put another model in use, variant_before is how that of `before` was packed: Undo of the Undo brings it back so.
    variant = models.ForeignKey(Variant, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    variant_before = models.ForeignKey(Variant, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    packing = models.CharField(max_length=40, blank=True)  # such as openvino-int8-192-t2, also of a variant that is gone
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")  # null: a training
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
