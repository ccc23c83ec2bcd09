"""What every provider of pictures is: a search by words that answers with pages of hits.

A provider only speaks with its service. How often it may be asked is kept by `webapp.collect.buckets`, what it has answered by `webapp.collect.answers`.
"""

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from webapp.core import outgoing
from webapp.core.limits import MINUTE, Limit
from webapp.core.outgoing import OutgoingError, Response, retry_after
from webapp.images.guard import ACCEPT

LARGEST = 4_000_000  # bytes of one page of hits
SECONDS = 15.0
SECOND, DAY, MONTH = 1, 24 * 60 * MINUTE, 30 * 24 * 60 * MINUTE


class ProviderError(Exception):
    """A provider cannot help. The message is a sentence for a person; `permanent` says that asking again soon will not help."""

    def __init__(self, message: str, permanent: bool):
        super().__init__(message)
        self.message, self.permanent = str(message), permanent

    def __str__(self) -> str:
        return self.message


class Unreachable(ProviderError):
    """No answer at all: most likely there is no network."""


class Throttled(ProviderError):
    """Too many requests; whoever answered at `url` may be asked again after `seconds`, by whichever worker."""

    def __init__(self, message: str, seconds: float, url: str = ""):
        super().__init__(message, permanent=False)
        self.seconds, self.url = seconds, url


@dataclass(frozen=True)
class Hit:
    """A picture that a search has found. All texts may be empty; `width` and `height` are those of the original in pixels, 0 when unknown."""

    url: str
    thumb_url: str = ""
    page_url: str = ""
    title: str = ""
    width: int = 0
    height: int = 0
    license: str = ""
    license_url: str = ""
    creator: str = ""
    attribution: str = ""
    provider_id: str = ""


@dataclass(frozen=True)
class Page:
    """Some hits, best first, and the cursor to ask for more with, or "" when that was all."""

    hits: list[Hit]
    next_cursor: str = ""


class Provider(ABC):
    """A place to search for pictures. Subclass it, say `name` and `title`, and write `search`."""

    name = ""  # in the API and in rows
    title = ""  # for people
    place = 100  # lower ones are asked first
    needs: tuple[str, ...] = ()  # settings without which it does not work
    limits: tuple[Limit, ...] = ()  # searches that it allows, of all workers together
    picture_limits: tuple[Limit, ...] = ()  # pictures that may be fetched, of all workers together
    is_kept = True  # whether its answers may be used again for a day

    @abstractmethod
    def search(self, query: str, *, cursor: str = "") -> Page:
        """One page of pictures for the words, as large as the service gives, going on at the cursor. One request. Raises ProviderError."""

    def addresses(self, hit: Hit) -> list[str]:
        """Where to fetch the picture from, best first. A thumbnail is large enough to learn from and its host is a known one."""
        return [address for address in (hit.thumb_url, hit.url) if address]

    def picture(self, address: str, *, limit_bytes: int, timeout: float) -> bytes:
        """The file at one of the addresses, or nothing where there is none. Raises OutgoingError, and Throttled when the host asks for a pause."""
        response = outgoing.fetch(address, limit_bytes=limit_bytes, timeout=timeout, accept=ACCEPT)
        if response.is_throttled:
            raise self.throttled(response)
        return response.content if response.status == 200 else b""

    def missing(self) -> list[str]:
        """Names of settings that are needed and empty."""
        return [name for name in self.needs if not getattr(settings, name)]

    def check(self) -> None:
        """Raise ProviderError when a setting is missing."""
        if missing := self.missing():
            raise ProviderError(
                _("%(provider)s needs the setting %(names)s. Ask whoever runs this server to set it.") % {"provider": self.title, "names": ", ".join(missing)}, permanent=True
            )

    def get(self, url: str, params: dict, headers: dict | None = None) -> dict:
        """The JSON object at an address; raises ProviderError with a sentence for whatever goes wrong."""
        self.check()
        try:
            response = outgoing.fetch(url, params=params, headers=headers, limit_bytes=LARGEST, timeout=SECONDS, accept="application/json")
        except OutgoingError as error:
            raise Unreachable(_("%(provider)s cannot be reached.") % {"provider": self.title}, error.permanent) from error
        self.check_status(response)
        return self.parsed(response)

    def check_status(self, response: Response) -> None:
        """Raise ProviderError unless the status is 200."""
        if response.is_throttled:
            raise self.throttled(response)
        if response.status in (401, 403):
            raise ProviderError(_("%(provider)s does not let us in. Ask whoever runs this server to check its key and contact.") % {"provider": self.title}, permanent=True)
        if response.status >= 500:
            raise ProviderError(_("%(provider)s is out of order at the moment.") % {"provider": self.title}, permanent=False)
        if response.status != 200:
            raise ProviderError(_("%(provider)s did not accept this search. Try other words.") % {"provider": self.title}, permanent=True)

    def throttled(self, response: Response, default: float = 30.0) -> Throttled:
        seconds = retry_after(response, default)
        return Throttled(_("%(provider)s asks for a pause of %(seconds)d seconds.") % {"provider": self.title, "seconds": seconds}, seconds, response.url)

    def parsed(self, response: Response) -> dict:
        """The body as a JSON object."""
        try:
            data = json.loads(response.content)
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict):
            raise self.puzzling()
        return data

    def puzzling(self) -> ProviderError:
        """The error for an answer that is not as it should be."""
        return ProviderError(_("%(provider)s answered with something that we do not understand.") % {"provider": self.title}, permanent=False)


def text_of(value: object) -> str:
    """A value of JSON as text; nothing for what is no text."""
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""


def number_of(value: object) -> int:
    """A value of JSON as a whole number from 0; 0 for what is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**9 else 0


def objects_of(value: object) -> list[dict]:
    """The objects in a list of JSON; nothing for what is no list."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def object_of(value: object) -> dict:
    """An object of JSON; an empty one for what is none."""
    return value if isinstance(value, dict) else {}
