"""How often each provider may be asked: one bucket of tokens a provider, in the database, so that all workers on all machines share it.

A token that was taken comes back when the window of its limit has passed. So no window, wherever it begins, sees more requests than are allowed:
that is how the services count, while a bucket that fills drop by drop lets nearly twice as many through in its first window.
The clock is that of the database, because those of several machines differ.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from webapp.collect.models import Bucket
from webapp.collect.providers.base import DAY, MONTH, SECOND
from webapp.core.limits import MINUTE, Limit

SEARCHES = {
    SECOND: _("%(provider)s allows %(count)d searches a second"),
    MINUTE: _("%(provider)s allows %(count)d searches a minute"),
    DAY: _("%(provider)s allows %(count)d searches a day"),
    MONTH: _("%(provider)s allows %(count)d searches a month"),
}
PICTURES = {MINUTE: _("%(provider)s allows %(count)d pictures a minute")}
PAUSE = _("%(provider)s asks for a pause")
GOING_ON, LATER = _("%(reason)s; going on at %(time)s."), _("%(reason)s; it can be asked again from %(time)s on.")


@dataclass(frozen=True)
class Wait:
    """No token now: ask again at `until`, in `seconds`. `limit` is the one that is reached, None when the provider itself asked for a pause."""

    until: datetime
    seconds: float
    limit: Limit | None = None

    def words(self, title: str, reasons: dict, sentence: object = GOING_ON) -> str:
        """What keeps us waiting, and until when, for a person; `reasons` are SEARCHES or PICTURES, `sentence` is GOING_ON or LATER."""
        reason = reasons.get(self.limit.seconds, PAUSE) if self.limit else PAUSE
        facts = {"provider": title, "count": self.limit.amount if self.limit else 0}
        return str(sentence) % {"reason": str(reason) % facts, "time": self.clock}

    @property
    def clock(self) -> str:
        """12:03 UTC, with the date when that is not within the next hours. A page may tell it in the time of whoever looks at it."""
        return self.until.strftime("%H:%M UTC" if self.seconds < DAY / 2 else "%Y-%m-%d %H:%M UTC")


def take(name: str, limits: tuple[Limit, ...]) -> Wait | None:
    """Take a token of the bucket called so: None when it is ours, or for how long there is none."""
    while True:
        bucket = row(name)
        now = bucket.now.timestamp()
        if wait := wait_of(bucket, limits):
            return wait
        longest = max((limit.seconds for limit in limits), default=0)
        taken = [moment for moment in bucket.taken if moment > now - longest] + [round(now, 3)]
        # Whoever was faster has changed the version: then we look again.
        if Bucket.objects.filter(name=name, version=bucket.version).update(taken=taken, version=F("version") + 1):
            return None


def block(name: str, seconds: float) -> Wait:
    """Let nobody take a token for so long; a longer pause that was asked for before stays."""
    until = row(name).now + timedelta(seconds=seconds)
    sooner = Q(blocked_until=None) | Q(blocked_until__lt=until)
    Bucket.objects.filter(sooner, name=name).update(blocked_until=until, version=F("version") + 1)
    bucket = row(name)
    return wait_until(bucket, bucket.blocked_until)


def row(name: str) -> Bucket:
    """The bucket, made when it is not there, with the time of the database as `now`."""
    rows = Bucket.objects.annotate(now=Now())
    found = rows.filter(name=name).first()
    if found is None:
        Bucket.objects.bulk_create([Bucket(name=name)], ignore_conflicts=True)  # another worker may make it in this moment
        found = rows.get(name=name)
    return found


def wait_of(bucket: Bucket, limits: tuple[Limit, ...]) -> Wait | None:
    """The longest of what keeps us from taking a token now."""
    waits = [wait_until(bucket, moment, limit) for limit in limits if (moment := free_at(bucket, limit))]
    if bucket.blocked_until and bucket.blocked_until > bucket.now:
        waits.append(wait_until(bucket, bucket.blocked_until))
    return max(waits, key=lambda wait: wait.seconds, default=None)


def free_at(bucket: Bucket, limit: Limit) -> datetime | None:
    """When a token of this limit is back; None while there is one."""
    now = bucket.now.timestamp()
    out = [moment for moment in bucket.taken if moment > now - limit.seconds]
    if len(out) < limit.amount:
        return None
    return bucket.now + timedelta(seconds=out[-limit.amount] + limit.seconds - now)


def wait_until(bucket: Bucket, moment: datetime, limit: Limit | None = None) -> Wait:
    """A wait until a moment of the database's clock, told by our own: that of a MySQL server may stand in another zone."""
    seconds = max((moment - bucket.now).total_seconds(), 0.001)
    return Wait(datetime.now(UTC) + timedelta(seconds=seconds), seconds, limit)
