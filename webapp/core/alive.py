"""How processes that serve no requests show that they are well: a file whose time is new."""

import logging
from pathlib import Path

from django.conf import settings

log = logging.getLogger(__name__)


def tell() -> None:
    """Touch ALIVE_FILE, where there is one."""
    if not settings.ALIVE_FILE:
        return
    try:
        Path(settings.ALIVE_FILE).touch()
    except OSError as error:  # no reason to stop working
        log.warning("ALIVE_FILE %s cannot be touched: %s", settings.ALIVE_FILE, error.strerror)
