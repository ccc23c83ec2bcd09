import os
import sys

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    requires_system_checks = []
    help = "Send the ids of waiting work to the workers, until stopped."

    def handle(self, *args, **options) -> None:
        # This process becomes the dispatcher: it needs Celery, which nothing of the web may import.
        os.execv(sys.executable, [sys.executable, "-m", "worker.dispatcher"])
