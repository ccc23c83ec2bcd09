"""The store: whether it can be written and read, and whether rows and files belong together; and the backups."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from django.conf import settings

from trainer.files import sha256_of_bytes
from webapp.core import store
from webapp.images.models import Image
from webapp.operate.backup import Unusable, age_days
from webapp.operate.examinations.machine import room
from webapp.operate.finding import Finding, broken, well, worrying
from webapp.serving.models import Model

PART = "files"
SAMPLE = 200
OLD_DAYS = 8


def examine() -> Iterator[Finding]:
    yield writable()
    if not settings.STORE_BUCKET and store.disk() != settings.DATA and store.disk().stat().st_dev != settings.DATA.stat().st_dev:
        yield room(store.disk(), "store")
    yield pictures()
    yield models()
    yield backups()


def writable() -> Finding:
    name, content = f"doctor/{uuid4().hex}", uuid4().bytes
    where = f"bucket {settings.STORE_BUCKET}" if settings.STORE_BUCKET else str(settings.STORE)
    try:
        store.put(name, content)
        same = store.get(name) == content
        store.delete_folder("doctor")
    except Exception as error:  # a folder and boto3 have errors of their own; whichever it is, the store cannot be used
        mend = "Check STORE_BUCKET, the AWS_ variables and the rights of their key." if settings.STORE_BUCKET else "Let the user that AI Maker runs as write there, or make room."
        return broken(PART, f"The store ({where}) cannot be used: {error}", mend)
    return well(PART, f"The store ({where}) keeps what is written") if same else broken(PART, f"The store ({where}) gives back something else than was written.", "Replace that disk.")


def pictures() -> Finding:
    """Some pictures drawn by chance: their ids have no order."""
    drawn = list(Image.objects.filter(id__gte=uuid4()).order_by("id").only("id", "project_id", "sha256")[:SAMPLE]) or list(Image.objects.only("id", "project_id", "sha256")[:SAMPLE])
    lost = [image for image in drawn if not is_whole(image)]
    if lost:
        return broken(PART, f"Of {len(drawn)} pictures {len(lost)} have lost their file, or it is damaged, such as {lost[0].file_name}.", "Restore the store from a backup.")
    return well(PART, f"{len(drawn)} pictures were looked at, and all have their files")


def is_whole(image: Image) -> bool:
    try:
        return sha256_of_bytes(store.get(image.file_name)) == image.sha256
    except FileNotFoundError:
        return False


def models() -> Finding:
    published = list(Model.objects.filter(published=True).order_by("-created")[:SAMPLE])
    lost = [model for model in published if not all(store.exists(f"{model.folder}/{name}") for name in model.files)]
    if lost:
        return broken(PART, f"{len(lost)} of {len(published)} models in use have lost files, such as {lost[0].folder}.", "Restore the store from a backup, or train them again.")
    return well(PART, f"{len(published)} models in use have their files")


def backups() -> Finding:
    folder = settings.BACKUPS and Path(settings.BACKUPS)
    if not folder:
        return worrying(PART, "Nobody says where backups lie, so nobody looks after them.", "Have `python manage.py backup FOLDER` run each night, and set BACKUPS=FOLDER.")
    try:
        days = age_days(folder)
    except Unusable as trouble:
        return broken(PART, str(trouble), "Run `python manage.py backup` now.")
    if days > OLD_DAYS:
        said = f"The newest backup in {folder} is {days:.0f} days old." if days < float("inf") else f"There is no backup in {folder}."
        return broken(PART, said, f"Run `python manage.py backup {folder}`, and see why the nightly one did not.")
    return well(PART, f"The newest backup is {days:.1f} days old and whole")
