from django.db import models


class Trail(models.Model):
    """The number of the request that a row of background work came of; see `webapp.watch.trails`."""

    row = models.UUIDField(primary_key=True, editable=False)
    request = models.CharField(max_length=64)
    created = models.DateTimeField(auto_now_add=True, db_index=True)
