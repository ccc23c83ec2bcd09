"""What must hold whatever befell: I1 to I9, asked at the end of every fault test. docs/faults.md says them in words."""

import re
import time
from pathlib import Path

import onnxruntime
from django.apps import apps
from django.conf import settings
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from trainer.bundle import read_bundle
from trainer.files import sha256_of
from webapp.accounts.models import User
from webapp.core import jobs, store
from webapp.images.models import Image
from webapp.ingest.models import Upload
from webapp.projects.models import Project
from webapp.serving.models import Model
from webapp.takedown import janitor
from webapp.training import previews
from webapp.training.models import Run

HOUR = 3600
FILES = ("file_name", "thumb_name")  # what rows call their files in the store
# Errors that are told to a person and logged with where they came from.
HANDLED = re.compile(r"No space left on device|OutOfMemoryError|MemoryError|can't allocate memory|bad_alloc|disk is full|unable to open database|readonly database|disk I/O error|ConnectionError|TimeoutError")
LAST_LINE = re.compile(r"^Traceback \(most recent call last\):\n(?:[ \t].*\n|\n)*(\S.*)$", re.MULTILINE)


def check(data: Path, logs: list[str]) -> None:
    """Raise AssertionError naming the invariant that does not hold."""
    every_image_has_its_file()
    every_file_has_its_row(data)
    every_ready_model_loads()
    every_live_run_has_a_lease()
    every_run_has_one_model_at_most(data)
    no_old_temporary_file(data)
    epochs_only_go_up()
    no_unhandled_error(logs)
    nobody_sees_anothers()


def every_image_has_its_file() -> None:
    for image in Image.objects.all():
        path = store.local_path(image.file_name)
        assert path.is_file() and path.stat().st_size == image.size_bytes and sha256_of(path) == image.sha256, f"I1 {image.id}"


def every_file_has_its_row(data: Path) -> None:
    janitor.sweep(older_than=0)
    known = {getattr(row, name) for model in apps.get_models() for name in FILES if isinstance(getattr(model, name, None), property) for row in model._base_manager.all()}
    known |= {name for project in Project.objects.all() for name in janitor.bundles(project.id) | previews.known_files(project.id)}
    live = tuple(f"uploads/{upload.id}/" for upload in Upload.objects.filter(status__in=Upload.LIVE))
    strangers = [name for folder in ("projects", "uploads") for name in store.walk(folder) if name not in known and not (live and name.startswith(live))]
    assert not strangers, f"I2 {strangers[:5]}"
    left = {path.name for path in (data / "runs").glob("*")} - {str(run.id) for run in Run.objects.filter(status__in=(Run.FAILED, *Run.LIVE))}
    assert not left, f"I2 folders of runs {left}"


def every_ready_model_loads() -> None:
    for model in Model.objects.all():
        folder = [store.local_path(f"{model.folder}/{name}") for name in (*model.files, "model.onnx")][-1].parent  # of a bucket each file is fetched
        assert read_bundle(folder).sha256 == model.sha256, f"I3 {model.id}"
        onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
        assert all((folder / name).stat().st_size for name in model.files), f"I3 an empty file in {model.id}"


def every_live_run_has_a_lease() -> None:
    lost = [run.id for model in jobs.kinds() for run in model.objects.filter(status=jobs.Job.RUNNING, lease_until__lt=Now())]
    assert not lost, f"I4 {lost}"
    assert not Run.objects.filter(active=None, status__in=Run.LIVE).exists() and not Run.objects.filter(active=True).exclude(status__in=Run.LIVE).exists(), "I4 active"


def every_run_has_one_model_at_most(data: Path) -> None:
    for run in Run.objects.all():
        assert Model.objects.filter(run=run).count() == (run.status == Run.READY), f"I5 {run.id} is {run.status}"
    for project in Project.objects.all():
        rows = {str(model.id) for model in Model.objects.filter(project=project)}
        folders = {name for name in store.folders(f"projects/{project.id}/models") if any(store.walk(f"projects/{project.id}/models/{name}"))}
        assert folders == rows, f"I5 folders of {project.id}"


def no_old_temporary_file(data: Path) -> None:
    parts = [*data.rglob("*.tmp"), *data.rglob(f"{store.PART}*"), *Path(settings.FILE_UPLOAD_TEMP_DIR).glob("*.upload*")]
    old = [path for path in parts if time.time() - path.stat().st_mtime > HOUR]
    assert not old, f"I6 {old}"


def epochs_only_go_up() -> None:
    for run in Run.objects.all():
        numbers = list(run.epoch_rows.order_by("id").values_list("epoch", flat=True))
        assert numbers == list(range(1, len(numbers) + 1)), f"I7 {numbers}"


def no_unhandled_error(logs: list[str]) -> None:
    for log in logs:
        for found in LAST_LINE.finditer(log):
            assert HANDLED.search(found[1]), f"I8 {found[1]}\n{log[max(0, found.start() - 300) : found.end() + 3000]}"


def nobody_sees_anothers(most: int = 3) -> None:
    for person in owners(most):
        foreign = [str(project.id) for project in Project.objects.exclude(owner=person)] + [str(run.id) for run in Run.objects.exclude(project__owner=person)]
        foreign += [other.email for other in User.objects.exclude(id=person.id) if other.email]
        for address, said in answers(person):
            assert not [word for word in foreign if word in said], f"I9 {address} for {person.email}"


def owners(most: int) -> list[User]:
    return list(User.objects.filter(id__in=Project.objects.values("owner")).order_by("id")[:most])


def answers(person: User) -> list[tuple[str, str]]:
    """What a person gets to see in pages that list things."""
    client = Client()
    client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
    own = Project.objects.filter(owner=person).first()
    addresses = [reverse("projects:mine"), "/api/v1/projects", reverse("training:queue"), "/api/v1/queue", reverse("images:project", args=[own.id]), f"/api/v1/projects/{own.id}/runs"]
    return [(address, client.get(address, headers={"Host": "localhost"}).content.decode(errors="replace")) for address in addresses]
