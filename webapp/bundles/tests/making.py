"""A published model that is small and real, and its ZIPs as a worker makes them."""

import io
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from django.conf import settings

from webapp.bundles import at_once, services, work
from webapp.bundles.models import Packing
from webapp.core import jobs, store
from webapp.core.test import Cast
from webapp.serving.models import Model
from webapp.serving.tests.small import published
from webapp.training.models import Run


class ModelCast(Cast):
    """The cast, and `self.model`, which tells colours apart and learned from two pictures of the project."""

    def setUp(self) -> None:
        super().setUp()
        self.cats = [self.image(self.cat, 1), self.image(self.cat, 2)]
        snapshot = [[str(self.cats[0].id), "猫", "train"], [str(self.cats[1].id), "猫", "val"]]
        run = jobs.claim(Run, Run.objects.create(project=self.project, preset="quick", snapshot=snapshot).id, "one")
        self.addCleanup(shutil.rmtree, settings.DATA / "bundle", ignore_errors=True)
        self.model = published(run, settings.DATA / "bundle", ["red", "green", "blue"])

    def unpacked(self, packing: Packing) -> Path:
        """A folder with what is in a ZIP."""
        folder = Path(tempfile.mkdtemp(dir=settings.DATA))
        self.addCleanup(shutil.rmtree, folder)
        opened(packing).extractall(folder)
        return folder


def made(model: Model, key: str) -> Packing:
    """The ZIP of a model in a format, which a worker has made where it needs one."""
    packing = at_once.get(model=model, key=key)
    if packing.is_live:
        work.finish(jobs.claim(Packing, packing.id, "tester"), lambda: None)  # a heart beats on another connection, which would wait for the test's transaction
        packing = services.current(model)[key]
    return packing


def opened(packing: Packing) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(store.get(packing.file_name)))


def python(folder: Path, script: str, *arguments: str, executable: str = sys.executable) -> subprocess.CompletedProcess:
    """A script as somebody runs it who has the folder and nothing else of ours."""
    return subprocess.run([executable, folder / script, *arguments], cwd="/", env={}, capture_output=True, text=True, timeout=100)
