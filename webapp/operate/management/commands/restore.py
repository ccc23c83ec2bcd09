from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from webapp.operate.backup import Unusable
from webapp.operate.restore import restore


class Command(BaseCommand):
    help = "Put a backup into this empty AI Maker, before it is started. The database and the store may be of another kind than where the backup came from."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="what `manage.py backup` has made, such as backups/2026-01-31T120000Z")

    def handle(self, *, folder: Path, **options: object) -> None:
        try:
            facts = restore(folder, say=self.stdout.write)
        except Unusable as trouble:
            raise CommandError(str(trouble)) from None
        self.stdout.write(f"{sum(facts.rows.values()):,} rows and {facts.files:,} files are back, as of {facts.made}. Start AI Maker; work that was under way then begins again.")
