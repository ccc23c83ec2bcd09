"""Who opens a socket: a session of one of our pages, a token, a key of a project, or nobody by name. What they may ask, the gate says."""

from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from types import SimpleNamespace
from urllib.parse import parse_qs
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from webapp.accounts.models import User
from webapp.accounts.services import user_of_token
from webapp.accounts.sessions import SessionStore
from webapp.core.limits import client_address
from webapp.keys.models import PREDICT, Key
from webapp.keys.services import is_key, key_of, person_of
from webapp.live.addresses import is_our_page
from webapp.live.rules import (
    ADDRESS_A_SECOND,
    FRAMES_A_SECOND,
    MOST_TOP,
    NOT_FOUND,
    NOT_KNOWN,
    PROJECT_A_SECOND,
    SOCKETS_EACH,
    SOCKETS_OF_ADDRESS,
    TOP,
    Refused,
)
from webapp.projects.rules import ASK, VIEW, visible
from webapp.serving.models import Model


@dataclass(frozen=True)
class Caller:
    """What somebody shows at the door: a token, or a session key of a page of ours (empty for a visitor without one)."""

    token: str
    session: str
    origin: str
    address: str

    def key(self) -> Key | None:
        """The key of a project that was shown, if one was. Raises Refused: it is unknown or revoked, may not ask, or not from this page."""
        if not is_key(self.token):
            return None
        key = key_of(self.token)
        if key is None:
            raise Refused(NOT_KNOWN, "This key is not known, or it has ended.")
        if not key.may(PREDICT):
            raise Refused(NOT_KNOWN, "This key may not ask the AI. Allow it on the page of the key.")
        if not key.serves(self.origin):
            raise Refused(NOT_KNOWN, "This key does not work on this page.", foreign=self.origin)
        return key

    def person(self, key: Key | None) -> User | AnonymousUser:
        """Who that is now. Raises Refused: a token that is wrong or revoked."""
        if key:
            return person_of(key)
        if not self.token:
            return get_user(SimpleNamespace(session=SessionStore(self.session))) if self.session else AnonymousUser()
        user = user_of_token(self.token)
        if user is None:
            raise Refused(NOT_KNOWN, "This token is not known or was revoked.")
        return user


@dataclass(frozen=True)
class Wish:
    """What is asked for: one model, or whichever model a project has published, by its id or ("p") by the short address of its play page."""

    kind: str
    id: str
    top: int = TOP


def caller_of(scope: dict) -> Caller:
    """Who knocks; raises Refused for a browser that shows us a page of somebody else, or none."""
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    token = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
    origin = headers.get(b"origin", "")
    if not token and not is_our_page(origin, headers.get(b"host", "")):
        raise Refused(NOT_KNOWN, "Open the camera on a page of AI Maker, or send a token.", foreign=origin or "none")
    return Caller(token, session_key(headers.get(b"cookie", "")), origin, address_of(scope, headers))


def wish_of(scope: dict) -> Wish:
    """What the address asks for; `top` is how many labels an answer has."""
    place = scope["url_route"]["kwargs"]
    top = parse_qs(scope["query_string"].decode("latin-1")).get("top", [""])[0]
    return Wish(place["kind"], place["id"], min(MOST_TOP, int(top)) if top.isdecimal() and len(top) < 4 and int(top) else TOP)


def session_key(cookies: str) -> str:
    try:
        found = SimpleCookie(cookies).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return ""
    return found.value if found else ""


def address_of(scope: dict, headers: dict) -> str:
    """The address of the browser, by the same rule as for pages."""
    request = HttpRequest()
    request.META = {"REMOTE_ADDR": (scope.get("client") or ("",))[0], "HTTP_X_FORWARDED_FOR": headers.get(b"x-forwarded-for", "")}
    return client_address(request)


@dataclass(frozen=True)
class Entry:
    """What the gate has allowed: who the caller counts as, the model they ask, and with whom they share how many frames a second."""

    person: str
    model: Model
    most: int = SOCKETS_EACH  # sockets
    key_id: UUID | None = None
    key_name: str = ""
    shares: tuple[tuple[str, float], ...] = ()


def enter(caller: Caller, wish: Wish) -> Entry:
    """Ask the gate. Raises Refused; what is not theirs is refused as what does not exist."""
    key = caller.key()
    person = caller.person(key)
    model = model_for(person, wish)
    if model is None and person.is_authenticated:
        raise Refused(NOT_FOUND, "There is no such AI, or it has not learned anything yet.")
    if model is None:
        raise Refused(NOT_KNOWN, "Log in first, or send a token.")
    shares = shared_with(caller, wish, model, key)
    if not person.is_authenticated:
        return Entry(caller.address, model, SOCKETS_OF_ADDRESS, shares=shares)
    return Entry(str(person.pk), model, key_id=key and key.id, key_name=key.name if key else "", shares=shares)


def model_for(person: User | AnonymousUser, wish: Wish) -> Model | None:
    """The model that somebody may ask: by an id, of what they may see, and by the address of a play page the published one.

    An id stands on many pages and never changes; were it enough for asking, a new link would lock nobody out.
    """
    if wish.kind == "p":
        return visible(person, Model.objects.filter(published=True, project__sharing__code=wish.id), ASK).first()
    rows = Model.objects.filter(published=True, project=wish.id) if wish.kind == "projects" else Model.objects.filter(id=wish.id)
    return visible(person, rows, VIEW).first()


def shared_with(caller: Caller, wish: Wish, model: Model, key: Key | None) -> tuple[tuple[str, float], ...]:
    """(name, frames a second) of what several sockets have together: a key, and on a play page the address they come from, and the AI."""
    shares = [(f"key {key.id}", min(FRAMES_A_SECOND, key.rate / 60) if key.rate else FRAMES_A_SECOND)] if key else []
    if wish.kind == "p":
        shares += [(f"address {caller.address}", ADDRESS_A_SECOND), (f"project {model.project_id}", PROJECT_A_SECOND)]
    return tuple(shares)
