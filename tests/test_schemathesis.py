"""The OpenAPI document against what the API does (S13): every operation, with what the document allows and with what it forbids.

Half a minute here; API_FUZZ_SECONDS gives each of the two callers longer, and `make fuzz` does.
"""

import json
import os
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from unittest import mock
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone

from webapp.api.tests.server import Served
from webapp.collect.models import Collection
from webapp.core import store
from webapp.core.limits import LIMITS, MINUTE, Limit
from webapp.exports.models import Export
from webapp.images import vectors
from webapp.ingest.models import Transfer, Upload
from webapp.projects.models import Project
from webapp.training.models import Epoch, Run

SECONDS = int(os.environ.get("API_FUZZ_SECONDS", "12"))
# What a valid request may be refused with: rows are missing or in another state, the picture is none, a cursor is none of ours, and rules that no schema can say.
REFUSALS = ["2xx", 400, 401, 403, 404, 409, 412, 413, 415, 422]
CONFIG = f"""
request-timeout = 60
[generation]
deterministic = true
database = "none"
[checks.positive_data_acceptance]
expected-statuses = {json.dumps(REFUSALS)}
"""
REAL = 0.8  # of the ids in requests are those of rows that are there
EVALUATION = {"accuracy": 0.9, "interval": [0.8, 0.95], "labels": [], "confusion": [[1]], "mistakes": [], "calibration": {"ece": 0.1}}


def pools(ids: dict[str, list[str]]) -> str:
    """The part of the configuration that says which ids there are."""
    ids = ids | {"once": [str(uuid4()) for _number in range(2000)]}  # a key for each request: a second one with the same key would get no further
    places = {f"path.{name}": (name, REAL) for name in ids} | {"header.Idempotency-Key": ("once", 1.0)}
    values = "".join(f"[dictionaries.{name}]\nvalues = {json.dumps(some)}\n" for name, some in ids.items())
    return f"{values}[parameters]\n" + "".join(f'"{place}" = {{ dictionary = "{name}", probability = {share} }}\n' for place, (name, share) in places.items())


@pytest.mark.timeout(300 + 4 * SECONDS)
class OpenApi(Served):
    def setUp(self) -> None:
        super().setUp()
        vectors.embedder()  # where it is not made yet, questions about similar pictures are told to wait (503)
        self.enterContext(mock.patch.dict(LIMITS, similar=Limit(10**6, MINUTE)))

    def rows(self) -> dict[str, list[str]]:
        """Some rows of every kind, so that deleting one leaves others."""
        ids: dict[str, list[str]] = {}
        for number in range(6):
            project = self.project if number == 0 else Project.objects.create(owner=self.alice, name=f"Animals {number}")
            self.project = project
            cat, dog = (project.labels.all() if number == 0 else (self.label(name) for name in ("猫", "犬")))
            run = Run.objects.create(project=project, preset="quick", number=9, status="ready", active=None, evaluation=EVALUATION, best={"epoch": 1, "val_accuracy": 1, "val_loss": 1})
            Epoch.objects.create(run=run, epoch=1, train_loss=1, train_accuracy=0.5, val_loss=1, val_accuracy=0.5, learning_rate=0.1, seconds=1)
            export = Export.objects.create(project=project, status="done", size_bytes=1, expires=timezone.now() + timedelta(days=1))
            store.put(export.file_name, b"x")
            there = {
                "project": [project], "label": [cat, dog], "image": [self.image(cat, seed) for seed in range(4)], "run": [run], "export": [export],
                "upload": [Upload.objects.create(project=project, status="done")], "collection": [Collection.objects.create(project=project, label=cat, query="cat", status="done")],
                "transfer": [Transfer.objects.create(project=project, person=self.alice, name="a.zip", size=9, expires=timezone.now() + timedelta(hours=1))],
            }
            for name, things in there.items():
                ids.setdefault(f"{name}_id", []).extend(str(thing.id) for thing in things)
        return ids | {"model_id": [str(self.model.id)]}

    def problems(self, *headers: str, but: str = "") -> str:
        """What schemathesis finds with these headers, by all its checks but one; empty when it finds nothing."""
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / "config.toml").write_text(CONFIG + pools(self.rows()))
        named = [part for header in headers for part in ("-H", header)]
        command = [str(Path(sys.executable).with_name("schemathesis")), "--config-file", "config.toml", "run", f"{self.address}/api/v1/openapi.json", "--max-time", str(SECONDS), *named]
        command += ["--exclude-checks", but] if but else []
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        return "" if done.returncode == 0 else f"{done.stdout[-20000:]}\n{done.stderr[-3000:]}"

    @override_settings(API_RATE=0, OUTGOING_ALLOW=[])
    def test_a_program_with_a_token_gets_what_the_document_says_and_no_server_error(self):
        found = self.problems(f"Authorization: Bearer {self.token}")
        self.assertEqual(found, "", found)

    @override_settings(OUTGOING_ALLOW=[])
    def test_a_browser_with_its_session_gets_what_the_document_says_and_no_server_error(self):
        browser = Client()
        browser.force_login(self.alice, backend=settings.AUTHENTICATION_BACKENDS[0])
        browser.get("/accounts/login/")
        cookies = "; ".join(f"{name}={browser.cookies[name].value}" for name in (settings.SESSION_COOKIE_NAME, "csrftoken"))
        # It cannot leave the cookie away, and takes our answer for one to the other credentials that it tries.
        found = self.problems(f"Cookie: {cookies}", f"X-CSRFToken: {browser.cookies['csrftoken'].value}", but="ignored_auth")
        self.assertEqual(found, "", found)
