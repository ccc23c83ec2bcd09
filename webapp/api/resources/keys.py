from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema, Status
from pydantic import Field

from webapp.api.answers import address, polled, stamp
from webapp.api.once import SECRET
from webapp.api.paging import PageOf, page
from webapp.api.resources.shapes import NAME, Input
from webapp.keys import services
from webapp.keys.models import Key
from webapp.keys.usage import DAYS, by_day
from webapp.projects.models import Project
from webapp.projects.rules import EDIT, fetch

router = Router(tags=["Keys"])

Scope = Literal["predict", "upload", "read"]
RATE = {"ge": 1, "le": 1_000_000, "description": "Calls a minute; null for as many as the site allows."}
ORIGINS = "Addresses of web pages whose scripts may use it, like https://www.example.org."


class NewKey(Input):
    name: str = Field(json_schema_extra=NAME)
    scopes: list[Scope] = Field(["predict"], min_length=1, max_length=3)
    origins: list[str] = Field([], max_length=services.MOST_ORIGINS, description=ORIGINS)
    rate: int | None = Field(None, **RATE)
    days: int | None = Field(None, ge=1, le=3650, description="How long it lives; null for until it is revoked.")


class KeyChange(Input):
    name: str = Field(default_factory=str, json_schema_extra=NAME)
    scopes: list[Scope] = Field(default_factory=list, min_length=1, max_length=3)
    origins: list[str] = Field(default_factory=list, max_length=services.MOST_ORIGINS, description=ORIGINS)
    rate: int | None = Field(None, **RATE)


class NewRotation(Input):
    overlap_hours: int = Field(24, ge=0, le=720, description="How long the old key goes on; 0: it ends at once.")


class KeyOut(Schema):
    id: UUID
    project_id: UUID
    name: str
    start: str = Field(description="The first characters, to tell keys apart.")
    scopes: list[Scope]
    origins: list[str]
    rate: int | None
    replaces: UUID | None
    created: str
    last_used: str | None
    expires: str | None
    revoked: str | None


class MadeKeyOut(KeyOut):
    key: str = Field(description="The key itself: in this answer only.")


class KeyPage(Schema):
    items: list[KeyOut]
    next: str | None


class DayOut(Schema):
    day: date
    calls: int
    errors: int
    mean_ms: float | None


class UsageOut(Schema):
    items: list[DayOut]
    next: None


def shown(key: Key) -> dict:
    times = {name: stamp(getattr(key, name)) for name in ("created", "last_used", "expires", "revoked")}
    ids = {"id": str(key.id), "project_id": str(key.project_id), "replaces": str(key.replaces_id) if key.replaces_id else None}
    return ids | {"name": key.name, "start": key.start, "scopes": key.scope_names, "origins": key.origin_list, "rate": key.rate} | times


def made(key: Key, plain: str, response: HttpResponse) -> Status:
    """The answer that has the key in it: nobody keeps it, also not for a repeated request."""
    response["Location"], response["Cache-Control"] = address("get_key", key.id, "key_id"), SECRET
    return Status(201, shown(key) | {"key": plain})


@router.post("/projects/{uuid:project_id}/keys", response={201: MadeKeyOut})
def create_key(request: HttpRequest, project_id: UUID, payload: NewKey, response: HttpResponse):
    """Make a key that opens this project alone. It is in this answer and nowhere else: an Idempotency-Key does not bring it again."""
    project = fetch(request.auth, Project, project_id, EDIT)
    return made(*services.create_key(project=project, user=request.auth, **payload.model_dump()), response)


@router.get("/projects/{uuid:project_id}/keys", response=KeyPage)
def list_keys(request: HttpRequest, project_id: UUID, paging: PageOf):
    """The keys of a project, newest first, with those that have ended."""
    return page(fetch(request.auth, Project, project_id, EDIT).keys.all(), paging, shown, newest_first=True)


@router.get("/keys/{uuid:key_id}", response=KeyOut)
def get_key(request: HttpRequest, key_id: UUID):
    return shown(fetch(request.auth, Key, key_id, EDIT))


@router.patch("/keys/{uuid:key_id}", response=KeyOut)
def change_key(request: HttpRequest, key_id: UUID, payload: KeyChange):
    """Change what is sent; it counts from the next call of the key on."""
    key = fetch(request.auth, Key, key_id, EDIT)
    now = {"name": key.name, "scopes": key.scope_names, "origins": key.origin_list, "rate": key.rate}
    services.change_key(key=key, **now | payload.model_dump(exclude_unset=True))
    return shown(key)


@router.delete("/keys/{uuid:key_id}", response={204: None})
def revoke_key(request: HttpRequest, key_id: UUID):
    """End a key at once; its row stays, so that people see what there was."""
    services.revoke_key(key=fetch(request.auth, Key, key_id, EDIT))
    return Status(204, None)


@router.post("/keys/{uuid:key_id}/rotate", response={201: MadeKeyOut})
def rotate_key(request: HttpRequest, key_id: UUID, response: HttpResponse, payload: NewRotation = None):
    """Make a key that may do the same; the old one goes on for a while."""
    key, hours = fetch(request.auth, Key, key_id, EDIT), payload.overlap_hours if payload else 24
    return made(*services.rotate_key(key=key, user=request.auth, overlap=timedelta(hours=hours)), response)


@router.get("/keys/{uuid:key_id}/usage", response=UsageOut)
def get_key_usage(request: HttpRequest, key_id: UUID):
    """How much a key was used on each of the last 30 days (UTC), newest first."""
    days = by_day([fetch(request.auth, Key, key_id, EDIT)])[:DAYS]
    items = [{"day": day.day.isoformat(), "calls": day.calls, "errors": day.errors, "mean_ms": day.ms} for day in days]
    return polled(request, {"items": items, "next": None})
