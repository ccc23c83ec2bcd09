"""What a worker does for a tuning: pack the model each way, measure it in a process of its own, keep the best.

Every measured row is written at once and stays: whoever goes on after a kill, a cancel or a training in between does the rest.
"""

import errno
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import asdict
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from uuid import UUID, uuid5

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import translation
from django.utils.translation import gettext as _

from trainer import tune
from trainer.bundle import ANSWERS, BundleError, read_bundle
from trainer.sentences import Refusal
from trainer.variants import Variant, offered, original, this_machine
from webapp.core import jobs, store
from webapp.core.errors import Cancelled, ShuttingDown, UserError
from webapp.core.jobs import Heart
from webapp.serving.models import Model
from webapp.training.words import refusal
from webapp.tuning import choosing, keeping, material, queries
from webapp.tuning.material import Picture
from webapp.tuning.models import Measurement, Tuning

LOOK_EVERY = 1.0  # seconds between two looks whether the machine is needed for something else
FEW = 24  # pictures that are asked where the answers are known and only the time is not
SPARE_BYTES = 500_000_000  # what stays free on the disk, for everybody else
CONVERT_SECONDS, MEASURE_SECONDS = 900, 900


class GivesWay(ShuttingDown):
    """A training begins on this machine: it goes first, and times measured beside it would be wrong."""


def run(tuning: Tuning, *, is_busy: Callable[[], bool] = lambda: False) -> None:
    """Do the work of a claimed tuning. is_busy: whether this machine trains.

    Raises LeaseLost, Cancelled, ShuttingDown (also when a training begins), and UserError.
    """
    sweep_folders()
    try:
        with translation.override(tuning.language or None), Heart(tuning) as heart, folder_of(tuning) as folder:
            Bench(tuning, folder, checking(tuning, heart, is_busy)).work()
            jobs.finish(tuning, processed=tuning.rows.count())
    except BundleError as error:
        raise UserError(_("The model file is damaged. Train again to make a new one.")) from error
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise full() from error


def checking(tuning: Tuning, heart: Heart, is_busy: Callable[[], bool]) -> Callable[[], None]:
    """What is asked several times a second: raises LeaseLost, Cancelled or ShuttingDown."""
    looked = [0.0]

    def check() -> None:
        heart.check()
        if time.monotonic() - looked[0] < LOOK_EVERY:
            return
        looked[0] = time.monotonic()
        if jobs.patiently(is_busy):
            raise GivesWay()
        if not jobs.patiently(Model.objects.filter(id=tuning.model_id).exists):
            raise Cancelled()  # its run was deleted; when that is undone, somebody may go on

    return check


@contextmanager
def folder_of(tuning: Tuning) -> Iterator[Path]:
    """A folder on this machine for one claim of a tuning, gone at its end."""
    folder = root() / f"{tuning.id}-{tuning.fence}"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def root() -> Path:
    return settings.DATA / "tunings"


def sweep_folders() -> None:
    """Delete the folders of claims that have ended; they are left where a worker was killed."""
    folders = [path for path in root().glob("*-*") if path.is_dir()]  # before the rows: a claim makes its folder after its row
    live = {f"{key}-{fence}" for key, fence in Tuning.objects.filter(status=Tuning.RUNNING).values_list("id", "fence")}
    for folder in folders:
        if folder.name not in live:
            shutil.rmtree(folder, ignore_errors=True)


