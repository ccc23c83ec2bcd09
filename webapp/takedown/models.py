from django.db import models

from webapp.core.jobs import Job


class Sweep(Job):
    """The daily clearing away of files that nothing belongs to. One row a day, so one worker does it, however many there are."""

    TASK = "takedown.sweep"

    day = models.DateField(unique=True)
    deleted = models.PositiveIntegerField(default=0)  # files
