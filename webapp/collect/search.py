"""One stream of hits out of many providers, each asked page by page when more are needed."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.utils import translation
from django.utils.translation import gettext as _

from webapp.collect.downloads import Background
from webapp.collect.providers.base import Hit, Page, Provider, ProviderError, Throttled, Unreachable

LONGEST_WAIT = 60.0  # seconds that a busy provider is waited for
PATIENCE = 3  # times that a provider may say that it is busy
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
    dry: bool = False
    misses: int = 0
    waiting: list[Hit] = field(default_factory=list)  # hits of the page in hand, in reverse

    @property
    def line(self) -> dict:
        """What the row and the API say about it."""
        return {"name": self.provider.name, "asked": self.asked, "accepted": self.accepted, "error": str(self.error) if self.error else None}

    def missed(self) -> None:
        """Note that a picture could not be fetched."""
        self.misses += 1
        if self.misses >= MISSES:
            self.give_up(Unreachable(_("The pictures that %(provider)s found cannot be fetched.") % {"provider": self.provider.title}, permanent=False))

    def give_up(self, error: ProviderError) -> None:
        self.error, self.dry, self.waiting = error, True, []

    def turn(self, page: Page) -> None:
        """Take a page of hits in hand."""
        self.waiting = list(reversed(page.hits))
        self.dry = not page.next_cursor or page.next_cursor == self.cursor
        self.cursor = page.next_cursor


class Search:
    """Hits for words, one source after the other; a busy one is put off while others have something."""

    def __init__(self, words: str, sources: list[Source], meanwhile: Callable[[], None]):
        self.words, self.sources, self.meanwhile = words, sources, meanwhile

    @property
    def in_hand(self) -> bool:
        """Whether the next hit comes without asking anybody."""
        return any(source.waiting for source in self.sources)

    def hits(self, count: Callable[[], int]) -> Iterator[tuple[Source, Hit]]:
        """Every hit with its source; `count` says how many are still needed. Ends when all sources are dry."""
        while source := self.next_source():
            if source.waiting:
                yield source, source.waiting.pop()
            else:
                self.ask(source, count())

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

    def ask(self, source: Source, count: int) -> None:
        """Ask for the next page; an error ends the source, unless it is only busy for a while."""
        language = translation.get_language()

        def search() -> Page:
            with translation.override(language):  # the language in use belongs to a thread
                return source.provider.search(self.words, count=count, cursor=source.cursor)

        try:
            source.turn(Background(search).result(self.meanwhile))
        except Throttled as throttled:
            self.put_off(source, throttled)
        except ProviderError as error:
            source.give_up(error)

    def put_off(self, source: Source, throttled: Throttled) -> None:
        source.busy += 1
        source.not_before = time.monotonic() + throttled.seconds
        if source.busy > PATIENCE or throttled.seconds > LONGEST_WAIT:
            source.give_up(throttled)
