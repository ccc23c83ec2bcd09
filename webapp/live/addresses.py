"""Where the sockets are, and from which pages they may be opened."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.request import validate_host


def is_behind_proxy() -> bool:
    """Whether one address serves pages and sockets."""
    return settings.HTTPS or settings.TRUSTED_PROXIES > 0


def socket_origin(request: HttpRequest) -> str:
    """Scheme, host and port of the sockets for whoever sees this page."""
    if is_behind_proxy():
        return f"{'wss' if request.is_secure() or settings.HTTPS else 'ws'}://{request.get_host()}"
    return f"ws://{host_of(request.get_host())}:{settings.LIVE_PORT}"


def is_our_page(origin: str, host: str) -> bool:
    """Whether a browser's Origin is the address of our pages, for a socket that was asked for at this Host.

    Cookies know no port and no Origin, so that any page of the web could open a socket with them (cross-site WebSocket hijacking).
    """
    page = urlsplit(origin)
    if page.scheme not in ("http", "https") or not page.hostname or page.path or page.query:
        return False
    if settings.PUBLIC_URL:
        return origin.lower() == settings.PUBLIC_URL.lower()
    name = host_of(host)
    same_port = page.netloc.lower() == host.lower() or page.netloc.lower() == f"{name}:{settings.PORT}"
    return same_port and validate_host(name, settings.ALLOWED_HOSTS)


def host_of(netloc: str) -> str:
    """The name in `name:port`, lower case; an IPv6 address with its brackets."""
    netloc = netloc.lower()
    name, _colon, port = netloc.rpartition(":")
    return name if name and port.isdigit() and (not name.startswith("[") or name.endswith("]")) else netloc
