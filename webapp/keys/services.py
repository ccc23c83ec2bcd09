"""What happens to keys: they are made, changed, rotated and revoked, and stand for a person."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from webapp.accounts.models import User
from webapp.accounts.services import digest
from webapp.core.errors import UserError
from webapp.core.prepared import Prepared
from webapp.keys.models import PREDICT, SCOPES, Key
from webapp.projects.models import Project

PREFIX = "aimk_"  # so that a key found in the wrong place is recognised as one, and never taken for the token of an account
MOST_KEYS = 20  # of one project that can be used
MOST_ORIGINS = 20
LONGEST_ORIGIN = 270  # the longest name of a host, with scheme and port
LONGEST_OVERLAP = timedelta(days=30)
PORTS = {"http": 80, "https": 443}


def create_key(
    *, project: Project, user: User, name: str, scopes: Iterable[str] = (PREDICT,), origins: Iterable[str] = (), rate: int | None = None, days: int | None = None
) -> tuple[Key, str]:
    """Make a key of a project that stands for a person; returns the row and the key itself, which is kept nowhere and cannot be shown again.

    `rate` is in calls a minute, `days` how long it lives; None for as many as the site allows and for ever. Raises UserError.
    """
    key = Key(project=project, user=user, name=clean_name(name), scopes=clean_scopes(scopes), origins=clean_origins(origins), rate=clean_rate(rate))
    key.expires = timezone.now() + timedelta(days=days) if days else None
    with transaction.atomic():
        refuse_too_many(project)
        return key, plain_of(key)


def plain_of(key: Key) -> str:
    """Give a new row its secret and save it; returns the secret."""
    plain = PREFIX + secrets.token_urlsafe(32)
    key.start, key.digest = plain[:12], digest(plain)
    key.save(force_insert=True)
    return plain


def refuse_too_many(project: Project, most: int = MOST_KEYS) -> None:
    """Raise UserError where a project has as many keys as it may; holds its row, so that two that come at once are counted one after the other."""
    Project.objects.select_for_update().get(id=project.id)
    if living(project.keys.all()).count() >= most:
        raise UserError(_("This AI has %(count)d keys. Revoke one that you no longer use first.") % {"count": most}, code="too_many_keys", status=409)


def change_key(*, key: Key, name: str, scopes: Iterable[str], origins: Iterable[str], rate: int | None) -> None:
    """Change what a key is called, may do, where and how often; counts from its next call on. Raises UserError."""
    key.name, key.scopes, key.origins, key.rate = clean_name(name), clean_scopes(scopes), clean_origins(origins), clean_rate(rate)
    key.save(update_fields=["name", "scopes", "origins", "rate"])


def rotate_key(*, key: Key, user: User, overlap: timedelta) -> tuple[Key, str]:
    """Make a key that may do the same and lives as long again, and let the old one end after `overlap` (at most 30 days); returns as `create_key`. Raises UserError.

    Each key can have one successor beside it, so that a project has at most twice as many keys as it may have.
    """
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        raise UserError(_("The old key can go on for at most 30 days."), code="overlap", field="overlap")
    with transaction.atomic():
        old = Key.objects.select_for_update().get(id=key.id)
        if not old.is_living:
            raise UserError(_("This key has ended already. Make a new one."), code="key_ended", status=409)
        if living(old.replaced_by.all()).exists():
            raise UserError(_("This key has a successor already. If that one is lost, revoke it first."), code="key_replaced", status=409)
        end(old, overlap)
        refuse_too_many(old.project, 2 * MOST_KEYS)
        new = Key(project=old.project, user=user, name=old.name, scopes=old.scopes, origins=old.origins, rate=old.rate, replaces=old, expires=end_of_successor(old))
        return new, plain_of(new)


def end_of_successor(key: Key) -> datetime | None:
    """When a key ends that is made now and lives as long as this one was meant to; None where that was for ever.

    One that was replaced before ends early; how long it was meant to live, its lost successor knows.
    """
    meant = key.replaced_by.first() or key
    return timezone.now() + (meant.expires - meant.created) if meant.expires else None


def end(key: Key, overlap: timedelta) -> None:
    """Let a key live on for this long and no longer; revoked at once where that is no time, because databases are not exact about now."""
    if not overlap:
        return revoke_key(key=key)
    ends = timezone.now() + overlap
    Key.objects.filter(id=key.id).update(expires=min(key.expires or ends, ends))


def revoke_key(*, key: Key) -> None:
    """End a key at once; its row stays, so that people see what there was."""
    Key.objects.filter(id=key.id, revoked=None).update(revoked=timezone.now())


def living(keys: QuerySet[Key]) -> QuerySet[Key]:
    """Those that can be used."""
    return keys.filter(Q(expires=None) | Q(expires__gt=Now()), revoked=None, user__is_active=True)


def key_of(plain: str) -> Key | None:
    """The key, with what calls need of it; None when it is unknown, revoked or expired, or its person is disabled."""
    return found.first(digest(plain)) if is_key(plain) else None


found = Prepared(lambda of: living(Key.objects.only("project", "user", "name", "scopes", "origins", "rate").filter(digest=of)), "the digest of a key")


def is_key(plain: str) -> bool:
    return plain.startswith(PREFIX)


def person_of(key: Key) -> User:
    """The person for whom a key stands, whom the gate shows the key's project and nothing else. Other fields are read when they are asked for."""
    person = User.from_db(connection.alias, ["id", "is_active"], [key.user_id, True])
    person.only_project = key.project_id
    return person


def clean_name(name: str) -> str:
    name = " ".join(name.split())[:100]
    if not name:
        raise UserError(_("Give the key a name, so that you know later what uses it."), field="name")
    return name


def clean_scopes(scopes: Iterable[str]) -> str:
    """In our order, each once."""
    given, known = set(scopes), [scope for scope, _words in SCOPES]
    if not given or given - set(known):
        raise UserError(_("Choose what the key may do."), field="scopes")
    return " ".join(scope for scope in known if scope in given)


def clean_rate(rate: int | None) -> int | None:
    if rate is not None and rate < 1:
        raise UserError(_("A key needs at least one call a minute."), field="rate")
    return min(rate, settings.API_RATE) if rate and settings.API_RATE else rate


def clean_origins(origins: Iterable[str]) -> str:
    """As they are kept: each once on a line of its own."""
    unique = list(dict.fromkeys(clean_origin(origin) for origin in origins if origin.strip()))
    if len(unique) > MOST_ORIGINS:
        raise UserError(_("A key has at most %(count)d addresses of pages. Make a second key.") % {"count": MOST_ORIGINS}, field="origins")
    return "".join(f"\n{origin}" for origin in unique) + ("\n" if unique else "")


def clean_origin(text: str) -> str:
    """An origin as browsers send it: scheme, name in ASCII and, where it is not the usual one, port. A path that was pasted with it is left out."""
    try:
        parts = urlsplit(text.strip())
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError:
        raise no_origin(text) from None
    odd = not host or "*" in host or parts.scheme not in PORTS or parts.username is not None or any(character.isspace() for character in host)
    if odd or len(text) > LONGEST_ORIGIN:
        raise no_origin(text)
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, PORTS[parts.scheme]) else "")


def no_origin(text: str) -> UserError:
    message = _("“%(text)s” is not the address of a web page. Write it like https://www.example.org.") % {"text": text.strip()[:100]}
    return UserError(message, code="origin", field="origins")
