"""A look at how training will vary a project's pictures: asked for by a page, made by a worker, gone after an hour."""

import os
import subprocess
import sys
from collections.abc import Iterable
from datetime import timedelta
from itertools import chain, zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from webapp.core import jobs, store
from webapp.core.errors import UserError
from webapp.core.jobs import Heart
from webapp.core.limits import spend
from webapp.images.models import Image
from webapp.projects.models import Project
from webapp.training.models import Preview

SHOWN = 8
KEPT = timedelta(hours=1)
LONGEST = 300  # seconds; on a quiet machine it takes about five, on a very busy one more than a minute
LOOK = 0.2  # seconds between two looks at the process


def start(*, project: Project, augment: str, image_size: int) -> Preview:
    """Ask for a preview; the one that there is when it would be the same. Raises UserError when that is too often."""
    there = fresh().filter(project=project, augment=augment, image_size=image_size).exclude(status__in=(Preview.FAILED, Preview.CANCELLED)).first()
    if there:
        return there
    spend("preview", project.owner_id)
    return Preview.objects.create(project=project, augment=augment, image_size=image_size, language=get_language() or "")


def fresh() -> QuerySet[Preview]:
    """Previews that may still be looked at."""
    return Preview.objects.filter(Q(finished=None) | Q(finished__gt=timezone.now() - KEPT))


def run(preview: Preview) -> None:
    """Make a claimed preview. Raises LeaseLost, Cancelled, ShuttingDown, and UserError when there is no picture to vary."""
    images = chosen(preview.project)
    if not images:
        raise UserError(_("There is no picture to vary yet. Add pictures first."))
    with Heart(preview) as heart, TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        vary(preview, images, Path(folder), heart)
        made = [number for number in range(len(images)) if (Path(folder) / f"{number}.jpg").exists()]
        heart.check()
        store.put_many([(preview.file_name(place), (Path(folder) / f"{number}.jpg").read_bytes()) for place, number in enumerate(made)])
        jobs.finish(preview, sources=[str(images[number].id) for number in made])


def chosen(project: Project) -> list[Image]:
    """Some pictures of as many labels as there are, in turns."""
    ready = Image.objects.filter(project=project, status=Image.READY).order_by("sha256")
    by_label = [list(ready.filter(label=label)[:SHOWN]) for label in project.labels.all()[:SHOWN]]
    return [image for image in chain.from_iterable(zip_longest(*by_label)) if image][:SHOWN]


def vary(preview: Preview, images: list[Image], folder: Path, heart: Heart) -> None:
    """Have a process of its own vary the pictures: torch is to be loaded neither into this one nor for longer than needed. Raises UserError, and what `heart.check` raises."""
    options = {"--augment": preview.augment, "--size": preview.image_size, "--seed": 0, "--out": folder}
    command = [sys.executable, "-m", "trainer", "vary", *chain.from_iterable((name, str(value)) for name, value in options.items())]
    command += [str(store.local_path(image.file_name)) for image in images]
    with subprocess.Popen(command, cwd=settings.BASE_DIR, env=os.environ | {"OMP_NUM_THREADS": "1"}, stdout=subprocess.DEVNULL) as process:
        try:
            wait(process, heart)
        finally:
            process.kill()
    if process.returncode:
        raise UserError(_("The pictures could not be varied. Try again; if it happens again, tell whoever runs this server."))


def wait(process: subprocess.Popen, heart: Heart) -> None:
    """Wait for the end of a process; one that does not come to it is killed by whoever started it."""
    for _look in range(int(LONGEST / LOOK)):
        heart.check()
        try:
            process.wait(LOOK)
            return
        except subprocess.TimeoutExpired:
            continue


def forget_pictures(projects: Iterable[UUID]) -> None:
    """Delete all previews of these projects: pictures in them were taken down."""
    discard(Preview.objects.filter(project__in=list(projects)))


def forget_old() -> None:
    """Delete the previews whose hour is over."""
    discard(Preview.objects.filter(finished__lt=timezone.now() - KEPT))


def discard(previews: QuerySet[Preview]) -> None:
    rows = list(previews)
    Preview.objects.filter(id__in=[row.id for row in rows]).delete()
    for row in rows:
        for name in row.file_names():
            store.delete(name)


def known_files(project_id: UUID) -> set[str]:
    """The files of the previews that a project has."""
    return {name for preview in Preview.objects.filter(project=project_id) for name in preview.file_names()}
