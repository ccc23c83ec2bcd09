"""No secret stands in a log, and one number leads from a click to the child that trains: on a real server that is used as people and programs use it."""

import json
import re
import secrets
import socket
from base64 import b64encode

import pytest
import requests

from tests.machine import Machine
from tests.waiting import wait_for

pytestmark = [pytest.mark.fault, pytest.mark.timeout(240)]
SERVER = {name: f"{name.lower()}-{secrets.token_urlsafe(24)}" for name in ("METRICS_TOKEN", "BRAVE_KEY", "SERPAPI_KEY", "AWS_SECRET_ACCESS_KEY")}
PASSWORD, WRONG = secrets.token_urlsafe(18), secrets.token_urlsafe(18)
NUMBER = f"click-{secrets.token_hex(8)}"
UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@pytest.fixture
def machine(tmp_path):
    machine = Machine(tmp_path / "data", LOG_FORMAT="json", SECRET_KEY=secrets.token_urlsafe(60), **SERVER).furnished()
    yield machine.start_and_wait()
    machine.end()


class Person:
    """Somebody with a browser, and with programs."""

    def __init__(self, machine: Machine):
        self.at, self.machine, self.session = f"http://127.0.0.1:{machine.port}", machine, requests.Session()

    def post(self, path: str, number: str = "", **fields: str) -> requests.Response:
        self.session.get(f"{self.at}/accounts/login/")
        fields["csrfmiddlewaretoken"] = self.session.cookies["csrftoken"]
        return self.session.post(self.at + path, fields, headers={"X-Request-ID": number} if number else {})

    def program(self, token: str, path: str, **headers: str) -> int:
        return requests.post(self.at + path, b"{}", headers={"Authorization": f"Bearer {token}"} | headers).status_code

    def socket(self, query: str) -> None:
        """Knock at a socket; who may not come in is told so."""
        with socket.create_connection(("127.0.0.1", self.machine.live_port), 5) as line:
            key = b64encode(secrets.token_bytes(16)).decode()
            line.sendall(f"GET /ws/projects/{'0' * 8}-0000-0000-0000-{'0' * 12}/live?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode())
            line.recv(1000)


def everything_secret(person: Person) -> set[str]:
    """Use passwords, tokens, keys, cookies and sockets, rightly and wrongly; gives all of them."""
    person.post("/accounts/signup/", email="alice@example.org", password1=PASSWORD)
    person.post("/accounts/login/", login="alice@example.org", password=WRONG)
    token = re.search(r"aim_[\w-]{20,}", person.post("/accounts/tokens/", name="test").text)[0]
    project = re.search(UUID, person.post("/sample", NUMBER).url)[0]
    key = requests.post(f"{person.at}/api/v1/projects/{project}/keys", json={"name": "k", "scopes": ["predict"]}, headers={"Authorization": f"Bearer {token}"}).json()["key"]
    for secret in (token, key, "aim_" + WRONG):
        person.program(secret, f"/api/v1/projects/{project}/predict", **{"Content-Type": "image/jpeg"})
        person.program(secret, f"/api/v1/projects/{project}/runs?token={secret}", **{"Prediction-Key": secret})
        person.session.get(f"{person.at}/nowhere/{secret}?api_key={secret}", headers={"Referer": f"{person.at}/?token={secret}"})
        person.socket(f"token={secret}")
        requests.post(f"{person.at}/roboflow/{project}/1?api_key={secret}", "no picture")
    requests.get(f"{person.at}/metrics", headers={"Authorization": f"Bearer {SERVER['METRICS_TOKEN']}"}).raise_for_status()
    return {PASSWORD, WRONG, token, key, *SERVER.values(), person.machine.environment["SECRET_KEY"], *person.session.cookies.values()}


def lines(machine: Machine) -> list[dict]:
    return [json.loads(line) for line in machine.said().splitlines() if line.startswith("{")]


def test_whatever_secret_is_used_none_stands_in_what_the_server_writes(machine):
    person = Person(machine)
    used = everything_secret(person)
    wait_for(lambda: any(line.get("work") == "ingest.run" for line in lines(machine)), 30, machine.said)
    machine.interrupt()
    written = {path.name: path.read_bytes() for path in machine.data.rglob("*.log")}
    assert "up.log" in written and len(used) >= 10
    assert not [(name, secret) for name, text in written.items() for secret in used if secret.encode() in text]
    told = lines(machine)
    assert len(told) == len(machine.said().splitlines())  # each line is an object, also those of gunicorn, uvicorn, Celery and Redis
    assert {"WS", "GET", "POST"} <= {line.get("method") for line in told}
    assert NUMBER in [line["request"] for line in told if line.get("work") == "ingest.run"], told


@pytest.mark.nightly
def test_one_number_leads_from_a_click_to_the_child_that_trains(machine):
    person = Person(machine)
    person.post("/accounts/signup/", email="alice@example.org", password1=PASSWORD)
    project = re.search(UUID, person.post("/sample").url)[0]
    wait_for(lambda: any(line.get("work") == "ingest.run" for line in lines(machine)), 60, machine.said)
    started = person.post(f"/projects/{project}/train/start", NUMBER, preset="quick")
    wait_for(lambda: any(line.get("work") == "train.run" and line["logger"] == "work" and "after" in line["event"] for line in lines(machine)), 150, machine.said)
    told = [line for line in lines(machine) if line.get("request") == NUMBER]
    assert {line["logger"] for line in told} >= {"access", "work"} and started.status_code == 200
    assert len({line["pid"] for line in told}) >= 3  # the web process, the worker, and the child that trains
