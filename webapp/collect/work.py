"""What a worker does with a collection: search, fetch, take in, until there are enough pictures or nothing is left to try."""

import time
from collections import Counter
from collections.abc import Iterator
from uuid import UUID

from django.db import transaction
from django.db.models import Count
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from webapp.collect import buckets
from webapp.collect.buckets import Wait
from webapp.collect.downloads import Download, Downloads
from webapp.collect.models import Collection
from webapp.collect.providers import providers
from webapp.collect.providers.base import Hit, Provider, Unreachable
from webapp.collect.search import Search, Source
from webapp.core import jobs
from webapp.core.errors import Cancelled, UserError
from webapp.core.jobs import Heart
from webapp.images.decoders import decoders
from webapp.images.intake import Candidate, Outcome, take_in
from webapp.images.lookalikes import Lookalikes
from webapp.images.models import Image
from webapp.images.space import check_space
from webapp.projects.models import Label, Project
from webapp.projects.names import squeeze

WRITE_SECONDS = 0.5
AHEAD = 16  # downloads under way at most
PAUSE = 0.8  # seconds without a new picture after which those in hand are finished and shown
MOST_TRIED = 500
LONGEST_SECONDS = 30 * 60


def run(collection: Collection) -> None:
    """Collect for a claimed row; killed at any moment and run again, it goes on from the pictures that are there.

    Raises LeaseLost and ShuttingDown. All other ends are written into the row.
    """
    with translation.override(collection.language or None), Heart(collection) as heart:
        job = Collecting(collection, heart)
        try:
            job.collect()
        except Cancelled:
            jobs.finish(collection, Collection.CANCELLED, **job.values)
        else:
            jobs.finish(collection, *job.ending, error=job.error(), **job.values)


class Collecting:
    """One collection while it runs: what it has, what is on its way, and what it tells."""

    def __init__(self, collection: Collection, heart: Heart):
        self.collection, self.heart, self.label = collection, heart, collection.label
        known = providers()
        self.sources = [Source(known[line["name"]]) for line in collection.providers if line["name"] in known]
        self.of = {source.provider.name: source for source in self.sources}
        self.origins = origins(collection.project)
        self.lookalikes = Lookalikes(collection.project)
        self.tried: set[str] = set()
        self.found = self.accepted = self.pending = 0
        self.rejected: Counter = Counter()
        self.downloads = Downloads(self.hold)
        self.search = Search(collection.query, self.sources, self.look_up, LONGEST_SECONDS)
        self.hits = self.search.hits()
        self.exhausted = False
        self.full: UserError | None = None  # why there is no room for more
        self._written = 0.0
        self.resume()

    def resume(self) -> None:
        """Count the pictures that an earlier attempt at this collection has brought; it may have ended before it had looked for twins of the last ones."""
        rows = self.collection.project.images.filter(origin=self.collection.id).exclude(aside_reason=Image.DUPLICATE)
        for image in rows.filter(status=Image.READY, is_reviewed=False).order_by("-created", "id"):
            self.set_aside_if_duplicate(image)
        for name, count in rows.order_by().values_list("provider").annotate(Count("id")):
            self.accepted += count
            if name in self.of:
                self.of[name].accepted += count

    @property
    def missing(self) -> int:
        return self.collection.wanted - self.accepted - self.pending

    @property
    def values(self) -> dict:
        """Columns of the row."""
        reasons = [{"reason": reason, "count": count} for reason, count in self.rejected.most_common()]
        return {"found": self.found, "accepted": self.accepted, "rejected": reasons, "providers": [source.line for source in self.sources]}

    def look_up(self) -> None:
        """Between two steps: stop if we must, and tell how far we are."""
        self.heart.check()
        if time.monotonic() - self._written > WRITE_SECONDS:
            jobs.write(self.collection, **self.values)
            self.label = Label.objects.filter(collections=self.collection.id).first() or self.label  # it may have been merged into another one
            self.full = shortage(self.collection.project)
            self._written = time.monotonic()

    def collect(self) -> None:
        """Take pictures in, round after round, until there are enough or none are left."""
        with decoders.ready():  # kept from round to round
            while self.missing > 0 and not self.full and not (self.exhausted and not self.downloads.count):
                take_in(self.collection.project, self.candidates(), self.tell, self.look_up)

    def candidates(self) -> Iterator[Candidate]:
        """Fetched pictures, never more than are missing; ends also when new ones are slow to come, so that those in hand are finished."""
        latest = time.monotonic()
        while self.missing > 0:
            self.look_up()
            if self.full:
                return
            self.fill()
            if not self.downloads.count:
                return
            download = self.downloads.take(0.2)
            if download and download.content:
                self.pending += 1
                latest = time.monotonic()
                yield self.candidate(download)
            elif download:
                self.unreachable(download)
            elif self.pending and time.monotonic() - latest > PAUSE:
                return

    def fill(self) -> None:
        """Have enough downloads under way: some more than are missing, because some will not be taken.

        A search is waited for, so it is made only when nothing else is under way that could be shown meanwhile.
        """
        while not self.exhausted and self.downloads.count < min(AHEAD, 2 * self.missing):
            if not self.search.in_hand and (self.downloads.count or self.pending):
                return
            found = next(self.hits, None)
            if found is None or len(self.tried) >= MOST_TRIED:
                self.exhausted = True
                return
            self.consider(*found)

    def consider(self, source: Source, hit: Hit) -> None:
        """Fetch a hit, unless it was found before."""
        if hit.url in self.tried:
            return
        self.tried.add(hit.url)
        self.found += 1
        source.asked += 1
        key = key_of(facts_of(source.provider, hit))
        if key not in self.origins:
            self.downloads.add(Download(source.provider, hit))
        elif self.origins[key] != self.collection.id:  # ours are from an earlier attempt, and counted already
            self.rejected["duplicate"] += 1

    def hold(self, provider: Provider, wait: Wait) -> None:
        """A provider allows no more pictures for now; its downloads wait, or are given up when that would take too long."""
        source = self.of[provider.name]
        source.put_off(wait, buckets.PICTURES)
        if source.error:
            self.downloads.drop(provider)

    def candidate(self, download: Download) -> Candidate:
        self.of[download.provider.name].misses = 0
        facts = facts_of(download.provider, download.hit) | {"query": self.collection.query, "origin": self.collection.id}
        return Candidate(self.label, download.content, facts["title"], facts)

    def unreachable(self, download: Download) -> None:
        self.rejected["unreachable"] += 1
        self.of[download.provider.name].missed()

    def tell(self, outcome: Outcome) -> None:
        """Count what became of a picture."""
        self.pending -= 1
        if outcome.image is None or outcome.duplicate:
            self.rejected[outcome.reason or "duplicate"] += 1
        elif self.set_aside_if_duplicate(outcome.image):
            self.rejected["near_duplicate"] += 1
        else:
            self.accepted += 1
            self.of[outcome.image.provider].accepted += 1
        self.look_up()

    def set_aside_if_duplicate(self, image: Image) -> bool:
        """Whether a picture looks nearly like another one, and is left out now."""
        twin = self.lookalikes.add(image)
        return twin is not None and set_aside_as_duplicate(image, twin)

    @property
    def ending(self) -> tuple:
        """The status to end with: none, which means success, unless there is nothing and somebody is to blame."""
        failed = not self.accepted and (self.full or any(source.error for source in self.sources))
        return (Collection.FAILED,) if failed else ()

    def error(self) -> dict | None:
        """Cause and next step for a person who got less than was asked for; why a provider gave no more, its own line tells."""
        errors = [source.error for source in self.sources if source.error]
        if self.accepted >= self.collection.wanted:
            return None
        if self.full:
            return {"cause": str(self.full), "next_step": ""}  # it says itself what to do
        if not self.accepted and errors:
            return blame(errors)
        return {"cause": self.shortfall(), "next_step": _("Try other words, for example in English, or add pictures of your own.")}

    def shortfall(self) -> str:
        if not self.found:
            return _("No pictures were found for “%(query)s”.") % {"query": self.collection.query}
        if not self.accepted:
            return _("None of the pictures that were found could be taken.")
        text = ngettext("Only %(accepted)d picture of the %(wanted)d was found.", "Only %(accepted)d pictures of the %(wanted)d were found.", self.accepted)
        return text % {"accepted": self.accepted, "wanted": self.collection.wanted}


