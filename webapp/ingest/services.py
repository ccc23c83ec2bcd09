"""Files come in: they are looked at from outside, moved to a place of ours, and wait there for a worker."""

from pathlib import Path
from uuid import UUID, uuid4

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from webapp.core import store
from webapp.core.errors import UserError
from webapp.core.jobs import request_cancel
from webapp.core.limits import spend
from webapp.core.trouble import is_database
from webapp.images.guard import MAX_BYTES, PICTURES, kind
from webapp.images.models import Image
from webapp.images.services import delete_images
from webapp.images.space import check_space
from webapp.ingest.archive import MAX_PACKED_BYTES
from webapp.ingest.formats import LISTS
from webapp.ingest.models import Upload
from webapp.ingest.names import shown
from webapp.ingest.reasons import sentence
from webapp.projects.models import Label, Project

MAX_FILES = 100
STATUS = {"file_too_big": 413, "zip_too_big": 413, "list_too_big": 413, "empty_file": 422, "label_needed": 422}
UNSUPPORTED = 415


def receive(
    *, project: Project, files: list[UploadedFile], label: Label | None = None, source: str = Image.UPLOAD, split: str = "", key: UUID | None = None
) -> Upload:
    """Take files over for a worker to take in: pictures of a label, ZIPs and lists (of the label, or saying themselves what is what: docs/imports.md).

    A file that cannot be taken stands in the report with its reason, and the others go on; when none can, it is said at once.
    `key` is the id of the upload, where it has one already; then others may be at the same files, and what a failure leaves of them is for the sweep.
    Raises UserError: 413 for too much, 415 for what is no picture, 422 for what is missing, 507 when the disk is full.
    """
    check_request(project, files)
    spend("files", project.owner_id, len(files))
    upload = Upload(id=key or uuid4(), project=project, label=label, label_chosen=label is not None, language=get_language() or "")
    upload.facts = {"source": source, "split": split}
    # Pictures without a label may be those that a list beside them tells of.
    said = label is not None or any(is_list(file) for file in files)
    reasons = [refusal(file, said) for file in files]
    if all(reasons):
        raise UserError(sentence(reasons[0]), code=reasons[0], status=STATUS.get(reasons[0], UNSUPPORTED), field="file")
    try:
        upload.files = [keep(upload, number, file, reason) for number, (file, reason) in enumerate(zip(files, reasons, strict=True))]
        with transaction.atomic():
            upload.save(force_insert=True)
    except BaseException as error:
        # Nothing that a row may tell of goes: a database that went away may have it all the same, and one that was given the same id may have come first.
        if key is None and not is_database(error):
            store.delete_folder(folder(upload))
        raise
    return upload


def take_back(*, uploads: list[Upload]) -> bool:
    """Stop uploads and delete the pictures that they brought; True while one of them is still at work, and may bring more."""
    for upload in uploads:
        request_cancel(upload)
    is_live = Upload.objects.filter(id__in=[upload.id for upload in uploads], status__in=Upload.LIVE).exists()
    images = Image.objects.select_related("project").filter(project=uploads[0].project, origin__in=[upload.id for upload in uploads])
    delete_images(images=list(images))
    return is_live


def folder(upload: Upload) -> str:
    """Where the files of an upload lie in the store."""
    return f"uploads/{upload.id}"


def check_request(project: Project, files: list[UploadedFile]) -> None:
    """Raise UserError for a request that is refused whatever its files are."""
    if not files:
        raise UserError(_("Choose at least one picture, ZIP or list."), code="no_files", field="file")
    if len(files) > MAX_FILES:
        raise UserError(_("At most %(count)d files can be sent at once. Send the others after these, or all in one ZIP.") % {"count": MAX_FILES}, code="too_many_files", status=413, field="file")
    check_space(project, sum(file.size for file in files))


def refusal(file: UploadedFile, said: bool) -> str:
    """Why a file is refused by its size and its first bytes, or "". `said`: something says what the picture shows."""
    file.seek(0)
    start = file.read(512)
    if not start:
        return "empty_file"
    if is_zip(start):
        return "zip_too_big" if file.size > MAX_PACKED_BYTES else ""
    if is_list(file):
        return "list_too_big" if file.size > MAX_BYTES else ""
    found = kind(start)
    if found not in PICTURES:
        return "not_a_zip" if (file.name or "").lower().endswith(".zip") else {"unknown": "not_a_picture"}.get(found, f"is_{found}")
    if file.size > MAX_BYTES:
        return "file_too_big"
    return "" if said else "label_needed"


def is_list(file: UploadedFile) -> bool:
    """Whether a file may say what pictures show: by its name, and because it is text."""
    file.seek(0)
    start = file.read(512)
    text = kind(start) == "unknown" and (b"\0" not in start or start.startswith((b"\xff\xfe", b"\xfe\xff")))
    return text and bool(start) and (file.name or "").lower().endswith(LISTS)


def kind_of(file: UploadedFile) -> str:
    """What a file that is taken is: zip, list or picture."""
    file.seek(0)
    return "zip" if is_zip(file.read(512)) else "list" if is_list(file) else "picture"


def is_zip(start: bytes) -> bool:
    return kind(start) == "archive" and start.startswith(b"PK")


def keep(upload: Upload, number: int, file: UploadedFile, reason: str) -> dict:
    """Move a file into the store; what it is called there is our choice."""
    line = {"name": shown(file.name or ""), "stored": "", "size": file.size, "reason": reason}
    if reason:
        return line
    line |= {"stored": f"{folder(upload)}/{number}", "kind": kind_of(file)}
    if hasattr(file, "temporary_file_path"):
        try:
            store.adopt(Path(file.temporary_file_path()), line["stored"])
        finally:
            file.close()  # it would look for what was moved when it is collected
    else:
        file.seek(0)
        store.put(line["stored"], file.read())
    return line
