"""A person and a program in front of the web process of a house."""

import http.client
import json
import time
from uuid import uuid4

from django.conf import settings
from django.test import Client

from tests.waiting import free_ports
from webapp.accounts.models import User
from webapp.accounts.services import create_token


class Web:
    """The web process on its port."""

    def __init__(self):
        self.port = free_ports()[0]

    def answers(self) -> bool:
        try:
            return self.ask("GET", "/healthz")[0] == 200
        except OSError:
            return False

    def ask(self, method: str, path: str, body: bytes = b"", seconds: float = 30, **headers: str) -> tuple[int, bytes, float]:
        """Status, body and seconds of one request."""
        answer, said, took = self.asked(method, path, body, seconds, **headers)
        return answer.status, said, took

    def asked(self, method: str, path: str, body: bytes = b"", seconds: float = 30, **headers: str) -> tuple[http.client.HTTPResponse, bytes, float]:
        """The same with all of the answer."""
        line, began = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds), time.monotonic()
        try:
            line.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = line.getresponse()
            return answer, answer.read(), time.monotonic() - began
        finally:
            line.close()

    def person(self, user: User) -> dict[str, str]:
        """The cookie of a browser in which somebody is logged in."""
        client = Client()
        client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
        return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"}

    def program(self, user: User) -> dict[str, str]:
        return {"Authorization": f"Bearer {create_token(user=user, name='faults')[1]}"}

    def train(self, project, who: dict[str, str], **values) -> tuple[int, dict, float]:
        status, body, seconds = self.ask("POST", f"/api/v1/projects/{project.id}/runs", json.dumps(values).encode(), Content_Type="application/json", **who)
        return status, json.loads(body), seconds

    def upload(self, project, who: dict[str, str], label: str, content: bytes) -> tuple[int, dict, float]:
        mark = uuid4().hex
        parts = [f'--{mark}\r\nContent-Disposition: form-data; name="label"\r\n\r\n{label}\r\n'.encode()]
        parts += [f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'.encode() + content + b"\r\n"]
        body = b"".join(parts) + f"--{mark}--\r\n".encode()
        status, said, seconds = self.ask("POST", f"/api/v1/projects/{project.id}/uploads", body, Content_Type=f"multipart/form-data; boundary={mark}", **who)
        return status, json.loads(said), seconds
