"""Runs side by side: which ones is chosen among all that a person may see, and stays in the address."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from webapp.images.models import Image
from webapp.training import compare, words
from webapp.training.compare import FEWEST, MOST, Pair

LISTED = 100  # runs to choose from
SHOWN_FLIPS = 24  # pictures of one pair


@never_cache
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """The comparison of ?runs=, ids with commas or the field repeated; with too few or too many, the list to choose from."""
    ids = compare.parsed(request.GET.getlist("runs"))
    runs = compare.chosen(request.user, ids[: MOST + 1])
    if "choose" in request.GET or not FEWEST <= len(ids) <= MOST:
        return choose(request, {run.id for run in runs}, refusal(ids))
    found = compare.compare(runs)
    context = {"found": found, "pairs": with_pictures(found.pairs), "words": words.live_words(), "address": ",".join(map(str, ids))}
    return render(request, "training/compare.html", context)


def refusal(ids: list[UUID]) -> str:
    """What is wrong with the choice, as a sentence; nothing before anybody chose."""
    if len(ids) > MOST:
        return _("At most %(count)d runs can be compared at once. Untick some.") % {"count": MOST}
    return _("Tick at least one more run to compare it with.") if len(ids) == 1 else ""


def choose(request: HttpRequest, ticked: set[UUID], problem: str) -> HttpResponse:
    """The list of runs to choose from; what is ticked stays in it whatever is searched for."""
    search = request.GET.get("q", "").strip()[:100]
    rows = list(compare.candidates(request.user, search)[: LISTED + 1])
    missing = ticked - {row.id for row in rows[:LISTED]}
    kept = list(compare.candidates(request.user).filter(id__in=missing)) if missing else []
    context = {"rows": kept + rows[:LISTED], "more": len(rows) > LISTED, "ticked": ticked, "search": search, "problem": problem, "most": MOST}
    return render(request, "training/compare_choose.html", context)


def with_pictures(pairs: list[Pair]) -> list[dict]:
    """Each pair with the flips to show: those whose pictures are still there, with the id that has one."""
    first = [pair.flips[: 2 * SHOWN_FLIPS] for pair in pairs]
    ids = {key for flips in first for flip in flips for key in (flip.after.image_id, flip.before.image_id)}
    there = {str(key) for key in Image.objects.filter(id__in=ids).values_list("id", flat=True)} if ids else set()
    return [{"pair": pair, "flips": with_picture(flips, there)[:SHOWN_FLIPS]} for pair, flips in zip(pairs, first, strict=True)]


def with_picture(flips: list, there: set[str]) -> list[dict]:
    found = ((flip, next((key for key in (flip.after.image_id, flip.before.image_id) if key in there), None)) for flip in flips)
    return [{"flip": flip, "image_id": key} for flip, key in found if key]
