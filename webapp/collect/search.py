"""One stream of hits out of many providers, each asked page by page when more are needed, and no more often than it allows."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.utils import translation
from django.utils.translation import gettext as _

from webapp.collect import answers, buckets
from webapp.collect.buckets import Wait
from webapp.collect.downloads import Background
from webapp.collect.providers.base import Hit, Page, Provider, ProviderError, Throttled, Unreachable

LONGEST_WAIT = 90.0  # seconds that a busy provider is waited for
PATIENCE = 3  # times that a provider itself may ask for a pause
MISSES = 16  # pictures in a row that cannot be fetched, after which the provider is left alone


@dataclass
class Source:
    """A provider as one collection sees it. `asked` counts its hits that were tried, `misses` those in a row that gave nothing."""

    provider: Provider
    asked: int = 0
    accepted: int = 0
    error: ProviderError | None = None
    cursor: str = ""
    busy: int = 0
    not_before: float = 0.0
    pause: str = ""  # what is waited for, in words
    wait: Wait | None = None
    dry: bool = False
    misses: int = 0
    waiting: list[Hit] = field(default_factory=list)  # hits of the page in hand, in reverse

    @property
    def line(self) -> dict:
        """What the row and the API say about it; with the time that the sentence names, so that a page can tell it in another zone."""
        said = str(self.error) if self.error else self.pause if time.monotonic() < self.not_before else None
        named = {"until": self.wait.until.isoformat(), "clock": self.wait.clock} if said and self.wait and self.wait.clock in said else {}
        return {"name": self.provider.name, "asked": self.asked, "accepted": self.accepted, "error": said} | named

    def missed(self) -> None:
        """Note that a picture could not be fetched."""
        self.misses += 1
        if self.misses >= MISSES and not self.error:
            self.give_up(Unreachable(_("The pictures that %(provider)s found cannot be fetched.") % {"provider": self.provider.title}, permanent=False))

    def give_up(self, error: ProviderError) -> None:
        self.error, self.dry, self.waiting = error, True, []

    def turn(self, page: Page) -> None:
        """Take a page of hits in hand."""
        self.waiting = list(reversed(page.hits))
        self.dry = not page.next_cursor or page.next_cursor == self.cursor
        self.cursor = page.next_cursor

    def put_off(self, wait: Wait, reasons: dict) -> None:
        """Ask no more until it is allowed; not at all when that is too long for this collection."""
        self.wait, self.pause = wait, wait.words(self.provider.title, reasons)
        self.not_before = time.monotonic() + wait.seconds
        if self.busy > PATIENCE or wait.seconds > LONGEST_WAIT:
            self.give_up(Throttled(wait.words(self.provider.title, reasons, buckets.LATER), wait.seconds))


class Search:
    """Hits for words, one source after the other; a busy one is put off while others have something."""

    def __init__(self, words: str, sources: list[Source], meanwhile: Callable[[], None], seconds: float):
        self.words, self.sources, self.meanwhile, self._end = words, sources, meanwhile, time.monotonic() + seconds

    @property
    def in_hand(self) -> bool:
        """Whether the next hit comes without asking anybody."""
        return any(source.waiting for source in self.sources)

    def hits(self) -> Iterator[tuple[Source, Hit]]:
        """Every hit with its source. Ends when all sources are dry, and when time is up."""
        while time.monotonic() < self._end and (source := self.next_source()):
            if source.waiting:
                yield source, source.waiting.pop()
            else:
                self.ask(source)

    def next_source(self) -> Source | None:
        """The first that has hits in hand or may be asked; when all that are left are busy, the first to be free, once it is."""
        left = [source for source in self.sources if source.waiting or not source.dry]
        if not left:
            return None
        now = time.monotonic()
        for source in sorted(left, key=lambda source: not source.waiting):  # a page in hand first, then whoever may be asked
            if source.waiting or source.not_before <= now:
                return source
        soonest = min(left, key=lambda source: source.not_before)
        while time.monotonic() < soonest.not_before:
            self.meanwhile()
            time.sleep(0.1)
        return soonest

    def ask(self, source: Source) -> None:
        """Take the next page in hand: one that is known, or else by asking, if that is allowed now. An error ends the source, a pause only puts it off."""
        provider, cursor = source.provider, source.cursor
        if page := answers.known(provider, self.words, cursor):
            source.turn(page)
        elif not provider.missing() and (wait := buckets.take(provider.name, provider.limits)):
            source.put_off(wait, buckets.SEARCHES)
        else:
            self.request(source)

    def request(self, source: Source) -> None:
        """Send the request, and remember what comes of it."""
        provider, cursor, language = source.provider, source.cursor, translation.get_language()

        def search() -> Page:
            with translation.override(language):  # the language in use belongs to a thread
                return provider.search(self.words, cursor=cursor)

        try:
            page = Background(search).result(self.meanwhile)
        except Throttled as throttled:
            source.busy += 1
            source.put_off(buckets.block(provider.name, throttled.seconds), buckets.SEARCHES)
        except ProviderError as error:
            source.give_up(error)
        else:
            answers.keep(provider, self.words, cursor, page)
            source.turn(page)
