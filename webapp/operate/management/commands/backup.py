from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from webapp.core.errors import StoreAway
from webapp.operate.backup import Unusable, back_up, facts_of


class Command(BaseCommand):
    help = "Write all of AI Maker, its rows, files and key, into a new folder of FOLDER, while it runs. Keep it as you keep a password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--without-files", action="store_true", help="rows and key alone, where the bucket is backed up otherwise")
        parser.add_argument("--check", action="store_true", help="make nothing: say whether the backup FOLDER is whole")

    def handle(self, *, folder: Path, without_files: bool, check: bool, **options: object) -> None:
        try:
            made = folder if check else back_up(folder, with_files=not without_files, say=self.stdout.write)
            facts = facts_of(made)
        except Unusable as trouble:
            raise CommandError(str(trouble)) from None
        except OSError as error:
            raise CommandError(f"The backup could not be written to {folder} ({error.strerror}). Make room there, or name another folder.") from None
        except (DatabaseError, StoreAway) as error:
            raise CommandError(f"The backup stopped and left nothing: {error}. `python manage.py doctor` says what is not well; then run this again.") from None
        self.stdout.write(f"{made}: {sum(facts.rows.values()):,} rows, {facts.files:,} files, {facts.bytes / 1e6:,.0f} MB. Whole.")
