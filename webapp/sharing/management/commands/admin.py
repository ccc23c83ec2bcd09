from django.core.management.base import BaseCommand, CommandError, CommandParser

from webapp.accounts.models import User


class Command(BaseCommand):
    help = "Let a person who has signed up read reports and hide shared AIs; with --end, no longer."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--end", action="store_true")

    def handle(self, *, email: str, end: bool, **options: object) -> None:
        if not User.objects.filter(email__iexact=email.strip(), is_guest=False).update(is_staff=not end):
            raise CommandError(f"Nobody has signed up as {email}. Sign up first, then run this again.")
        self.stdout.write(f"{email} is no admin any more." if end else f"{email} finds the reports in the menu now.")
