"""What a worker does for a remix: files, rows and vectors are copied, so that nothing is decoded or computed again."""

import errno
from collections.abc import Sequence
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from webapp.core import jobs, store
from webapp.core.errors import UserError
from webapp.core.jobs import Heart
from webapp.images.blocks import blocked
from webapp.images.models import Embedding, Image
from webapp.images.services import changed
from webapp.images.space import check_space
from webapp.projects.models import Label
from webapp.projects.services import delete_files
from webapp.sharing import remix as remixes
from webapp.sharing.models import Remix, Sharing

BATCH = 50  # pictures whose files are in memory at a time
RACES = 3


def run(remix: Remix) -> None:
    """Copy the pictures of a claimed remix; killed at any moment and run again, it goes on where it was.

    Raises LeaseLost, Cancelled, ShuttingDown, and UserError when the original is shared no longer or there is no room.
    """
    try:
        with Heart(remix) as heart:
            copy_all(remix, heart)
            heart.check()
            jobs.finish(remix)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise UserError(_("The disk of this server is full. Ask whoever runs it to make room, then try again.")) from error
        raise


def copy_all(remix: Remix, heart: Heart) -> None:
    sharing = original(remix)
    rows = remixes.given(sharing, remix.project.owner)
    ids = list(rows.order_by("created", "id").values_list("id", flat=True))
    check_space(remix.project)
    jobs.write(remix, total=len(ids), processed=0, missing=0)
    for start in range(0, len(ids), BATCH):
        heart.check()
        some = ids[start : start + BATCH]
        missing = copy_some(remix, original(remix), some)
        jobs.write(remix, processed=start + len(some), missing=remix.missing + missing)


def original(remix: Remix) -> Sharing:
    """The project that is copied from, which still allows it; raises UserError."""
    sharing = remixes.remixable(remix)
    if sharing is None or not remixes.may_have_pictures(sharing, remix.project.owner):
        raise UserError(_("The owner of the original does not share its pictures any more. Those that came before stay; add pictures of your own."))
    return sharing


def copy_some(remix: Remix, sharing: Sharing, ids: Sequence[UUID]) -> int:
    """Copy these pictures, unless they are there already; how many could not be read, or must not come in."""
    is_own = remixes.owns(sharing, remix.project.owner)
    rows = remixes.given(sharing, remix.project.owner).filter(id__in=ids, label__in=list(remix.labels)).select_related("embedding")
    pairs = [(image, remixes.copied(image, remix, is_own)) for image in rows]
    there = present(remix, pairs)
    new = [(image, copy) for image, copy in pairs if copy.sha256 not in there]
    return len(new) - insert(remix, write_files(new))


def present(remix: Remix, pairs: list[tuple[Image, Image]]) -> set[str]:
    """The hashes of those that the project has already."""
    return set(remix.project.images.filter(sha256__in=[copy.sha256 for _image, copy in pairs]).values_list("sha256", flat=True))


def write_files(pairs: list[tuple[Image, Image]]) -> list[tuple[Image, Image]]:
    """Put the files of the copies into the store; gives those whose originals could be read."""
    files, readable = [], []
    for image, copy in pairs:
        try:
            files += [(copy.file_name, store.get(image.file_name)), (copy.thumb_name, store.get(image.thumb_name))]
        except FileNotFoundError:
            continue
        readable.append((image, copy))
    if files:
        store.put_many(files)
    return readable


def insert(remix: Remix, pairs: list[tuple[Image, Image]]) -> int:
    """Write the rows of copies whose files are there, whoever else brings the same pictures; how many it were. Files that get no row go again."""
    count = 0
    for attempt in range(RACES):
        try:
            count = insert_rows(remix, pairs)
            break
        except IntegrityError:  # somebody brings the same picture in this moment: look again
            if attempt == RACES - 1:
                raise
    delete_files(remix.project, [copy for _image, copy in pairs])
    return count


@transaction.atomic
def insert_rows(remix: Remix, pairs: list[tuple[Image, Image]]) -> int:
    labels = set(Label.objects.select_for_update().filter(project=remix.project_id).values_list("id", flat=True))
    there, refused = present(remix, pairs), blocked(remix.project, [copy for _image, copy in pairs])
    new = [(image, copy) for image, copy in pairs if copy.label_id in labels and copy.sha256 not in there and copy.id not in refused]
    Image.objects.bulk_create([copy for _image, copy in new])
    Embedding.objects.bulk_create([Embedding(image_id=copy.id, vector=image.embedding.vector) for image, copy in new if hasattr(image, "embedding")])
    if new:
        changed.send(Image, projects={remix.project_id: len(new)})
    return len(new)
