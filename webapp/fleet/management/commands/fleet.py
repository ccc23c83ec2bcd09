import os
import signal
import socket
from threading import Event

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError, close_old_connections

from webapp.core import alive
from webapp.fleet import controller, holding, setup, simulate

NAME = f"{socket.gethostname()[:80]}:{os.getpid()}"


class Command(BaseCommand):
    requires_system_checks = []
    help = "Look after the machines that come and go, until stopped. Any number of these may run: one of them looks, the others wait for it to end."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--check", action="store_true", help="try whether all would be allowed, without doing it, and end")
        parser.add_argument("--simulate", type=int, metavar="WEEKS", help="live through weeks of demand with the settings of this server, print what machines cost and how long trainings wait, and end")
        parser.add_argument("--once", action="store_true", help="look once, and end")

    def handle(self, *args, **options) -> None:
        if options["simulate"]:
            return self.simulate(options["simulate"])
        try:
            provider = setup.provider()
        except setup.NotSetUp as trouble:
            raise CommandError(str(trouble)) from None
        if options["check"]:
            self.check_provider(provider)
        elif options["once"]:
            controller.look(provider, NAME)
        else:
            self.go_on(provider)

    def simulate(self, weeks: int) -> None:
        """Print the table of a school's weeks."""
        if not (settings.FLEET_MOST and settings.FLEET_TYPES):
            raise CommandError("Without machines nothing can be lived through. Set FLEET_MOST to one or more, and FLEET_TYPES.")
        outcomes = simulate.compare(setup.rules(), weeks, seed=7)
        self.stdout.write(f"{len(outcomes[0].waits)} trainings in {weeks} weeks of a school; {settings.FLEET_MOST} machines at most, the first type of FLEET_TYPES.\n")
        self.stdout.write("\n".join(simulate.table(outcomes, weeks)))

    def check_provider(self, provider) -> None:
        """Print what would be allowed, and how to mend what would not."""
        checks = provider.check()
        for check in checks:
            self.stdout.write(f"{'well' if check.ok else 'BAD '}  {check.what}{'' if check.ok else f': {check.mend}'}")
        if not all(check.ok for check in checks):
            raise CommandError("Not all is allowed that the fleet needs.")

    def go_on(self, provider) -> None:
        """Look again and again; what is held is let go at the end."""
        ended = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_args: ended.set())
        trouble = ""
        while not ended.is_set():
            trouble = self.look(provider, trouble)
            alive.tell()
            ended.wait(settings.FLEET_LOOK_SECONDS)
        holding.leave(NAME)

    def look(self, provider, before: str) -> str:
        """One look; gives what is wrong, and says it when it differs from what was wrong before."""
        try:
            controller.look(provider, NAME)
            now = ""
        except holding.Lost as lost:
            now = str(lost)
        except (DatabaseError, InterfaceError) as error:
            close_old_connections()
            now = f"The database does not answer, machines stay as they are: {error}"
        if now != before:
            self.stderr.write(now or "All is well again.")
        return now
