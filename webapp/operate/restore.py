"""Puts a backup into an empty AI Maker: its rows, its files and its key. Which database and which store it came from does not matter."""

import gzip
from collections.abc import Callable, Container
from pathlib import Path

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.management import call_command

from webapp.accounts.models import User
from webapp.core import store
from webapp.images.models import Image
from webapp.images.services import chunks
from webapp.operate import rows
from webapp.operate.backup import FILES, KEY, ROWS, Facts, Unusable, every_file, facts_of, migrations
from webapp.projects.models import Project
from webapp.serving.models import Model


def restore(folder: Path, *, say: Callable[[str], None]) -> Facts:
    """Restore a backup; what it says of itself. Raises Unusable; until it comes to the files, nothing is changed but tables that were missing."""
    facts = facts_of(folder)
    if other := differing(facts):
        raise Unusable(f"The backup was made by a version with other tables ({', '.join(other)}). Restore it with that version, then upgrade.")
    call_command("migrate", interactive=False, verbosity=0)
    if User.objects.exists() or Project.objects.exists():
        raise Unusable("This AI Maker is not empty: it has people or projects already. Restore into a new data folder (AIMAKER_DATA) and a new database.")
    files = {path.relative_to(folder / FILES).as_posix(): path for path in sorted((folder / FILES).rglob("*")) if path.is_file()}
    if strange := next((name for name in every_file() if name not in files), None) if facts.with_files else None:
        raise Unusable(f"The store holds something else than this backup, such as {strange}. Restore into an empty folder or bucket (STORE_FOLDER, STORE_BUCKET).")
    say("Files …")
    for name, path in files.items():
        restore_file(path, name)
    restore_key((folder / KEY).read_text())
    say("Rows …")
    with gzip.open(folder / ROWS, "rt", encoding="utf-8") as lines:
        counts = rows.read(lines)
    if any(counts.get(label, 0) != count for label, count in facts.rows.items()):
        raise Unusable(f"Some rows of {folder / ROWS} are missing, though its hash is right. Please report this.")
    if facts.with_files:
        tell_of_gone(*without_files(files), say)
    return facts


def differing(facts: Facts) -> list[str]:
    """The apps whose newest migration is another one in the backup than in this code."""
    here = migrations()
    return sorted(app for app in here.keys() | facts.migrations.keys() if here.get(app) != facts.migrations.get(app))


def restore_file(path: Path, name: str) -> None:
    """Put a file into the store under its name, also where an earlier try has put it."""
    store.delete(name)
    with open(path, "rb") as content:
        default_storage.save(name, File(content))


def restore_key(key: str) -> None:
    """Keep the key of the backup, where this place has not been given one of its own."""
    file = settings.DATA / "secret_key"
    if file.exists() and file.read_text() != key:
        file.write_text(key)
        file.chmod(0o600)


def without_files(there: Container[str]) -> tuple[int, int]:
    """Delete the rows of pictures and models whose files were gone when the backup came to them; how many of each."""
    pictures = [image.id for image in Image.objects.only("id", "project_id").iterator(chunk_size=2000) if image.file_name not in there]
    for some in chunks(pictures):
        Image.objects.filter(id__in=some).delete()
    models = [model.id for model in Model.objects.all() if not all(f"{model.folder}/{name}" in there for name in model.files)]
    Model.objects.filter(id__in=models).delete()
    return len(pictures), len(models)


def tell_of_gone(pictures: int, models: int, say: Callable[[str], None]) -> None:
    if pictures or models:
        say(f"{pictures} pictures and {models} models were deleted while the backup was made, and are gone.")
