from django.core.management.base import BaseCommand

from webapp.takedown.janitor import sweep


class Command(BaseCommand):
    help = "Delete files of the store that nothing belongs to and that are older than an hour."

    def handle(self, *args, **options) -> None:
        self.stdout.write(f"{sweep()} files deleted")
