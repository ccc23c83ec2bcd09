"""After a project is deleted and the files are swept, nothing of it is left anywhere in the data folder."""

import io
import os
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.utils import timezone

from webapp.core import jobs, store
from webapp.core.errors import ShuttingDown
from webapp.core.jobs import shutting_down
from webapp.core.test import Cast, jpeg
from webapp.exports.models import Export
from webapp.exports.tests.making import made
from webapp.ingest import transfers
from webapp.ingest.services import receive
from webapp.projects.models import Project
from webapp.projects.services import delete_project
from webapp.review.models import Check, Step
from webapp.serving.models import Model
from webapp.serving.publish import publish
from webapp.serving.tests.small import RESULT, small_bundle
from webapp.takedown import janitor
from webapp.takedown.models import Sweep
from webapp.training.models import Run


def all_files() -> set[Path]:
    """Every file in the data folder, but for the database, the secret and the embedder."""
    found = {path for path in settings.DATA.rglob("*") if path.is_file()}
    return {path for path in found if "cache" not in path.parts and path.parent != settings.DATA}


def age(*paths: Path) -> None:
    for path in paths:
        os.utime(path, (time.time() - 7200,) * 2)


class JanitorCast(Cast):
    def setUp(self) -> None:
        super().setUp()
        for folder in ("projects", "uploads"):
            store.delete_folder(folder)  # what earlier tests left without rows
        self.before = all_files()

    def new(self) -> set[Path]:
        return all_files() - self.before

    def a_model(self) -> Model:
        run = jobs.claim(Run, Run.objects.create(project=self.project, preset="quick").id, "worker")
        with tempfile.TemporaryDirectory() as folder:
            return publish(run, small_bundle(Path(folder) / "b", ["a", "b", "c"]), RESULT)

    def fill(self) -> None:
        """Files of every kind that a project can have."""
        self.image(self.cat, 1)
        self.a_model()
        made(self.project)
        receive(project=self.project, files=[SimpleUploadedFile("a.jpg", jpeg(1))], label=self.cat)
        transfers.start(person=self.alice, project=self.project, size=1000, name="a.zip")
        run = Run.objects.create(project=self.project)
        folder = settings.DATA / "runs" / str(run.id)
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text("{}")


class DeletedProject(JanitorCast):
    def test_leaves_no_file_anywhere_after_the_next_sweep(self):
        self.fill()
        assert len({path.relative_to(settings.DATA).parts[0] for path in self.new()}) >= 3
        with self.captureOnCommitCallbacks(execute=True):
            delete_project(project=self.project)
        janitor.sweep()
        assert self.new() == set()

    def test_takes_what_waits_for_a_worker_along_at_once(self):
        upload = receive(project=self.project, files=[SimpleUploadedFile("a.jpg", jpeg(1))], label=self.cat)
        transfer = transfers.start(person=self.alice, project=self.project, size=1000, name="a.zip")
        assert store.exists(upload.files[0]["stored"]) and transfers.path_of(transfer).exists()
        with self.captureOnCommitCallbacks(execute=True):
            delete_project(project=self.project)
        assert self.new() == set()

    def test_that_a_late_writer_brought_back_goes_with_a_later_sweep(self):
        with self.captureOnCommitCallbacks(execute=True):
            image = self.image(self.cat, 1)
            delete_project(project=self.project)
        store.put(image.file_name, b"late")
        assert janitor.sweep() == 0 and store.exists(image.file_name)
        age(store.local_path(image.file_name))
        assert janitor.sweep() == 1 and not store.local_path(f"projects/{image.project_id}").exists()


