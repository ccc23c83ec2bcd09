"""Idempotency-Key: a POST that is repeated, because an answer was lost on the way, is not done twice."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import wraps

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from webapp.api.auth import who
from webapp.api.errors import answered, refused
from webapp.api.models import FirstAnswer
from webapp.core.bodies import length

KEPT = timedelta(hours=24)
LONGEST_KEY = 255
NEVER_AGAIN = "no-store"  # the Cache-Control of an answer that is kept by nobody, also not here
SECRET = "no-store, private"  # and that of one with a secret in it: what it did is done once, and it is not given again
GONE = gettext_lazy("This request was done, and the key was in its answer alone. If that was lost, revoke the key (see Location) and make a new one.")
ABANDONED = timedelta(minutes=15)  # the process that worked on the first one has died


def once(run: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give the first answer again for 24 hours to the same person's POST with the same Idempotency-Key."""

    @wraps(run)
    def operation(request: HttpRequest, *args, **values) -> HttpResponse:
        key = request.META.get("HTTP_IDEMPOTENCY_KEY", "") if request.method == "POST" else ""
        if len(key) > LONGEST_KEY:
            return refused(422, "idempotency_key", _("An Idempotency-Key has at most %(count)d characters.") % {"count": LONGEST_KEY})
        user = who(request) if key else None
        return answered_once(request, user, key, lambda: run(request, *args, **values)) if user else run(request, *args, **values)

    return operation


def answered_once(request: HttpRequest, user, key: str, work: Callable[[], HttpResponse]) -> HttpResponse:
    try:
        take_in(request)
    except Exception as error:  # whatever it is, the one place that answers for it, and writes it down, is told
        return answered(request, error)
    forget_old()
    row, mine = reserve(user, digest(key.encode(), *by_key(request)), asked(request))
    if not mine:
        return again(row, asked(request))
    try:
        answer = work()
    except BaseException:
        row.delete()
        raise
    keep(row, answer)
    return answer


def take_in(request: HttpRequest) -> None:
    """Have all of a form here before its key is taken: of a process that is killed while files come in, none stays behind and the repeat is not refused. Raises what Django does."""
    if request.content_type == "multipart/form-data":
        request.FILES.keys()


def by_key(request: HttpRequest) -> list[bytes]:
    """The id of the API key that asks, if it is one: it never gets an answer that was for somebody who may do more."""
    key = getattr(request, "api_key", None)
    return [key.id.bytes] if key else []


def forget_old() -> None:
    now = timezone.now()
    FirstAnswer.objects.filter(created__lt=now - KEPT).delete()
    FirstAnswer.objects.filter(created__lt=now - ABANDONED, status=None).delete()


def reserve(user, key: str, what: str) -> tuple[FirstAnswer, bool]:
    """The row of this key, and whether we are the first to have it."""
    try:
        with transaction.atomic():
            return FirstAnswer.objects.create(user=user, key=key, asked=what), True
    except IntegrityError:
        return FirstAnswer.objects.filter(user=user, key=key).first() or FirstAnswer(asked=what), False


def again(row: FirstAnswer, what: str) -> HttpResponse:
    if row.asked != what:
        return refused(422, "idempotency_key_reused", _("This Idempotency-Key was used for another request. Use a new one."))
    if row.status is None:
        return refused(409, "in_progress", _("The first request with this Idempotency-Key is still being worked on. Ask again in a moment."), {"retry_after": 1})
    answer = refused(409, "not_again", GONE) if row.body == SECRET else HttpResponse(row.body, status=row.status, content_type="application/json")
    answer["Idempotency-Replayed"] = "true"
    if row.location:
        answer["Location"] = row.location
    return answer


def keep(row: FirstAnswer, answer: HttpResponse) -> None:
    """Keep what a repeat must not do again; what was refused may be tried again, and secrets are not kept."""
    if answer.status_code >= 400 or answer.streaming or answer.get("Cache-Control") == NEVER_AGAIN:
        row.delete()
        return
    body = SECRET if answer.get("Cache-Control") == SECRET else answer.content.decode()
    row.status, row.body, row.location = answer.status_code, body, answer.get("Location", "")
    row.save(update_fields=["status", "body", "location"])


def asked(request: HttpRequest) -> str:
    """A digest of what is asked. Of multipart only the address: its body is different each time, and may be a gigabyte."""
    small = length(request) <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    body = request.body if small and request.content_type == "application/json" else b""
    return digest(request.get_full_path().encode(), body)


def digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\n".join(parts)).hexdigest()
