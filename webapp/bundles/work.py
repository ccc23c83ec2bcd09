"""Making the ZIP of a model: build the folder, hold it against the page, pack it."""

import errno
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from webapp.bundles import agreement, licences, pictures, services, travelling
from webapp.bundles.formats.base import Facts, Format
from webapp.bundles.formats.folder import write_json
from webapp.bundles.models import Packing
from webapp.core import jobs, store
from webapp.core.errors import UserError
from webapp.core.jobs import Heart
from webapp.images.models import Image
from webapp.serving.models import Model, Variant
from webapp.training.models import Run

SPARE_BYTES = 500_000_000  # what stays free on the disk, for everybody else
STORED = (".onnx", ".bin", ".jpg", ".png", ".npz")  # weights and pictures: packing them saves next to nothing


def run(packing: Packing) -> None:
    """Make the ZIP of a claimed packing; killed at any moment and run again, it ends with one ZIP.

    Raises LeaseLost, Cancelled, ShuttingDown, and UserError where it cannot be made, or where what was made does not answer as the page does.
    """
    with translation.override(packing.language or None), Heart(packing) as heart:
        finish(packing, heart.check)


def finish(packing: Packing, check: Callable[[], None]) -> None:
    """The same for somebody who keeps the row in another way, or is done before its lease ends."""
    try:
        with TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as room:
            make(packing, Path(room), check)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise disk_full() from error
        raise
    finally:
        if packing.status != Packing.DONE:
            store.delete(packing.file_name)
    services.discard_others(packing)


def make(packing: Packing, room: Path, check: Callable[[], None]) -> None:
    """Build, hold against the page, pack and end the row; `room` is an empty folder."""
    check_room()
    model = Model.everything.select_related("run", "project", "variant").defer(*Run.BIG_OF_RUN).get(id=packing.model_id)
    wanted, out = services.format_of(packing.format), room / "out"
    jobs.write(packing, stage=Packing.BUILDING, seal=services.seal(model, wanted))
    source = services.source(model, wanted)
    bundle = fetched(source, room / "model")
    facts = facts_of(model, source, wanted, travelling.keep_those_there(bundle, model.project_id))
    out.mkdir()
    wanted.build(bundle, out, facts, check)
    (out / licences.NAME).write_text(facts.licences, encoding="utf-8")
    jobs.write(packing, stage=Packing.CHECKING)
    found = agreement.held(wanted, out, bundle, facts, check)
    if found:
        write_json(out / agreement.NAME, found)
    jobs.write(packing, stage=Packing.PACKING)
    part = packed(out, room / "packed.zip", check)
    size = part.stat().st_size
    store.adopt(part, packing.file_name)
    jobs.finish(packing, size_bytes=size, agreement=found)


def check_room() -> None:
    if store.free_bytes() < SPARE_BYTES:
        raise disk_full()


def disk_full() -> UserError:
    return UserError(_("The disk of this server is nearly full. Delete what you no longer need, or ask whoever runs it for more room."), code="disk_full", status=507)


def fetched(source: Model | Variant, folder: Path) -> Path:
    """The files of a model, and no others, in a folder of this machine. Raises UserError where one is gone."""
    try:
        for name in source.files:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(store.local_path(f"{source.folder}/{name}"), folder / name)
    except FileNotFoundError as error:
        raise UserError(_("The model file is damaged. Train again to make a new one."), code="model_damaged", status=503) from error
    return folder


def facts_of(model: Model, source: Model | Variant, wanted: Format, there: dict[str, Image]) -> Facts:
    """What a format may say. there: the golden pictures of its folder, by their names."""
    return Facts(
        name=model.project.name,
        run=model.run.title,
        labels=model.labels,
        accuracy=source.accuracy,
        input_size=source.input_size,
        keep=model.keep,
        created=model.created.isoformat(timespec="seconds"),
        licences=licences.notes(model, there, wanted.inside),
        otherwise=services.answers_otherwise(model, wanted),
        rows=pictures.rows(model.run) if wanted.by_worker else (),
    )


def packed(folder: Path, file: Path, check: Callable[[], None]) -> Path:
    """A ZIP of a folder."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            check()
            archive.write(path, path.relative_to(folder), zipfile.ZIP_STORED if path.suffix in STORED else zipfile.ZIP_DEFLATED)
    return file
