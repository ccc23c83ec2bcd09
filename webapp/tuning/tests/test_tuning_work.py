"""What a worker does for a tuning, and what is left when it is stopped in any way."""

import errno
import time
from contextlib import suppress
from pathlib import Path
from unittest.mock import patch

import pytest
from django.test import TransactionTestCase, override_settings

from trainer.variants import Machine
from webapp.core import jobs, store
from webapp.core.errors import LeaseLost, UserError
from webapp.core.test import Cast
from webapp.images.models import Image
from webapp.serving import removal
from webapp.tuning import keeping, queries, services, work
from webapp.tuning.models import Measurement, Tuning
from webapp.tuning.tests.benched import SMALL, WAYS, Benched, refuse
from worker.perform import record


class Killed(BaseException):
    """Stands for the end of the worker's process."""


def kill(_check) -> None:
    raise Killed()


def fill_the_disk(_check) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


class TuningWork(Benched, Cast):
    def ended(self, tuning: Tuning, **options) -> Tuning:
        """A tuning after a worker has done what it can, and written down how it ended."""
        record(tuning, lambda row: work.run(row, **options))
        return Tuning.objects.get(id=tuning.id)

    def test_every_way_is_measured_and_held_against_the_model_as_it_was_trained(self) -> None:
        tuning = self.tuned(target_ms=4)
        assert (tuning.status, tuning.total, tuning.processed, tuning.machine["cores"]) == ("done", 6, 6, 2)
        row = self.row(tuning, "openvino", "int8")
        assert (row.p50_ms, row.pictures, row.accuracy, row.changed, row.status) == (2.0, 4, 0.75, 1, "measured")
        row = self.row(tuning, "onnxruntime", "fp32", threads=1)
        assert (row.p50_ms, row.pictures, row.accuracy, row.changed) == (9.0, 4, 1.0, 0)
        assert self.child.count("convert") == 5  # threads change nothing in how it is packed

    def test_only_the_best_line_keeps_its_files_and_they_hold_no_picture(self) -> None:
        tuning = self.tuned()
        kept = {(row.engine, row.precision): row for row in tuning.rows.exclude(files=[])}
        assert set(kept) == {("openvino", "int8"), ("openvino", "fp32")}
        for row in kept.values():
            names = [f"{row.folder}/{name}" for name in row.files]
            assert all(map(store.exists, names)) and not [name for name in names if name.endswith((".jpg", ".png"))]
            assert {Path(name).name for name in names} >= {"bundle.json", "model.onnx", "golden.json", "finished"}
        assert not list(work.root().glob("*-*"))

    def test_the_best_that_sees_as_much_of_a_picture_is_kept_beside_a_smaller_one(self) -> None:
        self.swap(work, "offered", lambda bundle, machine: [*WAYS, SMALL])
        kept = self.tuned().rows.exclude(files=[]).values_list("input_size", "precision")
        assert sorted(kept) == [(4, "fp32"), (8, "fp32"), (8, "int8")]

    def test_what_a_killed_worker_has_measured_stays_and_the_next_one_does_the_rest(self) -> None:
        tuning = self.claimed()
        self.child.troubles["measure", "openvino", "int8"] = kill
        with pytest.raises(Killed):
            work.run(tuning)
        before = set(tuning.rows.values_list("id", flat=True))
        assert len(before) == 3
        Tuning.objects.filter(id=tuning.id).update(lease_until="2020-01-01T00:00Z")
        self.child.troubles.clear()
        work.run(jobs.claim(Tuning, tuning.id, "two"))
        assert Tuning.objects.get(id=tuning.id).status == "done"
        assert before < set(tuning.rows.values_list("id", flat=True)) and tuning.rows.count() == 6

    def test_a_worker_that_lost_the_tuning_writes_nothing_more(self) -> None:
        tuning = self.claimed()
        self.child.troubles["measure", "onnxruntime", "int8"] = lambda check: Tuning.objects.filter(id=tuning.id).update(fence=7)
        with pytest.raises(LeaseLost):
            work.run(tuning)
        assert tuning.rows.count() == 2

    def test_a_training_that_begins_goes_first_and_the_tuning_waits_with_what_it_has(self) -> None:
        busy = []
        self.child.troubles["measure", "openvino", "int8"] = lambda check: (busy.append(1), check())
        tuning = self.ended(self.claimed(), is_busy=lambda: bool(busy))
        assert (tuning.status, tuning.attempts, tuning.rows.count()) == ("queued", 0, 3)

    def test_what_cannot_be_packed_or_measured_says_why_and_the_others_go_on(self) -> None:
        self.child.troubles = {("convert", "openvino", "int8"): refuse, ("measure", "torch", "fp32"): refuse}
        tuning = self.tuned()
        assert {(row.engine, row.precision, row.reason) for row in queries.refused(tuning)} == {("openvino", "int8", "It cannot be done."), ("torch", "fp32", "It cannot be done.")}
        assert (tuning.status, len(queries.measured(tuning))) == ("done", 4)

    def test_where_the_best_cannot_be_kept_the_next_best_is(self) -> None:
        self.child.troubles["finish", None, None] = lambda check: (self.child.troubles.clear(), refuse(check))
        tuning = self.tuned()
        assert self.row(tuning, "openvino", "fp32").status == "refused"
        assert {(row.engine, row.precision) for row in tuning.rows.exclude(files=[])} == {("openvino", "int8")}
        assert self.row(tuning, "onnxruntime", "fp32").status == "measured"

    def test_a_full_disk_ends_it_with_a_sentence_and_what_is_measured_stays(self) -> None:
        self.child.troubles["convert", "openvino", "int8"] = fill_the_disk
        tuning = self.ended(self.claimed())
        assert tuning.status == "failed" and "disk" in tuning.error["cause"] and tuning.rows.count() == 3
        with patch.object(store, "free_bytes", lambda: 1000):
            self.child.troubles.clear()
            tuning = self.ended(self.claimed())
        assert tuning.status == "failed" and tuning.rows.count() == 3

    def test_going_on_measures_only_what_is_missing_and_measuring_again_everything(self) -> None:
        self.tuned()
        self.child.jobs.clear()
        second = self.tuned()
        assert self.child.jobs == [] and second.rows.count() == 6
        assert {row.engine for row in second.rows.exclude(files=[])} == {"openvino"}  # copied
        self.tuned(anew=True)
        assert self.child.count("measure") == 6

    def test_what_another_machine_measured_does_not_count_here(self) -> None:
        self.tuned()
        self.child.jobs.clear()
        with patch.object(work, "this_machine", lambda: Machine("Another processor", 2)):
            self.tuned()
        assert self.child.count("measure") == 6

    def test_two_machines_that_take_turns_keep_what_each_of_them_measured(self) -> None:
        tuning = self.claimed(anew=True)
        for turn, name in enumerate(["A processor", "Another processor", "A processor"], start=1):
            with patch.object(work, "this_machine", lambda name=name: Machine(name, 2)):
                self.child.troubles = {("measure", "openvino", "int8"): kill} if turn < 3 else {}
                with suppress(Killed):
                    work.run(tuning)
            Tuning.objects.filter(id=tuning.id).update(lease_until="2020-01-01T00:00Z")
            tuning = jobs.claim(Tuning, tuning.id, "two") or Tuning.objects.get(id=tuning.id)
        assert self.child.count("measure") == 4 + 4 + 1 + 3  # the last asks the original, then what is missing
        aside = Tuning.objects.exclude(id=tuning.id).get()
        assert (tuning.status, tuning.rows.count(), aside.rows.count(), aside.machine["name"]) == ("done", 6, 3, "Another processor")
        assert (aside.status, aside.created < tuning.created, bool(aside.finished)) == ("cancelled", True, True)

    def test_a_worker_that_lost_the_tuning_moves_no_row_of_the_next_one(self) -> None:
        tuning = self.claimed()
        Tuning.objects.filter(id=tuning.id).update(fence=7)
        row = tuning.rows.create(engine="openvino", precision="int8", input_size=8, threads=2)
        tuning.machine_key = "another"
        with pytest.raises(LeaseLost):
            work.run(tuning)
        assert tuning.rows.get() == row and Tuning.objects.count() == 1

    def test_what_was_asked_about_other_pictures_is_neither_remembered_nor_taken_over(self) -> None:
        first = self.tuned()
        Image.objects.filter(id=self.tested[0].id).delete()
        self.child.jobs.clear()
        second = self.tuned()
        assert first.digest != second.digest and (self.child.count("measure"), self.child.count("finish")) == (6, 2)
        assert set(second.rows.values_list("pictures", flat=True)) == {3}

    def test_the_original_is_timed_anew_with_whatever_is_missing(self) -> None:
        self.swap(work, "offered", lambda bundle, machine: WAYS[:3])
        first = self.tuned()
        self.swap(work, "offered", lambda bundle, machine: WAYS)
        second = self.tuned()
        told = {(row.engine, row.precision, row.threads): row.measured_in for row in second.rows.all()}
        assert told["onnxruntime", "fp32", 2] == told["openvino", "fp32", 2] == second.id and told["onnxruntime", "int8", 2] == first.id

    def test_files_are_handed_on_and_not_copied_again_for_each_tuning_and_never_onto_a_full_disk(self) -> None:
        first = self.tuned()
        with self.captureOnCommitCallbacks(execute=True):
            second = self.tuned()
        assert not first.rows.exclude(files=[]).exists() and second.rows.exclude(files=[]).count() == 2
        assert not list(store.walk(f"{self.model.folder}/tunings/{first.id}"))
        with patch.object(store, "free_bytes", lambda: 1000):
            third = self.ended(self.claimed())
        assert third.status == "failed" and not third.rows.exclude(files=[]).exists() and second.rows.exclude(files=[]).count() == 2

    def test_the_sweep_asks_for_rows_with_files_and_not_for_each_old_tuning(self) -> None:
        for _number in range(3):
            Tuning.objects.create(project=self.project, model=self.model, status="done", finished="2020-01-01T00:00Z")
        with self.assertNumQueries(1):
            assert keeping.sweep() == 0

    def test_it_stops_when_its_model_is_deleted_in_the_middle(self) -> None:
        self.child.troubles["measure", "openvino", "int8"] = lambda check: (removal.remove(run=self.model.run), check())
        assert self.ended(self.claimed()).status == "cancelled"
        self.model.run.delete()
        assert not Tuning.objects.exists()

    def test_deleted_pictures_are_not_asked_about_and_without_any_there_is_nothing_to_say(self) -> None:
        Image.objects.filter(id=self.tested[0].id).delete()
        store.delete(self.tested[2].file_name)
        Image.objects.filter(id__in=[self.tested[1].id]).update(status="set_aside")
        Image.objects.filter(id=self.tested[3].id).delete()
        tuning = self.ended(self.claimed())
        assert tuning.status == "failed" and "Train again" in tuning.error["cause"] and self.child.jobs == []

    def test_files_go_after_a_week_and_are_made_again_when_they_are_wanted(self) -> None:
        tuning = self.tuned()
        row = self.row(tuning, "openvino", "int8")
        assert keeping.sweep() == 0
        Tuning.objects.filter(id=tuning.id).update(finished="2020-01-01T00:00Z")
        with self.captureOnCommitCallbacks(execute=True):
            assert keeping.sweep() > 0
        assert not list(store.walk(row.folder)) and Measurement.objects.get(id=row.id).files == []
        self.child.jobs.clear()
        assert self.row(self.tuned(), "openvino", "int8").files
        assert (self.child.count("convert"), self.child.count("measure")) == (2, 0)

    def test_a_second_press_is_the_same_tuning_with_the_new_limit(self) -> None:
        first, second = services.start(model=self.model, target_ms=20), services.start(model=self.model, target_ms=5)
        assert first == second and second.target_ms == 5
        with pytest.raises(UserError):
            services.start(model=self.model, target_ms=float("nan"))
        services.cancel(tuning=first)
        assert services.start(model=self.model) != first


@override_settings(LEASE_SECONDS=1)
class CancelTest(Benched, TransactionTestCase):
    person, label, image = Cast.person, Cast.label, Cast.image

    def test_a_press_of_stop_reaches_a_measurement_in_the_middle(self) -> None:
        def endless(check) -> None:
            services.cancel(tuning=tuning)
            while True:
                check()
                time.sleep(0.01)

        self.child.troubles["measure", "openvino", "int8"] = endless
        tuning = self.claimed()
        record(tuning, work.run)
        tuning.refresh_from_db()
        assert (tuning.status, tuning.rows.count()) == ("cancelled", 3)
