"""What a page asks to be done to pictures, read from a form or from the JSON of the grid."""

import json
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from webapp.core.errors import UserError

MOST_CHANGES = 100  # in one request
MOST_PICTURES = 20_000  # of one change
VERBS = ("move", "aside", "keep", "delete", "accept", "dismiss")
UNDO = "undo"


@dataclass(frozen=True)
class Change:
    """One thing to do to some pictures. `key` is made by whoever asks, so that asking again does nothing; of an undo, `step` is the change that it takes back."""

    key: UUID
    do: str
    pictures: list[UUID] = field(default_factory=list)
    to: UUID | None = None
    step: UUID | None = None


def read_json(request: HttpRequest) -> list[Change]:
    """The changes in the body of a request, {"changes": [...]}, in their order; raises UserError for nonsense."""
    try:
        rows = json.loads(request.body)["changes"]
        changes = [read_one(row) for row in rows]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise nonsense() from error
    if not 0 < len(changes) <= MOST_CHANGES or any(len(change.pictures) > MOST_PICTURES for change in changes):
        raise nonsense()
    return changes


def read_one(row: dict) -> Change:
    """One change; raises ValueError, TypeError or KeyError."""
    if row["do"] not in (*VERBS, UNDO):
        raise ValueError(row["do"])
    pictures = [UUID(one) for one in row.get("pictures", [])]
    return Change(UUID(row["key"]), row["do"], pictures, optional(row.get("to")), optional(row.get("step")))


def optional(value: str | None) -> UUID | None:
    return UUID(value) if value else None


def read_form(values: QueryDict) -> Change:
    """The change of a plain form: `do` with the ticked pictures, or `one` with a verb, the id of a single picture and perhaps that of a label; raises UserError."""
    do, pictures, to = values.get("do"), values.getlist("pick"), values.get("to")
    if " " in values.get("one", ""):
        do, single, to = [*values["one"].split(" "), ""][:3]
        pictures = [single]
    if do not in VERBS:
        raise UserError(_("Choose what to do with the pictures."))
    try:
        change = Change(uuid4(), do, [UUID(one) for one in pictures], optional(to))
    except ValueError as error:
        raise nonsense() from error
    if not pictures:
        raise UserError(_("Choose some pictures first."))
    return change


def nonsense() -> UserError:
    return UserError(_("That was not understood. Reload the page and try again."), code="nonsense")
