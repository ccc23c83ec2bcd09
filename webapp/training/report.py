"""The evaluation of a run (see API.md) as the page shows it: bars, the table of mix-ups and the mistakes."""

from webapp.images.models import Image
from webapp.training.models import Run

WIDEST = 40  # labels of the largest table: it has a cell for each two of them
MOST_PAIRS = 200  # mix-ups that are listed in its place
MOST_MISTAKES = 8  # on the page of a run; evaluation.py has all of them
FEW_PAIRS = 12  # of them on the page of a run
WEAK = 0.8  # a label named right less often than this is worth a hint
CLEAR = 0.85  # a row of the table that is this right gets the full colour


def report(run: Run) -> dict | None:
    """What the page shows of `run.evaluation`, or None before there is one."""
    if not run.evaluation or not run.evaluation.get("confusion"):
        return None
    hues = dict(run.project.labels.values_list("name", "position"))
    labels = [label_of(entry, hues.get(entry["name"], place)) for place, entry in enumerate(run.evaluation["labels"])]
    return {
        "labels": labels,
        "interval": run.evaluation.get("interval"),
        "hardest": hardest(labels),
        "rows": [] if len(labels) > WIDEST else matrix(labels, run.evaluation["confusion"]),
        "pairs": mixed_up(labels, run.evaluation["confusion"])[:FEW_PAIRS],
        "wrong": sum(map(sum, run.evaluation["confusion"])) - sum(row[place] for place, row in enumerate(run.evaluation["confusion"])),
        "mistakes": mistakes(run, {label["name"]: label for label in labels}),
    }


def label_of(entry: dict, position: int) -> dict:
    right = round(entry["recall"] * entry["support"])
    return {"name": entry["name"], "hue": position % 8 + 1, "support": entry["support"], "right": right, "recall": entry["recall"]}


def hardest(labels: list[dict]) -> dict | None:
    """The label that would gain most from more pictures, when one is weak."""
    weak = [label for label in labels if label["support"] and label["recall"] < WEAK]
    return min(weak, key=lambda label: label["recall"], default=None)


def matrix(labels: list, confusion: list[list[int]]) -> list[dict]:
    """The rows of the table of mix-ups: the label, whatever stands for it, and the count and colour step of each cell."""
    rows = []
    for true, (label, counts) in enumerate(zip(labels, confusion, strict=True)):
        total = sum(counts)
        cells = [{"count": count, "heat": heat(count, total, is_hit=said == true)} for said, count in enumerate(counts)]
        rows.append({"label": label, "cells": cells})
    return rows


def mixed_up(labels: list, confusion: list[list[int]]) -> list[dict]:
    """The pairs of labels that were taken for each other, with their places, the most frequent first."""
    found = [(count, true, said) for true, counts in enumerate(confusion) for said, count in enumerate(counts) if count and said != true]
    pairs = sorted(found, key=lambda one: (-one[0], one[1:]))[:MOST_PAIRS]
    return [{"actual": labels[true], "said": labels[said], "places": (true, said), "count": count} for count, true, said in pairs]


def heat(count: int, total: int, *, is_hit: bool) -> str:
    """The colour step of a cell: by its share of the row, apart for hits and mix-ups."""
    if not count:
        return "0"
    if is_hit:
        return "full" if count / total >= CLEAR else "hit"
    return "3" if count / total >= 0.25 else "2"


def mistakes(run: Run, labels: dict[str, dict]) -> list[dict]:
    """The surest mistakes whose pictures are still there, with the labels they are about."""
    found = run.evaluation.get("mistakes", [])[: 2 * MOST_MISTAKES]
    there = {str(key) for key in Image.objects.filter(project_id=run.project_id, id__in=[entry["image_id"] for entry in found]).values_list("id", flat=True)}
    kept = [entry for entry in found if entry["image_id"] in there and entry["actual"] in labels and entry["predicted"] in labels]
    return [entry | {"actual": labels[entry["actual"]], "predicted": labels[entry["predicted"]]} for entry in kept[:MOST_MISTAKES]]
