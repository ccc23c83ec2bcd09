"""Lists by cursor: the next page starts after the last row that was seen, so rows that come or go shift nothing."""

import base64
import binascii
from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from ninja import Query, Schema
from pydantic import Field

from webapp.core.errors import UserError


class Paging(Schema):
    """Which part of a list."""

    cursor: str = Field("", max_length=200, description="`next` of the page before; empty for the first.")
    limit: int = Field(50, ge=1, le=200)


PageOf = Annotated[Paging, Query()]


def page(rows: QuerySet, paging: Paging, shown: Callable, *, newest_first: bool) -> dict:
    """One page of rows, in the order of their `created` and id: {"items", "next"}."""
    order, side = (("-created", "-id"), "lt") if newest_first else (("created", "id"), "gt")
    seen = "gt" if newest_first else "lt"
    if paging.cursor:
        created, row_id = read_cursor(paging.cursor)
        # Said so, and not with OR, the database begins at this place of its index.
        rows = rows.filter(**{f"created__{side}e": created}).exclude(Q(created=created) & Q(**{f"id__{seen}e": row_id}))
    found = list(rows.order_by(*order)[: paging.limit + 1])
    more = len(found) > paging.limit
    found = found[: paging.limit]
    return {"items": [shown(row) for row in found], "next": write_cursor(found[-1]) if more else None}


def write_cursor(row) -> str:
    return base64.urlsafe_b64encode(f"{row.created.isoformat()} {row.id}".encode()).decode()


def read_cursor(text: str) -> tuple[datetime, UUID]:
    try:
        created, row_id = base64.urlsafe_b64decode(text.encode()).decode().split(" ")
        return aware(datetime.fromisoformat(created)), UUID(row_id)
    except (ValueError, binascii.Error):
        raise UserError(_("This cursor is not one of ours. Start again without it."), code="bad_cursor", status=400) from None


def aware(time: datetime) -> datetime:
    if time.tzinfo is None:
        raise ValueError("a cursor has a time zone")
    return time
