"""Somebody with a browser, or with a program, in front of nginx."""

import ssl
import time
from collections.abc import Callable

import httpx

from tests.waiting import wait_for


class Person:
    """A browser: it keeps cookies, follows redirects, and trusts the one who signed the certificate. With a token: a program."""

    def __init__(self, site, token: str = ""):
        self.address = site.address
        self.trust = ssl.create_default_context(cafile=str(site.folder / "ca.pem"))
        headers = {"Authorization": f"Bearer {token}"} if token else {"Accept": "text/html,*/*"}
        self.http = httpx.Client(base_url=site.address, verify=self.trust, follow_redirects=True, timeout=60, trust_env=False, headers=headers)

    def proof(self) -> dict[str, str]:
        """Headers that say that a form is one of ours."""
        return {"X-CSRFToken": self.http.cookies.get("csrftoken", ""), "Origin": self.address}

    def open(self, path: str, status: int = 200, **more) -> httpx.Response:
        """A page or a file; its status must be this one."""
        return checked(self.http.get(path, **more), status)

    def send(self, path: str, data: dict | None = None, status: int = 200, method: str = "POST", **more) -> httpx.Response:
        """A form, or what a program sends."""
        return checked(self.http.request(method, path, data=data, headers=self.proof() | more.pop("headers", {}), **more), status)

    def api(self, path: str, body: dict | None = None, status: int = 200) -> dict:
        """What the API says; with a body it is sent there."""
        address = f"/api/v1{path}"
        return (self.open(address, status) if body is None else self.send(address, json=body, status=status)).json()

    def wait(self, path: str, condition: Callable[[dict], bool], seconds: float = 120) -> dict:
        """What the API says at a path, once the condition holds; while the site is away, it is asked again."""
        said: dict = {}

        def holds() -> bool:
            time.sleep(0.2)
            said.clear()
            said.update(self.latest(path))
            return bool(said) and condition(said)

        wait_for(holds, seconds, lambda: f"{path}: {said}")
        return said

    def latest(self, path: str) -> dict:
        """What the API says at a path; nothing when it cannot be asked just now."""
        try:
            answer = self.http.get(f"/api/v1{path}")
        except httpx.TransportError:
            return {}
        return answer.json() if answer.status_code == 200 else {}

    def ended(self, path: str, seconds: float = 120) -> dict:
        """A row of work that has ended, and well."""
        row = self.wait(path, lambda row: row["status"] not in ("queued", "running"), seconds)
        assert row["status"] in ("done", "ready"), row
        return row


def checked(answer: httpx.Response, status: int) -> httpx.Response:
    asked = answer.request
    assert answer.status_code == status, f"{asked.method} {asked.url}: {answer.status_code} instead of {status}: {answer.text[:400]}"
    return answer
