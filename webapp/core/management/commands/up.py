import os
import sys

from django.conf import settings
from django.core.management.base import BaseCommand

from webapp.core.supervisor import checks, commands, first_steps, private_redis, readiness
from webapp.core.supervisor.supervisor import Supervisor
from webapp.core.supervisor.terminal import Terminal


class Command(BaseCommand):
    help = "Run all of AI Maker on this machine in this terminal: web, live, dispatcher, worker and a private Redis. Ctrl-C stops all."
    requires_system_checks = []

    def handle(self, *args, **options) -> None:
        try:
            code = up(Terminal(settings.LOG_FORMAT))
        except checks.CannotStart as trouble:
            self.stderr.write(str(trouble))
            code = 2
        sys.exit(code)


def up(terminal: Terminal) -> int:
    """Check, prepare, start, watch, stop; gives the exit code. Raises CannotStart."""
    checks.check_folder(settings.DATA)
    if not settings.STORE_BUCKET and settings.STORE.is_dir():
        checks.check_folder(settings.STORE)  # it may be a disk of its own
    checks.check_vendor()
    lock = checks.lock_folder(settings.DATA, readiness.address())
    checks.check_port(settings.HOST, settings.PORT, "PORT")
    checks.check_port(settings.HOST, settings.LIVE_PORT, "LIVE_PORT")
    redis = settings.DATA / "redis"
    redis_command = [] if settings.REDIS_URL else private_redis.command(redis)
    os.chdir(settings.BASE_DIR)
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "REDIS_URL": settings.REDIS_URL or private_redis.url(redis)}
    supervisor = Supervisor(environment, lock, terminal)
    supervisor.listen_for_signals()
    try:
        first_steps.migrate(supervisor.say)
        if redis_command:
            supervisor.start("redis", redis_command, private_redis.log_file(redis))
        first_steps.collect_static(supervisor.say)
        if redis_command:
            private_redis.forget_workers(redis)
        for name, command in commands.all_here().items():
            supervisor.start(name, command)
        return supervisor.run()
    finally:
        supervisor.stop()
