"""The work of a run: prepare, have a child train, write down what it says, publish."""

import errno
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import isfinite
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.utils.translation import gettext as _

from trainer.config import AUTO_BATCH
from trainer.manifest import Manifest, ManifestError
from webapp.core import jobs
from webapp.core.errors import Cancelled, LeaseLost, ShuttingDown
from webapp.core.jobs import Heart
from webapp.core.trouble import is_database, is_store
from webapp.training import carried, journal, kept, record, words
from webapp.training.carried import Carrier
from webapp.training.models import Run
from webapp.training.parting import Parting
from webapp.training.prepare import choose_pictures, write_manifest

LISTEN = 0.2  # seconds between two looks at the heart while the child is silent
GRACE = 1.0  # seconds that a child has to end by itself when a person stops the run


class Child(Protocol):
    """A training child (`trainer.child.serve`): it says {"stage"}, {"epoch"}, {"log"}, and at its end {"done"}, {"failed"} or {"cancelled"}; it hears "save" and "cancel"."""

    connection: Connection

    def kill(self) -> None: ...


class TrainingFailed(Exception):
    """The training cannot succeed; a cause and a next step for a person."""

    def __init__(self, cause: str, next_step: str):
        super().__init__(cause)
        self.cause, self.next_step = cause, next_step


class OutOfMemory(TrainingFailed):
    """The training had not enough memory; with a smaller batch than `batch_size` it may do."""

    batch_size = 0


def run(run: Run, *, spawn: Callable[[dict], Child], publish: Callable[[Run, Path, dict], object]) -> None:
    """Do the work of a claimed run to its end.

    spawn: starts a child for a job as `trainer.child.serve` takes it. publish: makes the model of (run, bundle folder, result) and ends the run, both or neither.
    Raises Cancelled, ShuttingDown and LeaseLost.
    """
    record.log(run, f"Claimed by {run.worker}, attempt {run.attempts} of {jobs.MAX_ATTEMPTS}.")
    with Heart(run) as heart, folder_of(run) as folder:
        try:
            result = learn(run, heart, spawn, prepare(run, heart, folder))
            record.stage(run, "publishing")
            heart.check()
            publish(run, Path(result["bundle"]), result)
        except TrainingFailed as failure:
            record.log(run, f"Failed: {failure.cause}")
            jobs.fail(run, failure.cause, failure.next_step)
        except Cancelled:
            record.log(run, "A person stopped it.")
            raise


@contextmanager
def folder_of(run: Run) -> Iterator[Path]:
    """The folder of a run on this machine. It stays while somebody may go on with the run, and goes when the run ends; of a failure the checkpoints are kept."""
    folder = settings.DATA / "runs" / str(run.id)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield folder
    except (LeaseLost, ShuttingDown) as end:
        if not Run.objects.filter(id=run.id).exists():  # its project was deleted: nobody goes on with it
            shutil.rmtree(folder, ignore_errors=True)
        elif isinstance(end, ShuttingDown):
            Carrier(run, folder).carry()
        raise
    except Cancelled:
        shutil.rmtree(folder, ignore_errors=True)
        carried.forget(run)
        raise
    except BaseException as error:  # the row has not ended yet: what the store has of the run goes with the daily sweep, if it ends
        if is_database(error) or is_store(error):  # the run is done again, maybe elsewhere
            Carrier(run, folder).carry()
        else:
            kept.keep(folder)
        raise
    carried.forget(run)
    if run.status == Run.FAILED:
        kept.keep(folder)
    else:
        shutil.rmtree(folder, ignore_errors=True)
    sweep()


def prepare(run: Run, heart: Heart, folder: Path) -> dict:
    """The job for the child; raises TrainingFailed when the pictures do not suffice any more."""
    record.stage(run, "preparing")
    try:
        choose_pictures(run)
        kept.take_up(run, folder)
        carried.take_up(run, folder)
        manifest = write_manifest(run, heart, folder / "manifest.json")
    except ManifestError as error:
        raise TrainingFailed(words.refusal(error), _("Add pictures and train again.")) from error
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise TrainingFailed(_("The disk of this server is full."), _("Ask whoever runs it to make room, then train again.")) from error
    jobs.write(run, train_images=len(manifest.train), val_images=len(manifest.val))
    record.log(run, counted(run, manifest))
    places = {"manifest": folder / "manifest.json", "work_dir": folder, "bundle_dir": folder / "bundle", "cache_dir": settings.DATA / "cache"}
    return {"config": run.config, **{name: str(place) for name, place in places.items()}}


def counted(run: Run, manifest: Manifest) -> str:
    """What the log says of the pictures."""
    gone = len(run.snapshot) - len(manifest.rows)
    missing = f"; {gone} were deleted since they were chosen" if gone else ""
    return f"{len(manifest.train)} pictures to learn from and {len(manifest.val)} to test with, {len(manifest.labels)} labels{missing}."


def learn(run: Run, heart: Heart, spawn: Callable[[dict], Child], job: dict) -> dict:
    """What the child says at its end. One that dies is started again and goes on from its checkpoint, three times in all; raises TrainingFailed."""
    ends = time.monotonic() + 3600 * settings.TRAIN_HOURS
    while True:
        catch_up(run, Path(job["work_dir"]))
        try:
            result = one_child(run, heart, spawn, job, ends)
        except OutOfMemory as lack:
            if not halve_batch(run, job, lack.batch_size or run.config["batch_size"] or AUTO_BATCH):
                raise
            continue
        if result:
            return result
        heart.check()
        if run.attempts >= jobs.MAX_ATTEMPTS:
            raise TrainingFailed(*jobs.died_too_often().values())
        jobs.write(run, attempts=run.attempts + 1)
        record.log(run, f"The training process died; attempt {run.attempts} of {jobs.MAX_ATTEMPTS}.")


