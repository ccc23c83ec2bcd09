"""What a worker does for an export: the pictures into a ZIP, the ZIP into the store."""

import errno
import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from webapp.core import jobs, store
from webapp.core.errors import UserError
from webapp.core.jobs import Heart
from webapp.exports.archive import Bundle, pictures
from webapp.exports.models import Export
from webapp.exports.services import check_room, chosen, discard_others

KEPT = timedelta(days=2)
WRITE_SECONDS = 0.5


def run(export: Export) -> None:
    """Make the ZIP of a claimed export; killed at any moment and run again, it ends with one ZIP.

    Raises LeaseLost, Cancelled, ShuttingDown, and UserError when there is nothing to export or no room.
    """
    part = Path(settings.FILE_UPLOAD_TEMP_DIR) / f"{export.id}-{export.fence}.zip"
    try:
        with translation.override(export.language or None), Heart(export) as heart:
            write(export, part, heart)
            heart.check()
            size = part.stat().st_size
            store.adopt(part, export.file_name)
            jobs.finish(export, size_bytes=size, expires=timezone.now() + KEPT)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise UserError(_("The disk of this server is full. Ask whoever runs it to make room, then export again.")) from error
        raise
    finally:
        part.unlink(missing_ok=True)
        if export.status != Export.DONE:
            store.delete(export.file_name)
    discard_others(export)


def write(export: Export, part: Path, heart: Heart) -> None:
    """Write the ZIP, telling how far it is."""
    rows = chosen(export)
    ids = list(rows.order_by("label__position", "label", "created", "id").values_list("id", flat=True))
    check_room(export)
    jobs.write(export, total=len(ids), processed=0, missing=0)
    if not ids:
        raise UserError(_("There is no picture to export. Add pictures, or choose more licences."))
    with Bundle(part, export.project, splits=not rows.exclude(split__in=("train", "val")).exists()) as bundle:
        put_in(export, bundle, ids, heart)
        bundle.close(readme(export), timezone.now())


def put_in(export: Export, bundle: Bundle, ids: list[UUID], heart: Heart) -> None:
    done, missing, written = 0, 0, time.monotonic()
    for images in pictures(ids):
        for image in images:
            heart.check()
            done += 1
            missing += not bundle.add(image)
            if time.monotonic() - written > WRITE_SECONDS:
                jobs.write(export, processed=done, missing=missing)
                written = time.monotonic()
    jobs.write(export, processed=done, missing=missing)


def readme(export: Export) -> str:
    """What is in the ZIP and what may be done with it, in the language of whoever asked."""
    aside = _("Pictures that were set aside are in it too; labels.csv says which.") if export.with_aside else ""
    lines = [
        export.project.name,
        "",
        _("%(count)d pictures, exported from AI Maker on %(date)s.") % {"count": export.processed - export.missing, "date": timezone.now().date().isoformat()},
        aside,
        "",
        _("A folder for each label. Names that cannot be folders were changed a little; the true ones are in labels.csv."),
        _("labels.csv: each picture with its label, its part (train or val), its size, the SHA-256 of its bytes, and a seal by which this server knows it again."),
        _("CREDITS.csv: where each picture from the web came from, who made it and under which licence. Most licences ask you to pass this on."),
        _("To bring everything back, drop this ZIP on the page of an AI."),
    ]
    return "\n".join(lines) + "\n"