class Bench:
    """One claim of a tuning at work. `check` raises when it has to stop."""

    def __init__(self, tuning: Tuning, folder: Path, check: Callable[[], None]):
        self.tuning, self.folder, self.check = tuning, folder, check
        self.material = material.of(tuning.model, check)
        self.bundle, self.machine = read_bundle(self.material.bundle), this_machine()
        self.answers: list[str] = []  # of the model as it was trained

    def work(self) -> None:
        """Measure what is missing, then keep the best."""
        ways = offered(self.bundle, self.machine)
        self.begin(ways)
        done = {choosing.way(row) for row in self.tuning.rows.all()}
        missing = [way for way in ways if choosing.way(way) not in done]
        if missing:
            self.ask_original(is_known=original(self.bundle, self.machine) not in missing)
        for packed, some in groupby(missing, key=lambda way: way.packed):
            self.measure_all(packed, list(some))
            self.tidy()
        while rows := keeping.wanted(self.tuning):  # anew each time: where one cannot be kept after all, another takes its place on the best line
            self.keep(rows[0])

    def begin(self, ways: list[Variant]) -> None:
        """Say which machine this is, and take over what is known of it. What another machine measured of this tuning, or with other pictures, is put aside."""
        before = copy(self.tuning)
        jobs.patiently(lambda: self.take_place(before, len(ways)))
        if not self.tuning.anew:
            there = {choosing.way(row) for row in self.tuning.rows.all()}
            known = [row for row in queries.remembered(self.tuning) if choosing.way(row) not in there and Variant(*choosing.way(row)) in ways]
            self.write([copied(row, self.tuning) for row in known])

    def take_place(self, before: Tuning, total: int) -> None:
        """Write down where and with which pictures it is measured from now on, if the tuning is still ours; raises LeaseLost."""
        with transaction.atomic():
            jobs.write(self.tuning, machine=self.machine.to_dict(), machine_key=self.machine.key, digest=self.material.digest, total=total)
            if before.machine_key and aside_id(before) != aside_id(self.tuning):
                put_aside(before)
                fetch_back(self.tuning)
            jobs.write(self.tuning, processed=self.tuning.rows.count())

    def ask_original(self, *, is_known: bool) -> None:
        """What the model as it was trained answers: with that, the answers of all others are compared, and with its time theirs: its row is the newest."""
        way = original(self.bundle, self.machine)
        try:
            found = self.measured(self.packed(way), way, self.material.asked)
        except Refusal as error:
            self.check_room()
            raise UserError(refusal(error)) from error
        self.answers = found["answers"]
        row = self.row(way, found, self.material.asked)
        if not is_known:
            self.write([row])
            return
        known = next(one for one in self.tuning.rows.all() if choosing.way(one) == choosing.way(way))
        keeping.update(known, **{name: getattr(row, name) for name in ("measured_in", *found)})

    def measure_all(self, packed: str, ways: list[Variant]) -> None:
        """Measure the ways that differ in threads alone; where one cannot be made, or measured, its row says why."""
        for place, way in enumerate(ways):
            if choosing.way(way) == choosing.way(original(self.bundle, self.machine)):
                continue
            try:
                self.measure(way)
            except Refusal as error:
                self.check_room()
                some = [way] if (self.folder / packed).is_dir() else ways[place:]
                self.write([refused(self.tuning, one, refusal(error)) for one in some])
                if some != [way]:
                    return

    def measure(self, way: Variant) -> None:
        """Measure one way. Its answers do not depend on threads: where they are known, few pictures tell the time."""
        known = self.tuning.rows.filter(engine=way.engine, precision=way.precision, input_size=way.input_size, status=Measurement.MEASURED).first()
        pictures = self.material.asked[:FEW] if known else self.material.asked
        row = self.row(way, self.measured(self.packed(way), way, pictures), pictures)
        if known:
            row.accuracy, row.changed, row.pictures = known.accuracy, known.changed, known.pictures
        self.write([row])

    def packed(self, way: Variant) -> Path:
        """The bundle of a way on this machine, made where it is missing. Raises Refusal."""
        out = self.folder / way.packed
        if not out.is_dir():
            self.check_room()
            calibration = [str(picture.path) for picture in self.material.calibrating]
            job = {"bundle": str(self.material.bundle), "variant": asdict(way), "out": str(out), "calibration": calibration}
            # Of the golden pictures the answers alone: what is kept without a model's knowledge holds no picture that may have to be taken down.
            self.child(verb="convert", **job, golden=ANSWERS, seconds=CONVERT_SECONDS)
        return out

    def measured(self, folder: Path, way: Variant, pictures: list[Picture]) -> dict:
        """What a child finds, as `trainer.tune.Measured`. Raises Refusal."""
        asked = [[str(picture.path), picture.label] for picture in pictures]
        return self.child(verb="measure", folder=str(folder), variant=asdict(way), pictures=asked, seconds=MEASURE_SECONDS)

    def row(self, way: Variant, found: dict, pictures: list[Picture]) -> Measurement:
        answers, before = found.pop("answers"), self.answers[: len(pictures)]
        both = [(now, then) for now, then in zip(answers, before, strict=True) if now and then]
        changed = sum(now != then for now, then in both)
        return Measurement(tuning=self.tuning, measured_in=self.tuning.id, **asdict(way), **found, pictures=sum(map(bool, answers)), changed=changed)

    def write(self, rows: list[Measurement]) -> None:
        """Write rows down, if the tuning is still ours; raises LeaseLost. One that comes further than before may be killed once more."""
        if not rows:
            return

        def insert() -> None:
            with transaction.atomic():
                jobs.write(self.tuning, processed=self.tuning.rows.count() + len(rows), attempts=min(self.tuning.attempts, jobs.MAX_ATTEMPTS - 1))
                Measurement.objects.bulk_create(rows)

        jobs.patiently(insert)

    def tidy(self) -> None:
        """Delete the bundles that something beats by now."""
        best = {Variant(*choosing.way(row)).packed for row in keeping.best(self.tuning)}
        for folder in self.folder.iterdir():
            if folder.is_dir() and folder.name not in best:
                shutil.rmtree(folder, ignore_errors=True)

    def keep(self, row: Measurement) -> None:
        """Make a row one that can be put in use: its bundle, with its own view of what is usual, goes into the store."""
        self.check()
        self.check_room()
        if keeping.take_over(row):
            return
        try:
            folder = self.packed(Variant(*choosing.way(row)))
            self.child(verb="finish", folder=str(folder), rows=[picture.row() for picture in self.material.learned], seconds=CONVERT_SECONDS)
        except Refusal as error:
            self.check_room()
            keeping.give_up(row, refusal(error))
            return
        self.check()
        keeping.put(row, folder)

    def child(self, **job: object) -> dict:
        return tune.run_child(job, self.check, self.folder)

    def check_room(self) -> None:
        """Raise UserError where the disks are nearly full: a bundle may be some times as large as the model."""
        stat = os.statvfs(self.folder)
        if min(store.free_bytes(), stat.f_bavail * stat.f_frsize) < SPARE_BYTES + 4 * self.tuning.model.size_bytes:
            raise full()