def shortage(project: Project) -> UserError | None:
    """Why a project can take no more pictures."""
    try:
        check_space(project)
    except UserError as error:
        return error
    return None


def blame(errors: list) -> dict:
    """Cause and next step when nothing at all was brought."""
    if all(isinstance(error, Unreachable) for error in errors):
        return {
            "cause": _("The web cannot be reached from this server."),
            "next_step": _("Check its network connection and try again, or add pictures of your own."),
        }
    return {"cause": " ".join(dict.fromkeys(map(str, errors))), "next_step": _("Try again later, or add pictures of your own.")}


def facts_of(provider: Provider, hit: Hit) -> dict:
    """Columns of Image that say where a picture comes from; addresses are kept only if they lead to the web, because pages link to them."""
    return {
        "source": Image.WEB,
        "provider": provider.name,
        "source_url": web_address(hit.url, 2048),
        "page_url": web_address(hit.page_url, 2048),
        "title": squeeze(hit.title)[:500],
        "license": squeeze(hit.license)[:64],
        "license_url": web_address(hit.license_url, 500),
        "creator": squeeze(hit.creator)[:300],
        "attribution": squeeze(hit.attribution)[:2000],
    }


@transaction.atomic
def set_aside_as_duplicate(image: Image, twin: UUID) -> bool:
    """Leave out a picture that looks nearly like another one, unless that one is out or gone by now; a check of the project may think otherwise later."""
    rows = {row.id: row for row in Image.objects.select_for_update().filter(id__in=(image.id, twin), status=Image.READY).order_by("id")}
    if len(rows) < 2:
        return False
    Image.objects.filter(id__in=rows).update(group=rows[twin].group or twin)
    Image.objects.filter(id=image.id).update(status=Image.SET_ASIDE, aside_reason=Image.DUPLICATE)
    return True


def origins(project: Project) -> dict[tuple, UUID]:
    """What has brought each picture of a project that was collected, by what it is known by at its provider."""
    columns = ("provider", "source_url", "title", "origin")
    rows = project.images.filter(source=Image.WEB).values(*columns)
    return {key_of(row): row["origin"] for row in rows}


def key_of(facts: dict) -> tuple:
    """What a picture is known by: its address, or where that does not lead to the web, its provider and the name that it has there."""
    return (facts["source_url"],) if facts["source_url"] else (facts["provider"], facts["title"])


def web_address(text: str, longest: int) -> str:
    return text if text.startswith(("https://", "http://")) and text.isprintable() and len(text) <= longest else ""
