import secrets
import time
from collections.abc import Callable

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from webapp.accounts.models import User
from webapp.core import broker
from webapp.core.errors import UserError
from webapp.core.jobs import Job
from webapp.core.supervisor.readiness import address
from webapp.ingest.samples import start_sample
from webapp.projects.models import Project
from webapp.training import services

DEMO = "demo@example.org"
LOOK_EVERY = 0.1


class Command(BaseCommand):
    help = "Make a project of drawn sample pictures, train it, and say where to see it. AI Maker must be running."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", default=DEMO, help="whose project it becomes; the account is made when there is none")
        parser.add_argument("--timeout", type=float, default=300.0, help="seconds to wait for each part")

    def handle(self, *, email: str, timeout: float, **options: object) -> None:
        if not broker.workers():
            raise CommandError("AI Maker is not running here. Start it with `make run`, and try again in another terminal.")
        try:
            project = start_sample(owner=self.account(email.strip().lower()))
            self.follow(project.uploads.get(), "Taking in the drawn pictures", lambda upload: f"{upload.accepted} pictures", timeout)
            run, _created = services.start(project=project, preset="quick")
            self.follow(run, "Training", lambda run: f"{100 * run.evaluation['accuracy']:.0f}% right on unseen pictures", timeout)
        except UserError as error:
            raise CommandError(str(error)) from None
        self.show(project)

    def account(self, email: str) -> User:
        """The account of this e-mail, or a new one whose password is told here and nowhere else."""
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            password = secrets.token_urlsafe(12)
            user = User.objects.create_user(email, password, is_guest=False)
            self.stdout.write(f"Made the account {email} with the password {password}")
        return user

    def follow(self, row: Job, title: str, outcome: Callable[[Job], str], timeout: float) -> None:
        """Wait for a row to end, and say what it came to."""
        began = time.monotonic()
        while row.is_live:
            if time.monotonic() - began > timeout:
                raise CommandError(f"{title}: not done after {timeout:.0f} s. Look at the output of `make run`.")
            time.sleep(LOOK_EVERY)
            row.refresh_from_db()
        if row.status != row.SUCCESS:
            raise CommandError(f"{title}: {row.status}. {row.error['cause'] if row.error else ''}")
        self.stdout.write(f"{title}: {outcome(row)}, {time.monotonic() - began:.1f} s")

    def show(self, project: Project) -> None:
        start = settings.PUBLIC_URL or address().rstrip("/")
        for words, name in (("Its pictures", "images:project"), ("How it learned", "training:runs"), ("Ask it", "serving:try")):
            self.stdout.write(f"{words}: {start}{reverse(name, args=[project.id])}")
