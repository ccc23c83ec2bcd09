"""The secrets of this server, so that no line of the log shows them."""

import os
from urllib.parse import unquote, urlsplit

from django.conf import settings

from webapp.core import masks

ENDINGS = ("_KEY", "_KEYS", "_TOKEN", "_PASSWORD", "_SECRET")
ADDRESSES = ("REDIS_URL", "SENTRY_DSN")


def hide_ours() -> None:
    """Have every secret masked that is among the settings, or in the environment for a library (boto3)."""
    there = {name: getattr(settings, name) for name in dir(settings)} | dict(os.environ)
    named = [value for name, value in there.items() if name.endswith(ENDINGS) and isinstance(value, str)]
    masks.hide(*named, settings.DATABASES["default"].get("PASSWORD", ""), *map(password_of, ADDRESSES))


def password_of(name: str) -> str:
    """The password, or for lack of one the user, in an address of the settings."""
    parts = urlsplit(getattr(settings, name))
    return unquote(parts.password or parts.username or "")