def halve_batch(run: Run, job: dict, whole: int) -> bool:
    """Have the next child learn from half as many pictures at once; False when that was tried already, or could change nothing."""
    tried = Path(job["work_dir"]) / "halved"
    if tried.exists() or whole < 2 or run.preset == "quick":
        return False
    job["config"] = run.config | {"batch_size": whole // 2}
    jobs.write(run, config=job["config"])
    tried.touch()
    record.log(run, f"The memory was not enough for {whole} pictures at once; goes on with {whole // 2}.")
    return True


def catch_up(run: Run, folder: Path) -> None:
    """Write down what an earlier child said that nobody heard."""
    if missed := journal.read(folder, after=run.epoch):
        record.epochs(run, missed)
    record.add_lines(run, journal.unheard(folder, run.log))
    if run.epoch:
        record.log(run, f"Goes on; {run.epoch} of {run.epochs} epochs are done.")


def one_child(run: Run, heart: Heart, spawn: Callable[[dict], Child], job: dict, ends: float) -> dict | None:
    """Start a child and write down what it says until its end; None when it died before."""
    try:
        child = spawn(job)
    except (EOFError, OSError):
        return None  # the process that it was to be forked from has died, and is started anew next time
    try:
        return listen(run, heart, child.connection, ends, Path(job["work_dir"]))
    except Cancelled:
        ask_to_stop(child.connection)
        raise
    finally:
        child.kill()


def listen(run: Run, heart: Heart, connection: Connection, ends: float, folder: Path) -> dict | None:
    """Write down what a child says; gives its result, or None when it died. Raises TrainingFailed, and ShuttingDown when the machine is taken back."""
    begun, carrier, parting = run.epoch, Carrier(run, folder), Parting(run, folder, connection)
    while True:
        heart.check()
        if time.monotonic() > ends:
            raise too_long()
        try:
            messages = heard(connection)
        except (EOFError, OSError):
            return None
        result = write_down(run, messages)
        forgive(run, begun)
        if result:
            return result
        carrier.carry_when_due()
        parting.check()


def forgive(run: Run, begun: int) -> None:
    """Let a run that comes further than the attempt before be killed once more: only being killed again and again at one place is a reason to give up."""
    if run.attempts >= jobs.MAX_ATTEMPTS and run.epoch > begun:
        jobs.write(run, attempts=jobs.MAX_ATTEMPTS - 1)


def heard(connection: Connection) -> list[dict]:
    """What the child has said since; waits a little for it. Raises EOFError or OSError when it is gone and all was heard."""
    messages = [connection.recv()] if connection.poll(LISTEN) else []
    while messages and connection.poll(0):
        try:
            messages.append(connection.recv())
        except (EOFError, OSError):
            break  # raised again by the next call, after what came before is written down
    return messages


def write_down(run: Run, messages: list[dict]) -> dict | None:
    """Write stages, epochs and the log to the rows; gives the result when it is among them. Raises TrainingFailed."""
    stages = [message["stage"] for message in messages if "stage" in message]
    epochs = [message["epoch"] for message in messages if "epoch" in message]
    record.add_lines(run, [message["log"] for message in messages if "log" in message])
    if not all(isfinite(value) for epoch in epochs for value in epoch.values()):
        raise diverged()
    if epochs:
        record.epochs(run, epochs)
    if stages:
        record.stage(run, stages[-1])
    for message in messages:
        if "failed" in message:
            raise failure(message)
    return next((message["done"] for message in messages if "done" in message), None)


def failure(message: dict) -> TrainingFailed:
    """What a child said of its failure. The trainer knows no languages: its sentences are looked up here, in that of whoever started the run."""
    told, kind = message["failed"], OutOfMemory if message.get("out_of_memory") else TrainingFailed
    cause, values = _(told["cause"]), told.get("values")
    failed = kind(cause % values if values else cause, _(told["next_step"]))
    failed.batch_size = message.get("batch_size", 0)
    return failed


def ask_to_stop(connection: Connection) -> None:
    """Let the child clean up behind itself; it is killed soon after."""
    try:
        connection.send("cancel")
        ends = time.monotonic() + GRACE
        while time.monotonic() < ends and connection.poll(ends - time.monotonic()):
            connection.recv()
    except (EOFError, OSError):
        return  # it has ended


def diverged() -> TrainingFailed:
    return TrainingFailed(_("The training got worse and worse, until its numbers were none any more."), _("Choose a smaller learning rate, and train again."))


def too_long() -> TrainingFailed:
    message = _("The training took longer than the %(hours)d hours that this server allows.") % {"hours": settings.TRAIN_HOURS}
    return TrainingFailed(message, _("Choose fewer epochs, or the preset “quick”."))


def sweep() -> None:
    """Delete the folders of runs that have ended; they are left where a machine went down, and some after a failure."""
    folders = list((settings.DATA / "runs").glob("*"))  # before the rows: a run that starts now makes its folder after its row
    live = {str(run_id) for run_id in Run.objects.filter(active=True).values_list("id", flat=True)}
    failed = kept.staying(settings.DATA / "runs")
    for folder in folders:
        if folder.name in failed:
            kept.keep(folder)
        elif folder.name not in live:
            shutil.rmtree(folder, ignore_errors=True)
