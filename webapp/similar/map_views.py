"""The map of a project's pictures: the page, what its script asks for, and its parts as lists for whoever has no map before them."""

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from webapp.core.jobs import request_cancel
from webapp.images.models import Image
from webapp.projects.models import Label, Project
from webapp.projects.rules import EDIT, fetch
from webapp.similar import mapping
from webapp.similar.map_words import for_scripts
from webapp.similar.models import Map

SHOWN = 6  # pictures of a region in the list
PAGE = 60  # pictures of a region on one page
NOBODY = UUID(int=0)  # stands in addresses where the script puts the id of a picture


@dataclass
class Region:
    """A part of the map: its number, its pictures (id, label, status), and its labels with how many each has, most first."""

    number: int
    pictures: list[tuple[UUID, UUID, str]]
    labels: list[tuple[Label, int]] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.pictures)

    @property
    def some(self) -> list[tuple[UUID, Label]]:
        """A few of its pictures with their labels: those of rare labels come first, because they may be wrong."""
        rank = {label.id: (count, label) for label, count in self.labels}
        ordered = sorted(self.pictures, key=lambda one: (rank[one[1]][0], one[0].hex))
        return [(key, rank[label][1]) for key, label, _status in ordered[:SHOWN]]


@never_cache
@require_GET
def page(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """The map; with ?region=3 one part of it as a list, from ?after=60 on."""
    project = fetch(request.user, Project, project_id)
    values = standing(project)
    number = request.GET.get("region", "")
    if number.isdecimal() and values["regions"]:
        return one_region(request, values, int(number[:6]))
    labels = [{"id": str(label.id), "name": label.name, "hue": label.hue, "position": label.position} for label in values["labels"]]
    return render(request, "similar/map.html", values | {"words": for_scripts(), "cells": labels, "nobody": NOBODY})


def standing(project: Project) -> dict:
    """How the map of a project stands, and what is on it."""
    labels = list(project.labels.all())
    values = state(project) | {"labels": labels, "regions": []}
    places = mapping.read(values["shown"]) if values["shown"] else None
    if places is None:
        return values | {"shown": None}
    return values | {"regions": regions(values["shown"], places, labels)}


def state(project: Project) -> dict:
    """The maps of a project: the newest, the one to look at, and how far the latter is behind."""
    newest = project.maps.first()
    shown = newest if newest and newest.status == Map.DONE else mapping.shown(project)
    is_old = shown and shown.status == Map.DONE
    pictures = project.images.count() if is_old and shown.count >= mapping.MOST else 0
    return {
        "project": project,
        "newest": newest,
        "shown": shown,
        "rounds": mapping.ROUNDS,
        "newer": mapping.newer(shown) if is_old else 0,
        "more": max(0, pictures - mapping.MOST) and pictures,
    }


def regions(row: Map, places: mapping.Places, labels: list[Label]) -> list[Region]:
    """The parts of a map with the pictures that are still there; the most mixed first, because there the wrong labels are."""
    found: dict[int, Region] = {}
    for place, key, label, status in mapping.standing(row, places):
        number = int(places.regions[place])
        found.setdefault(number, Region(number, [])).pictures.append((key, label, status))
    by_id = {label.id: label for label in labels}
    for region in found.values():
        region.pictures = [one for one in region.pictures if one[1] in by_id]
        counts = Counter(label for _key, label, _status in region.pictures)
        region.labels = [(by_id[label], count) for label, count in counts.most_common()]
    return sorted((one for one in found.values() if one.pictures), key=lambda one: (one.labels[0][1] / one.count, one.number))


def one_region(request: HttpRequest, values: dict, number: int) -> HttpResponse:
    """The pictures of one part of the map in a plain form; those of rare labels first."""
    region = next((one for one in values["regions"] if one.number == number), None)
    if region is None:
        return redirect("similar:map", values["project"].id)
    after = request.GET.get("after", "")
    start = int(after[:6]) if after.isdecimal() else 0
    rank = {label.id: (count, label.position) for label, count in region.labels}
    ordered = sorted(region.pictures, key=lambda one: (*rank[one[1]], one[0].hex))
    some = [key for key, _label, _status in ordered[start : start + PAGE]]
    there = Image.objects.select_related("label").in_bulk(some)
    following = start + PAGE if start + PAGE < region.count else 0
    return render(request, "similar/map_region.html", values | {"region": region, "images": [there[key] for key in some if key in there], "next": following})


@never_cache
@require_GET
def points(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """The pictures of the map as the script reads them (`mapping.packed`); empty where there is no map."""
    project = fetch(request.user, Project, project_id)
    shown = mapping.shown(project)
    places = mapping.read(shown) if shown else None
    return HttpResponse(mapping.packed(shown, places) if places else b"", content_type="application/octet-stream")


@never_cache
@require_GET
def progress(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """How far the newest map is: a part of the page for htmx."""
    project = fetch(request.user, Project, project_id)
    return render(request, "similar/_map_state.html", state(project)) if request.htmx else redirect("similar:map", project.id)


@never_cache
@require_GET
def parts(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """The parts of the map as a list: swapped in after changes."""
    project = fetch(request.user, Project, project_id)
    return render(request, "similar/_map_regions.html", standing(project)) if request.htmx else redirect("similar:map", project.id)


@require_POST
def start(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Lay the pictures out."""
    project = fetch(request.user, Project, project_id, EDIT)
    mapping.start(project=project)
    if request.htmx:
        return render(request, "similar/_map_state.html", state(project))
    return redirect("similar:map", project.id)


@require_POST
def cancel(request: HttpRequest, map_id: UUID) -> HttpResponse:
    """Stop the laying out."""
    row = fetch(request.user, Map.objects.select_related("project"), map_id, EDIT)
    request_cancel(row)
    if request.htmx:
        return render(request, "similar/_map_state.html", state(row.project))
    return redirect(reverse("similar:map", args=[row.project_id]))