class SweepOfTheHouse(JanitorCast):
    def test_takes_nothing_that_belongs_to_something_however_old(self):
        self.fill()
        there = self.new()
        age(*(path for path in there if "incoming" not in path.parts))
        assert janitor.sweep() == 0 and self.new() == there

    def test_takes_files_of_models_and_exports_that_no_row_knows(self):
        model, export = self.a_model(), made_with_a_picture(self)
        strange = [f"{model.folder}/golden/9.jpg", f"projects/{self.project.id}/models/gone/model.onnx", f"projects/{self.project.id}/exports/gone.zip"]
        for name in strange:
            store.put(name, b"x")
        there = self.new()
        assert janitor.sweep() == 0
        age(*(store.local_path(name) for name in strange))
        assert janitor.sweep() == 3 and self.new() == there - {store.local_path(name) for name in strange}
        assert export.can_be_fetched and store.exists(export.file_name)

    def test_leaves_the_folder_of_a_project_that_is_made_at_that_moment(self):
        new, listed = Project(owner=self.alice, name="New"), store.folders

        def folders(name: str) -> list[str]:
            new.save()
            store.local_path(f"projects/{new.id}").mkdir(parents=True)
            return listed(name)

        with patch.object(store, "folders", folders):
            janitor.delete_empty_folders()
        assert store.local_path(f"projects/{new.id}").is_dir()

    def test_takes_zips_whose_time_is_over(self):
        export = made_with_a_picture(self)
        Export.objects.update(expires=timezone.now() - timedelta(minutes=1))
        assert janitor.sweep() == 1 and not store.exists(export.file_name)

    def test_by_hand_says_how_many_files_it_took(self):
        path = settings.FILE_UPLOAD_TEMP_DIR / "half.upload"
        path.write_bytes(b"x")
        age(path)
        out = io.StringIO()
        call_command("sweep", stdout=out)
        assert not path.exists() and out.getvalue() == "1 files deleted\n"


def made_with_a_picture(cast: JanitorCast) -> Export:
    cast.image(cast.cat, 1)
    return made(cast.project)


class DailySweep(JanitorCast):
    def test_is_one_a_day_and_is_done_by_one_worker(self):
        for _dispatcher in range(3):
            janitor.order()
        sweep = Sweep.objects.get()
        mine = jobs.claim(Sweep, sweep.id, "one")
        assert jobs.claim(Sweep, sweep.id, "two") is None
        store.put(f"projects/{self.project.id}/exports/gone.zip", b"x")
        age(store.local_path(f"projects/{self.project.id}/exports/gone.zip"))
        janitor.run(mine)
        sweep.refresh_from_db()
        assert (sweep.status, sweep.deleted) == ("done", 1)

    def test_forgets_rows_that_are_long_over(self):
        old = timezone.now() - timedelta(days=31)
        Sweep.objects.create(day=old.date(), status="done", finished=old)
        Export.objects.create(project=self.project, status="done", finished=old, expires=old)
        janitor.order()
        janitor.run(jobs.claim(Sweep, Sweep.objects.get(finished=None).id, "one"))
        assert Sweep.objects.count() == 1 and not Export.objects.exists()

    def test_forgets_old_steps_and_all_but_five_checks_of_a_project(self):
        old, new = (Step.objects.create(id=uuid4(), project=self.project, user=self.alice, before=[]) for _ in range(2))
        Step.objects.filter(id=old.id).update(created=timezone.now() - timedelta(days=7, minutes=1))
        checks = [Check.objects.create(project=self.project, status="queued" if not n else "done") for n in range(8)]
        for n, check in enumerate(checks):
            Check.objects.filter(id=check.id).update(created=timezone.now() + timedelta(seconds=n))
        janitor.forget_old_rows()
        assert list(Step.objects.all()) == [new]
        assert set(Check.objects.all()) == {checks[0], *checks[3:]}

    @pytest.fixture()
    def ending(self) -> Iterator[None]:
        shutting_down.set()
        yield
        shutting_down.clear()

    @pytest.mark.usefixtures("ending")
    def test_stops_when_its_worker_is_told_to_end(self):
        janitor.order()
        store.put(f"projects/{self.project.id}/exports/gone.zip", b"x")
        age(store.local_path(f"projects/{self.project.id}/exports/gone.zip"))
        with pytest.raises(ShuttingDown):
            janitor.run(jobs.claim(Sweep, Sweep.objects.get().id, "one"))
        assert store.exists(f"projects/{self.project.id}/exports/gone.zip")
