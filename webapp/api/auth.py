"""Who calls: the owner of a Bearer token, or the person of the session (with CSRF, because a browser sends cookies by itself)."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from webapp.accounts.models import User
from webapp.accounts.services import user_of_token
from webapp.core.errors import UserError
from webapp.core.limits import MINUTE, Meter, too_many

calls = Meter()


def bearer_token(request: HttpRequest) -> str | None:
    """The token that comes with a request, read from where it lies: `request.headers` would copy all headers first."""
    scheme, _space, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def not_known(message: str) -> UserError:
    return UserError(message, code="not_authenticated", status=401)


class TokenAuth(HttpBearer):
    """`Authorization: Bearer <token>`; a token that is given and wrong is refused, whatever cookie comes with it."""

    def __call__(self, request: HttpRequest) -> User | None:
        token = bearer_token(request)
        return None if token is None else self.authenticate(request, token)

    def authenticate(self, request: HttpRequest, token: str) -> User:
        user = request.caller = getattr(request, "caller", None) or user_of_token(token)
        if user is None:
            raise not_known(_("This token is not known or was revoked. Make a new one on the account page."))
        if settings.API_RATE and calls.over(token, settings.API_RATE):
            raise too_many(MINUTE)
        return user


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
