"""Big files that come in pieces, over as many connections as it takes: begin, add, hand over, give up, clear away."""

import errno
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from webapp.accounts.models import User
from webapp.core import store
from webapp.core.errors import StoreAway, UserError
from webapp.images.space import floor_bytes
from webapp.ingest import parts, pieces, services
from webapp.ingest.archive import MAX_PACKED_BYTES
from webapp.ingest.models import Transfer, Upload
from webapp.ingest.names import shown
from webapp.ingest.parts import Arrived, Checksum, Source
from webapp.ingest.reasons import sentence
from webapp.projects.models import Label, Project

MAX_BYTES = MAX_PACKED_BYTES
MOST, MOST_BYTES = 10, 3_000_000_000  # that one person may have on the way
KEPT = timedelta(hours=24)  # since the last piece
KEPT_EMPTY = timedelta(hours=1)  # where no piece came at all
START = 512  # bytes by which a file is known
FINAL = (413, 415, 422)  # refusals that trying again does not change

log = logging.getLogger(__name__)


class Unfinished(NamedTuple):
    """A transfer that waits for its rest, as a page shows it."""

    transfer: Transfer
    here: int

    @property
    def percent(self) -> int:
        return 100 * self.here // self.transfer.size


def start(*, person: User, project: Project, size: int, name: str, label: Label | None = None, fingerprint: str = "") -> Transfer:
    """Begin to receive a file of so many bytes. Raises UserError: 413 for too much, 422 for an empty one, 507 when the disk is full."""
    clear_expired()
    if size <= 0:
        raise refused("empty_file")
    if size > MAX_BYTES:
        raise refused("zip_too_big")
    check_room(size + outstanding())
    transfer = Transfer(project=project, person=person, label=label, label_chosen=label is not None, size=size, expires=timezone.now() + KEPT_EMPTY)
    transfer.name, transfer.fingerprint = shown(name), shown(fingerprint)[:400]
    with transaction.atomic():
        User.objects.select_for_update().get(id=person.id)  # two that begin at the same moment are counted one after the other
        check_quota(person, size)
        transfer.save(force_insert=True)
    parts.create(path_of(transfer))
    return transfer


def path_of(transfer: Transfer) -> Path:
    return parts.place(transfer.project_id, transfer.id)


def check_quota(person: User, size: int) -> None:
    on_the_way = person.transfers.filter(finished=None).aggregate(count=Count("id"), bytes=Sum("size"))
    if on_the_way["count"] >= MOST or (on_the_way["bytes"] or 0) + size > MOST_BYTES:
        raise UserError(_("You have several unfinished uploads already. Finish or discard one of them first."), code="too_many_transfers", status=413)


def check_room(size: int) -> None:
    if store.free_bytes() - size < floor_bytes():
        raise disk_full()


def disk_full() -> UserError:
    return UserError(_("The disk of this server is full. What was sent is safe; ask whoever runs it for more room, then go on."), code="disk_full", status=507)


def outstanding() -> int:
    """Bytes that unfinished transfers have yet to bring to this machine."""
    return sum(transfer.size - (parts.length(path_of(transfer)) or 0) for transfer in Transfer.objects.filter(finished=None))


def here(transfer: Transfer) -> int | None:
    """How many bytes have arrived; None when the part is not here any more."""
    if transfer.finished:
        return transfer.size
    return pieces.length(transfer.id) if pieces.travel() else parts.length(path_of(transfer))


def length(transfer: Transfer) -> int:
    """How many bytes have arrived; raises UserError 410 when it is too late to bring the others."""
    count = here(transfer) if transfer.finished or transfer.expires > timezone.now() else None
    if count is None:
        raise gone()
    return count


def offset(transfer: Transfer) -> int:
    """Where whoever goes on is to begin; raises UserError 410 as `length` does, and 423 where the bucket that could tell is away.

    Of a file that is whole and has not become an upload that is its last byte: who hears that nothing is missing takes it for done.
    """
    try:
        count = length(transfer)
    except StoreAway as error:
        log.warning("how far a big file is could not be told: %s", error)
        raise waiting() from None  # after any other refusal programs begin anew
    return count if transfer.finished else min(count, transfer.size - 1)


def waiting() -> UserError:
    return UserError(_("Another part of this file is still coming in. Try again in a moment."), code="busy", status=423)


def gone() -> UserError:
    return UserError(_("This unfinished upload is no longer here. Send the file again from its beginning."), code="gone", status=410)


def add(*, transfer: Transfer, offset: int, count: int, source: Source, checksum: Checksum | None = None) -> int:
    """Add `count` bytes that begin at `offset`; gives how many are here then. The last ones make it an upload.

    Raises UserError: 409 when it is not at that offset, 410 when it is gone, 413 for more than was announced, 423 while another piece
    comes in, 460 for a wrong checksum, 507 when the disk is full, and whatever `services.receive` refuses.
    """
    if transfer.finished:
        return check_offset(transfer, offset, transfer.size, count)
    length(transfer)
    try:
        with held(transfer) as file:
            if offset == transfer.size - 1 < file.tell():
                file.seek(offset)  # the last byte again, as `offset` asks for it
            check_offset(transfer, offset, file.tell(), count)
            check_room(count)
            now = parts.append(file, source, count, checksum)
            if pieces.travel():
                pieces.keep(transfer.id, file, offset, now)
            after_piece(transfer, offset, now)
            return now
    except parts.Busy:
        raise waiting() from None
    except parts.Mismatch:
        raise UserError(_("This part was changed on its way. Send it again."), code="checksum_mismatch", status=460) from None
    except FileNotFoundError:
        raise gone() from None
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise disk_full() from error


