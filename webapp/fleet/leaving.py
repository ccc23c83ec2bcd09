"""What a worker asks before it begins something: whether its machine is about to be stopped."""

from django.conf import settings

from webapp.fleet.models import Machine


def is_leaving() -> bool:
    """Whether this machine is one of the fleet that shall begin nothing new."""
    return bool(settings.WORKER_NAME) and Machine.objects.filter(instance_id=settings.WORKER_NAME).exclude(leaving=None).exists()
