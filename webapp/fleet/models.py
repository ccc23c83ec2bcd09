"""Machines that are started for a training and stopped after it, what they cost, and what happened to them."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from webapp.fleet import providers


class Machine(models.Model):
    """A machine of the pool. Its row is written before it is asked for, and its id is the token that it is made with."""

    WISHED, STARTING, RUNNING, STOPPING, STOPPED, GONE, UNKNOWN = "wished", "starting", "running", "stopping", "stopped", "gone", "unknown"
    COSTS = (WISHED, STARTING, RUNNING, STOPPING, UNKNOWN)  # states in which its time may have to be paid
    ON, OFF = "on", "off"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # What the provider calls it, and what the worker on it is called (WORKER_NAME); NULL until it is there.
    instance_id = models.CharField(max_length=100, null=True, blank=True, unique=True)
    type = models.CharField(max_length=64)
    zone = models.CharField(max_length=64)
    state = models.CharField(max_length=16, default=WISHED, db_index=True)
    created = models.DateTimeField()
    asked = models.DateTimeField(null=True, blank=True)  # when it was told to start or to stop last
    seen = models.DateTimeField(null=True, blank=True)  # when its provider showed it last
    ready = models.DateTimeField(null=True, blank=True)  # when its worker said first that it is there, since it was started
    busy = models.DateTimeField(null=True, blank=True)  # when it was last seen at work, since it was started
    trainings = models.PositiveSmallIntegerField(default=1)  # how many it does at once, as its worker says
    leaving = models.DateTimeField(null=True, blank=True)  # since when it begins nothing new, because it is to be stopped
    useless_until = models.DateTimeField(null=True, blank=True)  # it did not do its work, or its provider took it back: not started again before
    wish = models.CharField(max_length=8, blank=True)  # what a person wants of it: on, off or nothing
    wished_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["created", "id"]

    @property
    def token(self) -> str:
        return str(self.id)

    @property
    def name(self) -> str:
        """What the provider calls it, or the beginning of its token."""
        return self.instance_id or self.token[:8]


class Stretch(models.Model):
    """A time in which a machine ran and had to be paid. The price is written down with it: prices change."""

    machine = models.ForeignKey(Machine, on_delete=models.CASCADE, related_name="stretches")
    began = models.DateTimeField(db_index=True)
    ended = models.DateTimeField(null=True, blank=True, db_index=True)  # null while it runs
    price = models.FloatField()  # an hour
    open = models.BooleanField(null=True, default=True, editable=False)  # True or NULL: a machine has one open stretch on every database

    class Meta:
        ordering = ["began"]
        constraints = [models.UniqueConstraint(fields=["machine", "open"], name="one_open_stretch")]


class Event(models.Model):
    """Something that happened in the fleet. Its sentence is made of kind and facts when it is shown, in the language of whoever reads it."""

    at = models.DateTimeField(db_index=True)
    kind = models.CharField(max_length=24, db_index=True)
    machine = models.ForeignKey(Machine, null=True, blank=True, on_delete=models.CASCADE, related_name="events")
    type = models.CharField(max_length=64, blank=True)
    zone = models.CharField(max_length=64, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-at", "-id"]


class Controller(models.Model):
    """The one row of the controller: who holds it, until when, and what it thinks."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    holder = models.CharField(max_length=100, blank=True)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    looked = models.DateTimeField(null=True, blank=True)  # when it last saw the machines and decided
    paused = models.BooleanField(default=False)  # by a person: nothing is started or stopped by itself
    wanted = models.BooleanField(default=False)  # a person wants one machine more
    wanted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    quiet_until = models.DateTimeField(null=True, blank=True)  # the provider wants to be left alone until then
    trouble = models.TextField(blank=True)  # what the provider did not do last, as it said it
    thoughts = models.JSONField(default=dict, blank=True)  # what the last decision was made from, for the page

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_controller")]


STATES = {
    providers.PENDING: Machine.STARTING,
    providers.RUNNING: Machine.RUNNING,
    providers.STOPPING: Machine.STOPPING,
    providers.STOPPED: Machine.STOPPED,
    providers.TERMINATED: Machine.GONE,
}
