"""How often one person may do what.

What writes anyway is counted in the database. Mere calls of the API are counted by `meter.py`: a row for each would cost more than the call.
"""

import hashlib
import ipaddress
import time
from typing import NamedTuple

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Case, F, Value, When
from django.http import HttpRequest
from django.utils.translation import gettext as _

from webapp.core.errors import UserError
from webapp.core.meter import MINUTE, Meter
from webapp.core.models import Spent

__all__ = ["HOUR", "LIMITS", "MINUTE", "Limit", "Meter", "client_address", "prefix", "spend", "too_many"]

HOUR = 3600


class Limit(NamedTuple):
    amount: int
    seconds: int


LIMITS = {
    "guest": Limit(200, HOUR),  # new guests from one address: a school has one address
    "files": Limit(3000, MINUTE),  # sent by one person; a folder of photos is dropped at once, in requests of at most 100
    "train": Limit(60, HOUR),  # a quick run takes seconds, and people try a lot
    "preview": Limit(120, HOUR),  # each loads torch for some seconds
    "collect": Limit(60, HOUR),
    "similar": Limit(60, MINUTE),  # searches of all that one person may see
    "map": Limit(60, HOUR),  # each lays out all pictures of a project
    "tune": Limit(30, HOUR),  # of one project: each keeps a machine busy for minutes
    "export": Limit(60, HOUR),  # each writes all pictures of a project once more
    "bundle": Limit(120, HOUR),  # ZIPs of models of one project: some have to be converted
    "addresses": Limit(20_000, HOUR),  # listed by one person: each makes us fetch something from somebody
    "predict_url": Limit(60, MINUTE),  # each makes us fetch something
    "ask": Limit(60, MINUTE),  # by somebody without an account, from one address
    "ask_model": Limit(600, MINUTE),  # by all of them together
    "quiz": Limit(300, HOUR),  # games begun from one address
    "score": Limit(60, HOUR),  # names put on a list of the best, from one address
    "remix": Limit(30, HOUR),  # each makes a project, and may copy all pictures of one
    "report": Limit(10, HOUR),  # from one address; a person reads each
}


def spend(action: str, who: object, amount: int = 1) -> None:
    """Count `amount` uses of an action by somebody; raises UserError 429 when that is more than LIMITS allows."""
    limit = LIMITS[action]
    window = int(time.time()) // limit.seconds
    key = hashlib.sha256(f"{action}:{who}".encode()).hexdigest()
    used = Case(When(window=window, then=F("count")), default=Value(0))
    fits = Spent.objects.filter(key=key).annotate(used=used).filter(used__lte=limit.amount - amount)
    if fits.update(count=used + amount, window=window):
        return
    if amount <= limit.amount and first_use(key, window, amount):
        return
    if not fits.update(count=used + amount, window=window):  # again: somebody may have made the row in this very moment
        raise too_many(limit.seconds)


def first_use(key: str, window: int, amount: int) -> bool:
    """Make the row of a key; False when there is one."""
    try:
        with transaction.atomic():
            Spent.objects.create(key=key, window=window, count=amount)
    except IntegrityError:
        return False
    return True


def too_many(seconds: int) -> UserError:
    wait = seconds - int(time.time()) % seconds
    return UserError(
        _("That was a lot in a short time. Please wait %(seconds)d seconds and try again.") % {"seconds": wait},
        code="too_many",
        status=429,
        details={"retry_after": wait},
    )


def client_address(request: HttpRequest) -> str:
    """The address of the browser: what the outermost of our own proxies saw. Without proxies X-Forwarded-For is only hearsay.

    An IPv6 address is cut to its /64, which is what one customer gets.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        address = hops[-settings.TRUSTED_PROXIES] if len(hops) >= settings.TRUSTED_PROXIES else address
    return prefix(address)


def prefix(address: str) -> str:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((ip, 64), strict=False).network_address) if ip.version == 6 else str(ip)
