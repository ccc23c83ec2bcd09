import http.client
import json

from django.conf import settings

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}


def address() -> str:
    """Where a person on this machine finds the pages."""
    host = ANYWHERE.get(settings.HOST, settings.HOST)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.PORT}/"


def ask() -> tuple[bool, str]:
    """Whether /readyz says yes, and what it said."""
    host = ANYWHERE.get(settings.HOST, settings.HOST)
    asked = http.client.HTTPConnection(host, settings.PORT, timeout=2)
    try:
        asked.request("GET", "/readyz", headers={"Host": allowed_host()})
        answer = asked.getresponse()
        said = answer.read(1000).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return False, f"no answer yet ({error})"
    finally:
        asked.close()
    return answer.status == 200, in_words(said)


def allowed_host() -> str:
    """A Host header that ALLOWED_HOSTS takes."""
    first = (settings.ALLOWED_HOSTS or ["localhost"])[0]
    return "localhost" if first == "*" else first.lstrip(".")


def in_words(said: str) -> str:
    """{"broker": "unreachable", "workers": 0} as "broker: unreachable, workers: 0"; what is fine is left out."""
    try:
        parts = json.loads(said)
    except ValueError:
        return said[:200]
    return ", ".join(f"{name}: {value}" for name, value in parts.items() if value != "ok")
