"""A worker is killed with SIGKILL while it takes an upload in: a real process, a database file of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from tests import databases
from trainer.__main__ import DEFAULT_CACHE
from trainer.embed import ensure_embedder
from webapp.images.intake import BATCH

COUNT = 90
SEND = """
import sys
import django; django.setup()
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from fixtures.hostile.zips import STORED, File, packed
from webapp.accounts.models import User
from webapp.core.test import jpeg
from webapp.ingest.services import receive
from webapp.projects.models import Project
call_command("migrate", verbosity=0)
project = Project.objects.create(owner=User.objects.create_guest(), name="Kill")
files = [File(f"cat/{n}.jpg", jpeg(n, (640, 480)), STORED) for n in range(int(sys.argv[1]))] + [File("cat/again.jpg", jpeg(0, (640, 480)), STORED)]
files += [File(f"cat/{n}.txt", b"words") for n in range(3)]
print(receive(project=project, files=[SimpleUploadedFile("a.zip", packed(*files))]).id)
"""
WORK = """
import sys
import django; django.setup()
from webapp.core import jobs
from webapp.ingest import work
from webapp.ingest.models import Upload
work.run(jobs.claim(Upload, sys.argv[1], "worker"))
"""
STATE = """
import json, sys
import django; django.setup()
from webapp.core import store
from webapp.images.models import Embedding, Image
from webapp.ingest.models import Upload
upload = Upload.objects.get(id=sys.argv[1])
Upload.objects.filter(id=upload.id, status="running").update(lease_until="2000-01-01T00:00Z", attempts=0)  # three deaths would end it, and a test may want more
files = [name for name in store.walk("projects") if "/.part-" not in name]
print(json.dumps({"status": upload.status, "total": upload.total, "processed": upload.processed, "accepted": upload.accepted, "duplicates": upload.duplicates,
                  "rejected": len(upload.rejected), "labels": upload.labels, "images": Image.objects.count(), "vectors": Embedding.objects.count(),
                  "files": len(files), "uploads": len(list(store.walk("uploads")))}))
"""


def start(program: str, data: Path, *arguments: str) -> subprocess.Popen:
    environment = os.environ | {"AIMAKER_DATA": str(data), "DJANGO_SETTINGS_MODULE": "webapp.settings"} | databases.own(data)
    return subprocess.Popen([sys.executable, "-c", program, *arguments], cwd=settings.BASE_DIR, env=environment, stdout=subprocess.PIPE, text=True)


def run(program: str, data: Path, *arguments: str) -> str:
    process = start(program, data, *arguments)
    out, _err = process.communicate(timeout=100)
    assert process.returncode == 0
    return out.strip()


def state(data: Path, upload: str) -> dict:
    return json.loads(run(STATE, data, upload))


def kill_after_some(data: Path, upload: str) -> list[psutil.Process]:
    """Kill the worker when files of its second batch are in the store; the children it leaves."""
    worker = start(WORK, data, upload)
    while worker.poll() is None and len(list(data.glob("store/projects/*/pictures/*/*.jpg"))) <= 2 * BATCH:
        time.sleep(0.01)
    children = psutil.Process(worker.pid).children()
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    return children


@pytest.mark.fault
@pytest.mark.timeout(300)
def test_a_killed_worker_costs_nothing_and_doubles_nothing(tmp_path):
    ensure_embedder(DEFAULT_CACHE)
    (tmp_path / "cache").symlink_to(DEFAULT_CACHE)
    upload = run(SEND, tmp_path, str(COUNT))
    children = kill_after_some(tmp_path, upload)
    between = state(tmp_path, upload)
    assert between["status"] == "running" and 0 < between["images"] < COUNT and between["uploads"] == 1
    _gone, alive = psutil.wait_procs(children, timeout=10)
    assert not alive
    run(WORK, tmp_path, upload)
    end = state(tmp_path, upload)
    assert end == {
        "status": "done", "total": COUNT + 4, "processed": COUNT + 4, "accepted": COUNT, "duplicates": 1, "rejected": 3,
        "labels": {"cat": COUNT}, "images": COUNT, "vectors": COUNT, "files": 2 * COUNT, "uploads": 0,
    }  # fmt: skip
