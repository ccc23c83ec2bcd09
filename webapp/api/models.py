from django.conf import settings
from django.db import models


class FirstAnswer(models.Model):
    """What a POST with an Idempotency-Key was answered the first time, to be given again when it is repeated."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=64)  # a digest of the header
    asked = models.CharField(max_length=64)  # a digest of the address and the JSON body
    status = models.PositiveSmallIntegerField(null=True)  # null while the first one is being worked on
    body = models.TextField(blank=True)
    location = models.CharField(max_length=200, blank=True)
    created = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="first_answer_once")]
