"""Rows of the house itself: what has been spent of each limit, and the cache that all processes share."""

from django.db import models


class Spent(models.Model):
    """How often somebody did something in the present window of time. A row is used again in the next window."""

    key = models.CharField(max_length=64, unique=True)  # a digest of what and who
    window = models.BigIntegerField()  # seconds of the epoch divided by the length of the window
    count = models.PositiveIntegerField(default=0)


class CacheEntry(models.Model):
    """The table of Django's database cache; declared here so that `migrate` makes it on every database."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "core_cache"
