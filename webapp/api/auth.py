"""Who calls: the person of a Bearer token or key, or the person of the session (with CSRF, because a browser sends cookies by itself)."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from webapp.accounts.models import User
from webapp.accounts.services import user_of_token
from webapp.api.scopes import needed
from webapp.core.errors import UserError
from webapp.core.limits import MINUTE, too_many
from webapp.core.meter import Allowance, Meter
from webapp.keys.models import Key
from webapp.keys.services import is_key, key_of, person_of

calls = Meter(settings.DATA / "calls.meter")
COUNTED = "aimaker.allowance"  # in the environment of a call that was counted before it came here


def bearer_token(request: HttpRequest) -> str | None:
    """The token that comes with a request, read from where it lies: `request.headers` would copy all headers first."""
    scheme, _space, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def not_known(message: str) -> UserError:
    return UserError(message, code="not_authenticated", status=401)


def admitted(request: HttpRequest, plain: str, scope: str | None) -> User:
    """The person for whom a token or a key stands; this call is counted, once. A key must have the scope; None is what no key may do.

    Raises UserError 401, 403 or 429.
    """
    if not hasattr(request, "caller"):
        request.caller = of_key(request, plain) if is_key(plain) else of_token(request, plain)
    if key := getattr(request, "api_key", None):
        check_scope(key, scope)
    return request.caller


def of_token(request: HttpRequest, plain: str) -> User:
    user = user_of_token(plain)
    if user is None:
        raise not_known(_("This token is not known or was revoked. Make a new one on the account page."))
    count(request, plain, settings.API_RATE)
    return user


def of_key(request: HttpRequest, plain: str) -> User:
    key = request.api_key = key_of(plain)
    if key is None:
        raise not_known(_("This key is not known, or it has ended. Make a new one on the page of the AI."))
    count(request, str(key.id), limit_of(key))
    check_origin(key, request.META.get("HTTP_ORIGIN", ""))
    return person_of(key)


def limit_of(key: Key | None) -> int:
    """How many calls a minute a key has, or a token (None): never more than the site allows now, whatever it allowed when the key was made. 0 is no limit."""
    return min(filter(None, (key and key.rate, settings.API_RATE)), default=0)


def count(request: HttpRequest, who: str, limit: int) -> None:
    """Count a call and note for the headers of the answer what is left; raises UserError 429. A limit of 0 is none."""
    if not limit:
        return
    allowance = request.META.get(COUNTED) or calls.use(who, limit)
    if allowance is None:
        refusal = too_many(MINUTE)
        request.allowance = Allowance(limit, 0, refusal.details["retry_after"])
        raise refusal
    request.allowance = allowance


def check_origin(key: Key, origin: str) -> None:
    if not key.serves(origin):
        raise UserError(_("This key does not work on pages of %(origin)s. Allow them on the page of the key.") % {"origin": origin[:100]}, code="origin", status=403)


def check_scope(key: Key, scope: str | None) -> None:
    if scope is None:
        raise UserError(_("No key may do this. Use a token of your account, and keep it to yourself."), code="scope", status=403)
    if not key.may(scope):
        raise UserError(_("This key may not do this. Allow “%(scope)s” on the page of the key.") % {"scope": scope}, code="scope", status=403, details={"scope": scope})


class TokenAuth(HttpBearer):
    """`Authorization: Bearer <token or key>`; one that is given and wrong is refused, whatever cookie comes with it."""

    def __call__(self, request: HttpRequest) -> User | None:
        token = bearer_token(request)
        return None if token is None else self.authenticate(request, token)

    def authenticate(self, request: HttpRequest, token: str) -> User:
        return admitted(request, token, needed(request))


class SessionAuth(APIKeyCookie):
    """The session cookie, as our own pages send it; every unsafe method needs the CSRF token too."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> User:
        if not request.user.is_authenticated:
            raise not_known(_("Log in, or send an API token: Authorization: Bearer <token>."))
        if request.method not in ("GET", "HEAD", "OPTIONS") and check_csrf(request):
            raise UserError(_("This page is too old to be trusted. Reload it and try again."), code="csrf", status=403)
        return request.user

    def authenticate(self, request: HttpRequest, key: str | None) -> User:
        return self(request)


token_auth, session_auth = TokenAuth(), SessionAuth()


def who(request: HttpRequest) -> User | None:
    """Who calls, or None; what is wrong with the call is left to the operation to say."""
    try:
        return token_auth(request) or session_auth(request)
    except UserError:
        return None
