"""Runs side by side, of one project or of several: what differed in settings and pictures, and what came of it. The first is what the others are held against."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404

from trainer.config import TrainConfig
from webapp.images.models import Image
from webapp.projects.rules import visible
from webapp.training import compare_answers, compare_pictures
from webapp.training.compare_answers import Flip, LabelScore, Score
from webapp.training.compare_pictures import LabelCounts, Moves
from webapp.training.models import Run

FEWEST, MOST = 2, 6
ROWS = Run.objects.select_related("model", "project").defer("evaluation", "log")


@dataclass(frozen=True)
class Setting:
    """A setting or another fact with its value in each run, in their order; None where a run knows nothing of it."""

    name: str
    values: list

    @property
    def differs(self) -> bool:
        return any(value != self.values[0] for value in self.values)


@dataclass(frozen=True)
class Pair:
    """What changed from the first run to another one; `score` is None where one of them kept no answers."""

    base: Run
    other: Run
    moves: Moves
    score: Score | None
    labels: list[LabelScore]
    flips: list[Flip]


@dataclass(frozen=True)
class Comparison:
    runs: list[Run]
    settings: list[Setting]
    facts: list[Setting]
    labels: list[LabelCounts]
    pairs: list[Pair]


def parsed(texts: list[str]) -> list[UUID]:
    """The ids in texts that hold one or more with commas, each once; raises Http404 for what is none."""
    try:
        return list(dict.fromkeys(UUID(part) for text in texts for part in text.split(",") if part))
    except ValueError:
        raise Http404 from None


def chosen(user, ids: list[UUID]) -> list[Run]:
    """The runs with these ids, in this order; raises Http404 unless this person may see every one."""
    found = {run.id: run for run in visible(user, ROWS.all()).filter(id__in=ids)}
    if len(found) < len(ids):
        raise Http404
    return [found[key] for key in ids]


def candidates(user, search: str = "") -> QuerySet[Run]:
    """The runs that a person may compare, of all projects, newest first; `search` looks in the names of runs and projects."""
    rows = visible(user, Run.objects.all()).filter(Q(best__isnull=False) | Q(active=True)).select_related("model", "project").defer(*Run.BIG)
    return rows.filter(Q(name__icontains=search) | Q(project__name__icontains=search)) if search else rows


def compare(runs: list[Run]) -> Comparison:
    """Everything that differs between these runs, which were loaded with their pictures and answers; one query at most."""
    names = hashes(runs)
    sides = [compare_pictures.pictures(run.snapshot, names) for run in runs]
    answers = [compare_answers.said(run.answers, names) if run.answers else None for run in runs]
    pairs = [
        pair(runs[0], other, compare_pictures.moves(sides[0], side), answers[0], said)
        for other, side, said in zip(runs[1:], sides[1:], answers[1:], strict=True)
    ]
    return Comparison(runs, settings(runs), facts(runs), compare_pictures.counts(sides), pairs)


def pair(base: Run, other: Run, moves: Moves, before: dict | None, after: dict | None) -> Pair:
    if before is None or after is None:
        return Pair(base, other, moves, None, [], [])
    both = compare_answers.shared(before, after)
    return Pair(base, other, moves, compare_answers.score(both), compare_answers.by_label(both), compare_answers.flips(both))


def hashes(runs: list[Run]) -> dict[str, str]:
    """The SHA-256 of each picture by its id, where the runs are of several projects: a picture has another id in each. Else none are needed."""
    projects = {run.project_id for run in runs}
    if len(projects) == 1:
        return {}
    return {str(key): sha256 for key, sha256 in Image.objects.filter(project__in=projects).values_list("id", "sha256")}


def settings(runs: list[Run]) -> list[Setting]:
    """The options of TrainConfig, as each run had them."""
    names = [option.name for option in fields(TrainConfig)]
    return [told(name, runs, lambda run, name=name: run.config.get(name)) for name in names]


def facts(runs: list[Run]) -> list[Setting]:
    """Where each run was trained, and with which versions."""
    versions = sorted({name for run in runs for name in run.versions})
    return [told("device", runs, lambda run: run.device or None)] + [told(name, runs, lambda run, name=name: run.versions.get(name)) for name in versions]


def told(name: str, runs: list[Run], value: Callable[[Run], object]) -> Setting:
    return Setting(name, [value(run) for run in runs])
