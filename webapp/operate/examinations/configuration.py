"""Settings that start without a word and are still not what one wants."""

from collections.abc import Iterator
from contextlib import redirect_stderr
from io import StringIO

from django.conf import settings
from django.core import checks

from webapp.operate.finding import Finding, broken, well, worrying

PART = "settings"
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
CONSOLE = "django.core.mail.backends.console.EmailBackend"


def examine() -> Iterator[Finding]:
    yield debug()
    yield key()
    yield from address()
    yield mail()
    yield contact()
    yield from deployed()


def debug() -> Finding:
    if settings.DEBUG:
        return broken(PART, "DEBUG is on: whoever sees an error page sees our code and settings.", "Take DEBUG out of the settings.")
    return well(PART, "DEBUG is off")


def key() -> Finding:
    file = settings.DATA / "secret_key"
    if file.exists() and file.stat().st_mode & 0o077:
        return broken(PART, f"{file} can be read by others.", f"chmod 600 {file}")
    return well(PART, "The secret key is long and only we can read it")


def address() -> Iterator[Finding]:
    """How others reach us, and whether what they send can be read on the way."""
    if settings.HOST in LOOPBACK and not settings.PUBLIC_URL:
        yield well(PART, f"Only this machine reaches us, at http://{settings.HOST}:{settings.PORT}")
        return
    if not settings.HTTPS:
        yield worrying(PART, "Others reach us without encryption: passwords and pictures can be read on the way, and browsers give us no camera.", "Put deploy/nginx.conf in front and set PUBLIC_URL=https://...")
    else:
        yield well(PART, f"People come by {settings.PUBLIC_URL}")
    if settings.HTTPS and not settings.TRUSTED_PROXIES:
        yield broken(PART, "PUBLIC_URL is https, but no proxy is trusted: all callers look like one, and its limits are shared by all.", "Set TRUSTED_PROXIES=1.")
    if "*" in settings.ALLOWED_HOSTS:
        yield broken(PART, "ALLOWED_HOSTS lets a request call us anything: links in mails could lead elsewhere.", "Name your hosts in ALLOWED_HOSTS.")


def mail() -> Finding:
    if settings.EMAIL_BACKEND == CONSOLE and settings.ACCOUNT_EMAIL_VERIFICATION != "none":
        return broken(PART, "Addresses must be confirmed by mail, and mails go to the log.", "Set EMAIL_BACKEND and a mail server, or EMAIL_VERIFICATION=none.")
    if settings.EMAIL_BACKEND == CONSOLE:
        return worrying(PART, "Mails go to the log: nobody can have a new password sent.", "Set EMAIL_BACKEND and a mail server when people sign up.")
    return well(PART, "Mails are sent")


def contact() -> Finding:
    if not settings.COLLECT_CONTACT:
        return worrying(PART, "The search services are not told who we are, and some refuse that.", "Set COLLECT_CONTACT to your e-mail address or page.")
    return well(PART, "The search services are told who we are")


def deployed() -> Iterator[Finding]:
    """What Django's own check of a deployment says, where we are one."""
    if not settings.HTTPS:
        return
    with redirect_stderr(StringIO()):
        found = [said for said in checks.run_checks(include_deployment_checks=True) if said.level >= checks.WARNING and not said.is_silenced()]
    yield from (worrying(PART, f"{said.id}: {said.msg.splitlines()[0]}", (said.hint or "See Django's deployment checklist.").splitlines()[0]) for said in found)
    if not found:
        yield well(PART, "Django's check of deployments is content")
