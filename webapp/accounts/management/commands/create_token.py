from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from webapp.accounts.models import User
from webapp.accounts.services import create_token
from webapp.core.errors import UserError


class Command(BaseCommand):
    help = "Make an API token and print it on the last line; makes the account when there is none with this e-mail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", default="command line")

    def handle(self, *, email: str, name: str, **options: object) -> None:
        email = email.strip().lower()
        try:
            validate_email(email)
            _token, plain = create_token(user=self.account(email), name=name)
        except ValidationError:
            raise CommandError(f"{email!r} is not an e-mail address.") from None
        except UserError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(plain)

    def account(self, email: str) -> User:
        """The account of this e-mail (written in any case), or a new one without a password: "forgot password" sets one."""
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            user = User.objects.create_user(email, is_guest=False)
            self.stdout.write(f"Made the account {email}.")
        return user