@contextmanager
def held(transfer: Transfer) -> Iterator[BinaryIO]:
    """The part, open at its end and ours alone on this machine, with all that other machines have taken in."""
    if pieces.travel():
        parts.ensure(path_of(transfer))
    with parts.held(path_of(transfer)) as file:
        if pieces.travel():
            pieces.catch_up(transfer.id, file)
        yield file


def check_offset(transfer: Transfer, offset: int, now: int, count: int) -> int:
    if offset != now:
        raise UserError(_("This file is at another place. Ask how much of it is here, and go on from there."), code="wrong_offset", status=409)
    if offset + count > transfer.size:
        raise UserError(_("That is more than was announced for this file."), code="too_much", status=413)
    return now


def after_piece(transfer: Transfer, before: int, now: int) -> None:
    """Keep it for another day; look at what kind of file it is as soon as that can be seen; hand it over when it is whole."""
    kept = Transfer.objects.filter(id=transfer.id, finished=None)
    if now > before and not kept.update(expires=timezone.now() + KEPT):
        raise gone()
    transfer.expires = timezone.now() + KEPT
    if now == transfer.size:
        hand_over(transfer)
    elif before < START <= now:
        check_start(transfer)


def check_start(transfer: Transfer) -> None:
    """Refuse a file that is none of ours before all of it was sent."""
    with Arrived(path_of(transfer), transfer.name, transfer.size) as file:
        reason = services.refusal(file, transfer.label is not None)
    if reason:
        discard(transfer=transfer)
        raise refused(reason)


def refused(reason: str) -> UserError:
    return UserError(sentence(reason), code=reason, status=services.STATUS.get(reason, services.UNSUPPORTED), field="file")


def hand_over(transfer: Transfer) -> None:
    """Make the upload of a file that is whole. Killed at any moment, it can be done again, also by two machines at once: the part stays until the upload is there."""
    if not is_upload(transfer):
        try:
            receive(transfer)
        except IntegrityError:
            if not is_upload(transfer):  # else another machine, which was handed the last piece too, was faster
                raise
    transfer.finished = timezone.now()
    transfer.save(update_fields=["finished"])
    drop(transfer)


def is_upload(transfer: Transfer) -> bool:
    return Upload.objects.filter(id=transfer.id).exists()


def receive(transfer: Transfer) -> None:
    path = path_of(transfer)
    os.utime(path)  # the sweep leaves it alone while no row tells of it, however long ago the last piece came
    second_name = path.with_name(f"{path.name}.whole")
    second_name.unlink(missing_ok=True)
    os.link(path, second_name)  # no byte is copied
    try:
        if transfer.label_chosen and transfer.label is None:
            raise refused("label_gone")
        file = Arrived(second_name, transfer.name, transfer.size)
        services.receive(project=transfer.project, files=[file], label=transfer.label, key=transfer.id)
    except UserError as error:
        if error.status in FINAL:
            discard(transfer=transfer)
        raise
    finally:
        second_name.unlink(missing_ok=True)


def discard(*, transfer: Transfer) -> None:
    """Give up on a file; what is here of it goes. One that has become an upload stays that."""
    Transfer.objects.filter(id=transfer.id).delete()
    drop(transfer)


def drop(transfer: Transfer) -> None:
    """Delete what is here of a file, and what is in the bucket."""
    parts.delete(path_of(transfer))
    if pieces.travel():
        pieces.forget(transfer.id)


def unfinished(person: User, project: Project) -> list[Unfinished]:
    """What this person may go on with, oldest first; nothing while the bucket is away, so that the page is there all the same.

    Where all parts are here, the database is asked only when there is something.
    """
    if not pieces.travel() and not parts.some_of(project.id):
        return []
    rows = project.transfers.filter(person=person, finished=None, expires__gt=timezone.now())
    try:
        found = [Unfinished(row, here(row) or 0) for row in rows.select_related("label")]
    except StoreAway as error:
        log.warning("unfinished uploads are not shown: %s", error)
        return []
    return [one for one in found if one.here]


def clear_expired() -> int:
    """Delete transfers that nobody has gone on with in time; gives how many."""
    old = list(Transfer.objects.filter(expires__lt=timezone.now()))
    for transfer in old:
        discard(transfer=transfer)
    return len(old)


def left_in_bucket() -> Iterator[str]:
    """The names of pieces that belong to no transfer."""
    known = {str(key) for key in Transfer.objects.filter(finished=None).values_list("id", flat=True)}
    for key in store.folders("pieces"):
        if key not in known:
            yield from store.walk(f"pieces/{key}")


def left_over() -> list[Path]:
    """Parts that belong to no transfer: of deleted projects and people, or of a process that was killed."""
    known = {str(key) for key in Transfer.objects.filter(finished=None).values_list("id", flat=True)}
    return [path for path in parts.root().glob("*/*") if path.name not in known]
