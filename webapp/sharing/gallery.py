"""The gallery: public AIs that can answer, newest or most played first, found by words in their name, description and labels."""

import base64
import binascii
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Lower

from webapp.projects.models import Label
from webapp.projects.rules import listed
from webapp.serving.models import Model
from webapp.training.models import Run

SIZE = 24
MOST_WORDS, LONGEST = 6, 100
NEWEST, PLAYED = "new", "played"
COLUMNS = {NEWEST: "project__sharing__shared", PLAYED: "project__sharing__plays"}
HIRAGANA = {code + 0x60: code for code in range(0x3041, 0x3097)}  # katakana to hiragana, and back
KATAKANA = {hiragana: katakana for katakana, hiragana in HIRAGANA.items()}


@dataclass(frozen=True)
class Page:
    """Some published models with their projects, and where the next ones begin ("" when these are the last)."""

    models: list[Model]
    next: str


def page(*, order: str = NEWEST, words: str = "", cursor: str = "", size: int = SIZE) -> Page:
    """A page of the gallery after a cursor; one that is not ours means the first page. Two queries: what is sorted should be short."""
    column = COLUMNS[order]
    rows = found(public(), words).order_by(f"-{column}", "-project_id")
    if place := read(cursor, order):
        value, project_id = place
        rows = rows.filter(**{f"{column}__lte": value}).exclude(**{column: value, "project_id__gte": project_id})
    ids = list(rows.values_list("id", flat=True)[: size + 1])
    there = shown(ids)
    models = [there[model_id] for model_id in ids[:size] if model_id in there]
    return Page(models, write(models[-1], order) if models and len(ids) > size else "")


def public() -> QuerySet[Model]:
    """The published models of all public projects that no admin has hidden."""
    return Model.objects.filter(listed("project__"), published=True, project__sharing__shared__isnull=False)


def shown(ids: list[UUID]) -> dict[UUID, Model]:
    """These of them by id, with all that a card shows; `interval` is that of their accuracy."""
    rows = public().filter(id__in=ids).select_related("project__sharing", "run").defer(*Run.BIG_OF_RUN)
    return {model.id: model for model in rows.annotate(interval=F("run__evaluation__interval"))}


def found(rows: QuerySet[Model], words: str) -> QuerySet[Model]:
    """Those rows in which every word stands somewhere: in the name, the description or a label."""
    rows = rows.alias(folded_name=Lower("project__name"), folded_description=Lower("project__description"))
    for word in unicodedata.normalize("NFKC", words[:LONGEST]).split()[:MOST_WORDS]:
        rows = rows.filter(about(word))
    return rows


def about(word: str) -> Q:
    """The condition for a word. MySQL folds the case of all letters, SQLite that of A to Z alone; the other ways to write a word are asked for too."""
    condition = Q()
    for form in forms(word):
        labels = Label.objects.alias(folded=Lower("name")).filter(project=OuterRef("project"), folded__contains=form)
        condition |= Q(folded_name__contains=form) | Q(folded_description__contains=form) | Q(Exists(labels))
    return condition


def forms(word: str) -> set[str]:
    """The ways in which a word may be written: in small letters and others, in hiragana, in katakana, in full-width letters."""
    cases = {word.lower(), word.upper(), word.capitalize()}
    wide = {"".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in case) for case in cases}
    narrow = {word.lower()} if word.isascii() else cases
    return wide | narrow | {word.translate(HIRAGANA), word.translate(KATAKANA)}


def write(model: Model, order: str) -> str:
    """The cursor after a model."""
    value = model.project.sharing.shared.isoformat() if order == NEWEST else str(model.project.sharing.plays)
    return base64.urlsafe_b64encode(f"{value} {model.project_id}".encode()).decode()


def read(cursor: str, order: str) -> tuple[datetime | int, UUID] | None:
    try:
        value, project_id = base64.urlsafe_b64decode(cursor.encode()).decode().split(" ")
        place = (datetime.fromisoformat(value) if order == NEWEST else int(value)), UUID(project_id)
    except (ValueError, binascii.Error):
        return None
    return place if order == PLAYED and 0 <= place[0] < 2**63 or order == NEWEST and place[0].tzinfo else None
