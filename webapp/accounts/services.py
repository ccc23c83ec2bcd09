"""What happens to people: guests are made, become accounts or move into one, and get tokens for their programs."""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import login
from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from webapp.accounts.models import Token, User
from webapp.core import limits
from webapp.core.errors import UserError
from webapp.core.prepared import Prepared

PREFIX = "aim_"  # so that a token found in the wrong place is recognised as one
MOST_TOKENS = 20
SEEN_AGAIN = timedelta(minutes=1)  # last_used is written once in this time, not with each call


def person(request: HttpRequest) -> User:
    """Who asks: the logged-in user, or a new guest who is logged in now. Call it on a change, never on GET; raises UserError 429."""
    if request.user.is_authenticated:
        return request.user
    limits.spend("guest", limits.client_address(request))
    guest = User.objects.create_guest()
    login(request, guest, backend=settings.AUTHENTICATION_BACKENDS[0])
    return guest


@transaction.atomic
def absorb_guest(*, guest: User, into: User) -> None:
    """Give all that a guest has to an account, and end the guest."""
    guest.projects.update(owner=into)
    guest.tokens.update(user=into)
    guest.keys.update(user=into)
    guest.memberships.filter(Q(project__members__user=into) | Q(project__owner=into)).delete()
    guest.memberships.update(user=into)
    into.memberships.filter(project__owner=into).delete()
    guest.delete()


def create_token(*, user: User, name: str) -> tuple[Token, str]:
    """Make a token; returns the row and the token itself, which is kept nowhere and cannot be shown again."""
    name = " ".join(name.split())[:100]
    if not name:
        raise UserError(_("Give the token a name, so that you know later what uses it."), field="name")
    if user.tokens.filter(revoked=None).count() >= MOST_TOKENS:
        raise UserError(_("You have %(count)d tokens. Revoke one that you no longer use first.") % {"count": MOST_TOKENS}, code="too_many_tokens", status=409)
    plain = PREFIX + secrets.token_urlsafe(32)
    return Token.objects.create(user=user, name=name, start=plain[:12], digest=digest(plain)), plain


def revoke_token(*, token: Token) -> None:
    """End a token at once; its row stays, so that people see what there was."""
    Token.objects.filter(id=token.id, revoked=None).update(revoked=timezone.now())


def end_all(*, user: User) -> None:
    """End all tokens of a person and all keys that stand for them, at once."""
    for rows in (user.tokens, user.keys):
        rows.filter(revoked=None).update(revoked=timezone.now())


def user_of_token(plain: str) -> User | None:
    """The person whose token this is, or None when it is unknown, revoked or theirs no more."""
    user = bearer.first(digest(plain))
    if user and user.is_news:
        Token.objects.filter(digest=digest(plain)).update(last_used=timezone.now())
    return user


def bearers(of: str) -> QuerySet[User]:
    """The active person of the living token with this digest; `is_news` when its last use has not been written down for a while."""
    unseen = Q(tokens__last_used=None) | Q(tokens__last_used__lt=Now() - SEEN_AGAIN)
    people = User.objects.only("email", "is_guest", "is_active").filter(tokens__digest=of, tokens__revoked=None, is_active=True)
    return people.annotate(is_news=ExpressionWrapper(unseen, BooleanField()))


bearer = Prepared(bearers, "the digest of a token")


def digest(plain: str) -> str:
    """What is kept of a secret (a token or a key), and what it is found by."""
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()
