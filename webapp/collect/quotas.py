"""What is left of what the search services allow, for whoever watches this server."""

from typing import NamedTuple

from django.db.models.functions import Now

from webapp.collect import buckets
from webapp.collect.downloads import bucket_of
from webapp.collect.models import Bucket
from webapp.collect.providers import providers, ready
from webapp.core.limits import Limit


class Quota(NamedTuple):
    """One limit of a provider: how many searches or pictures it allows in so many seconds, how many are left now, and for how many seconds there are none."""

    provider: str
    what: str
    seconds: int
    amount: int
    left: int
    pause: float


def now() -> list[Quota]:
    """Every limit of every provider that may be asked, in one query."""
    limits = [(bucket, provider.name, what, limit) for provider in map(providers().get, ready()) for bucket, what, kinds in kinds_of(provider) for limit in kinds]
    rows = {row.name: row for row in Bucket.objects.annotate(now=Now()).filter(name__in={bucket for bucket, *_others in limits})}
    return [quota(rows.get(bucket), provider, what, limit) for bucket, provider, what, limit in limits]


def kinds_of(provider) -> list[tuple[str, str, tuple[Limit, ...]]]:
    """(bucket, what is counted in it, limits) of a provider."""
    return [(provider.name, "searches", provider.limits), (bucket_of(provider), "pictures", provider.picture_limits)]


def quota(row: Bucket | None, provider: str, what: str, limit: Limit) -> Quota:
    """How one limit stands; a provider that was never asked has all of it left."""
    if row is None:
        return Quota(provider, what, limit.seconds, limit.amount, limit.amount, 0.0)
    out = sum(moment > row.now.timestamp() - limit.seconds for moment in row.taken)
    wait = buckets.wait_of(row, (limit,))
    return Quota(provider, what, limit.seconds, limit.amount, max(0, limit.amount - out), wait.seconds if wait else 0.0)
