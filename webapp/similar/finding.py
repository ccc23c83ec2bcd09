"""What a page says about the pictures that look like one."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from itertools import groupby
from uuid import UUID

import numpy as np
from django.db.models import QuerySet
from django.http import Http404

from webapp.images.models import Image
from webapp.images.newest import first_of, newest
from webapp.projects.models import Label, Project
from webapp.similar import services
from webapp.similar.address import unpacked
from webapp.similar.forms import COUNTS, Asked
from webapp.similar.services import Neighbour, Outcome
from webapp.similar.words import QUITE, SAME, VERY, how_alike

FIRST = 24  # pictures to begin with
MOSTLY = 0.75  # of the neighbours have another label: the picture's own may be wrong
FEWEST = 4  # neighbours that can say so

Search = Callable[[np.ndarray, int, set[UUID]], Outcome]


@dataclass(frozen=True)
class Question:
    """What was asked with: pictures, or a label; neither for a look."""

    pictures: list[Image]
    label: Label | None

    @property
    def picture(self) -> Image | None:
        """The one picture, where it is one."""
        return self.pictures[0] if len(self.pictures) == 1 else None


@dataclass(frozen=True)
class Found:
    """The neighbours of a question, the nearest first, and how long it took to find them."""

    question: Question
    outcome: Outcome
    milliseconds: float

    @property
    def neighbours(self) -> list[Neighbour]:
        return self.outcome.neighbours

    @property
    def groups(self) -> list[tuple[str, list[Neighbour]]]:
        """The neighbours by how much alike they are, in words."""
        return [(words, list(some)) for words, some in groupby(self.neighbours, lambda near: how_alike(near.distance))]

    @cached_property
    def labels(self) -> list[tuple[Label, int]]:
        """The labels of the neighbours by their names, the most frequent first, with how many have them."""
        counts = Counter(near.image.label.name for near in self.neighbours)
        rows = {near.image.label.name: near.image.label for near in reversed(self.neighbours)}
        return [(rows[name], count) for name, count in counts.most_common()]

    @property
    def closeness(self) -> str:
        """How near the nearest is: same, very, quite, or far; empty where there is none."""
        if not self.neighbours:
            return ""
        nearest = self.neighbours[0].distance
        return next((word for word, most in (("same", SAME), ("very", VERY), ("quite", QUITE)) if nearest < most), "far")

    @property
    def doubt(self) -> tuple[Label, int] | None:
        """The label that most neighbours of a picture have while it has another one, and how many have it."""
        own = self.question.picture
        if own is None or own.status != Image.READY:
            return None
        alike = [near for near in self.neighbours if near.distance < QUITE and near.image.project_id == own.project_id]
        if len(alike) < FEWEST:
            return None
        label, count = Counter(near.image.label for near in alike).most_common(1)[0]
        return (label, count) if label != own.label and count >= MOSTLY * len(alike) else None


def question(asked: Asked, images: QuerySet[Image], labels: Iterable[Label]) -> Question:
    """The pictures or the label that are meant, of those that may be seen; raises Http404."""
    found = images.select_related("label", "embedding").in_bulk(asked.pictures) if asked.pictures else {}
    label = next((one for one in labels if one.id == asked.label), None)
    if len(found) < len(asked.pictures) or asked.label and not label:
        raise Http404
    return Question([found[key] for key in asked.pictures], label)


def find(asked: Asked, question: Question, search: Search) -> Found:
    """What is nearest to a question, but for its own pictures. Raises UserError where nothing is known of it yet."""
    started = time.perf_counter()
    if asked.duplicates:
        outcome = services.near_duplicates(image=question.pictures[0], count=COUNTS[-1])
    else:
        outcome = search(vector_of(asked, question), asked.count, set(asked.pictures))
    return Found(question, outcome, 1000 * (time.perf_counter() - started))


def vector_of(asked: Asked, question: Question) -> np.ndarray:
    """The vector [1280] to search with; raises UserError."""
    if question.label:
        return services.centre_of_label(label=question.label)
    return between(question.pictures) if question.pictures else unpacked(asked.look)


def between(pictures: list[Image]) -> np.ndarray:
    """The vector [1280] of a picture, or in the middle of several; raises UserError where none of them has one."""
    rows = [bytes(picture.embedding.vector) for picture in pictures if hasattr(picture, "embedding")]
    if len(rows) < 2:
        return services.vector_of_image(next((picture for picture in pictures if hasattr(picture, "embedding")), pictures[0]))
    compare = import_module("trainer.nearest")  # here, so that it is loaded only when it is needed
    return compare.centre(compare.vectors_of(rows))


def in_project(project: Project) -> Search:
    """Searches one project."""

    def search(vector: np.ndarray, count: int, but: set[UUID]) -> Outcome:
        return services.search(project_id=project.id, vector=vector, count=count, allowed=services.ready_but(but))

    return search


def everywhere(user) -> Search:
    """Searches everything that a person may see."""

    def search(vector: np.ndarray, count: int, but: set[UUID]) -> Outcome:
        return services.search_everywhere(user=user, vector=vector, count=count, but=but)

    return search


def first_pictures(labels: list[Label]) -> list[Image]:
    """Some pictures of all labels to begin with, the newest of each label before the next newest; one query."""
    some = {label.id: label for label in labels[:FIRST]}
    each = max(1, FIRST // max(1, len(some)))
    turns: Counter = Counter()
    found = []
    for image in sorted(first_of([newest(key, each) for key in some]) if some else [], key=lambda image: image.created, reverse=True):
        image.label = some[image.label_id]
        found.append((turns[image.label_id], image))
        turns[image.label_id] += 1
    return [image for _turn, image in sorted(found, key=lambda row: (row[0], row[1].label.position))]
