"""All machines must have one SECRET_KEY: with two, whoever signed in at one is nobody at the next. A digest in the shared cache tells those that differ."""

import logging

from django.conf import settings
from django.core.cache import cache
from django.db import Error, connection
from django.utils.crypto import constant_time_compare, salted_hmac

PLACE = "secret_key"
SENTENCE = "This machine has another SECRET_KEY than the one that prepared the database: people are signed out at every second request, and links in mails do not hold."
MEND = "Give all machines the same SECRET_KEY (or SECRET_KEY_FILE). If you have changed it on all of them, run `python manage.py migrate` with the new one."

log = logging.getLogger(__name__)


def digest() -> str:
    """Tells two keys apart and says nothing of either."""
    return salted_hmac(PLACE, "AI Maker", secret=settings.SECRET_KEY, algorithm="sha256").hexdigest()


def settle(plan: object = None, **_signal: object) -> None:
    """Whoever prepares the database has the right key: at `migrate`, also where nothing was to be done, but not where tests empty their tables."""
    if plan is not None:
        cache.set(PLACE, digest(), None)


def differs() -> bool:
    """Whether the database was prepared with another key; False where nobody knows. Raises django.db.Error."""
    settled = cache.get(PLACE)
    return settled is not None and not constant_time_compare(settled, digest())


def tell_at_start() -> None:
    """Say so in the log of a process that begins to serve."""
    try:
        if differs():
            log.error("%s %s", SENTENCE, MEND)
    except Error as error:  # no reason not to start: whoever asks for a page is told that the database is away
        log.warning("whether all machines have the same SECRET_KEY is not known: %s", error)
    finally:
        connection.close()