def aside_id(tuning: Tuning) -> UUID:
    """Of the row that holds what a tuning measured on one machine with one set of pictures, while it goes on elsewhere."""
    return uuid5(tuning.id, f"{tuning.machine_key} {tuning.digest}")


def put_aside(tuning: Tuning) -> None:
    """Move the rows of a tuning to one of their own that has ended, just before it in time: later ones remember it. Their files lie elsewhere then, and are swept."""
    rows = Measurement.objects.filter(tuning=tuning.id)
    count = rows.count()
    if count:
        facts = {name: getattr(tuning, name) for name in ("project_id", "model_id", "anew", "target_ms", "machine", "machine_key", "digest", "total", "language")}
        aside, _made = Tuning.objects.get_or_create(id=aside_id(tuning), defaults=facts | {"status": Tuning.CANCELLED, "processed": count, "started": tuning.started, "finished": Now()})
        Tuning.objects.filter(id=aside.id).update(created=tuning.created - timedelta(microseconds=1))
        rows.update(tuning=aside, files=[])


def fetch_back(tuning: Tuning) -> None:
    """Go on with what was put aside when another machine took over."""
    Measurement.objects.filter(tuning=aside_id(tuning)).update(tuning=tuning)
    Tuning.objects.filter(id=aside_id(tuning)).delete()


def copied(row: Measurement, tuning: Tuning) -> Measurement:
    """What an earlier tuning measured, as a row of this one; its files come later, where they are wanted."""
    taken = {field.name: getattr(row, field.name) for field in Measurement._meta.concrete_fields}
    return Measurement(**(taken | {"id": None, "tuning": tuning, "files": []}))


def refused(tuning: Tuning, way: Variant, reason: str) -> Measurement:
    return Measurement(tuning=tuning, **asdict(way), status=Measurement.REFUSED, reason=reason)


def full() -> UserError:
    return UserError(_("The disk of this server is full. Ask whoever runs it to make room, then go on: what is measured stays."), code="disk_full", status=507)
