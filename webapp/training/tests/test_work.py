"""The work of a run with a scripted child: what it says becomes rows, what befalls it ends well."""

import multiprocessing
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from unittest import mock
from uuid import uuid4

import pytest
from django.conf import settings
from django.db.models.functions import Now
from django.test import TransactionTestCase

from trainer.manifest import Manifest
from webapp.core import jobs
from webapp.core.errors import Cancelled, LeaseLost, ShuttingDown
from webapp.core.test import Cast
from webapp.training import journal, kept, record, services, work
from webapp.training.models import Run
from webapp.training.prepare import choose_pictures

DONE = {"done": {"bundle": "/nowhere", "best": {"epoch": 2, "val_accuracy": 1.0, "val_loss": 0.1}, "evaluation": {"accuracy": 1.0},
                 "answers": [], "device": "cpu", "versions": {}}}


def epoch(number: int, loss: float = 0.5) -> dict:
    numbers = {"train_loss": loss, "train_accuracy": 0.5, "val_loss": loss, "val_accuracy": 0.5, "learning_rate": 0.1, "seconds": 2.0}
    return {"epoch": {"epoch": number, **numbers}}


class ScriptedChild:
    """Says its lines, then waits for "cancel" or dies."""

    def __init__(self, lines: list[dict], then: Callable[[], None] = lambda: None):
        self.connection, self.theirs = multiprocessing.Pipe()
        self.heard: list[str] = []
        self.killed = False
        self.thread = threading.Thread(target=self._speak, args=(lines, then))
        self.thread.start()

    def _speak(self, lines: list[dict], then: Callable[[], None]) -> None:
        for line in lines:
            self.theirs.send(line)
        then()
        if self.lives_on(lines):
            try:
                self.heard.append(self.theirs.recv())
            except (EOFError, OSError):
                self.heard.append("gone")
        self.theirs.close()

    def lives_on(self, lines: list[dict]) -> bool:
        return not lines or not {"done", "failed", "dies"} & lines[-1].keys()

    def kill(self) -> None:
        self.killed = True
        self.connection.close()
        self.thread.join()


class WorkTest(TransactionTestCase):
    person, label, image = Cast.person, Cast.label, Cast.image

    def setUp(self) -> None:
        Cast.setUp(self)
        for seed in range(5):
            self.image(self.cat, seed)
            self.image(self.dog, seed)
        self.run_row = services.start(project=self.project, preset="quick")[0]
        self.claimed = jobs.claim(Run, self.run_row.id, "one")
        self.jobs: list[dict] = []
        self.children: list[ScriptedChild] = []

    def work(self, *scripts: list[dict], then: Callable[[], None] = lambda: None) -> Run:
        waiting = list(scripts)

        def spawn(job: dict) -> ScriptedChild:
            self.jobs.append(job | {"manifest": Manifest.load(job["manifest"])})
            self.children.append(ScriptedChild(waiting.pop(0), then))
            return self.children[-1]

        try:
            work.run(self.claimed, spawn=spawn, publish=lambda run, bundle, result: record.ready(run, result))
        finally:
            self.run_row.refresh_from_db()
        return self.run_row

    def folder(self) -> Path:
        return settings.DATA / "runs" / str(self.run_row.id)

    def test_what_the_child_says_is_in_the_rows_and_the_run_ends_ready(self) -> None:
        run = self.work([{"stage": "training"}, epoch(1), epoch(2), {"stage": "evaluating"}, DONE])
        assert (run.status, run.epoch, run.active, run.attempts) == ("ready", 2, None, 1)
        assert (run.best, run.evaluation) == (DONE["done"]["best"], DONE["done"]["evaluation"])
        assert list(run.epoch_rows.values_list("epoch", flat=True)) == [1, 2]
        assert run.seconds is not None and not self.folder().exists()

    def test_the_child_gets_the_pictures_of_the_run_with_their_vectors_and_ids(self) -> None:
        self.work([DONE])
        manifest = self.jobs[0]["manifest"]
        assert {(row.key, row.label, row.split) for row in manifest.rows} == {tuple(entry) for entry in self.run_row.snapshot}
        assert all(row.vector.shape == (1280,) and Path(row.path).exists() for row in manifest.rows)

    def test_the_child_is_told_which_pictures_are_near_duplicates(self) -> None:
        group = uuid4()
        twins = list(self.project.images.order_by("sha256")[:2])
        self.project.images.filter(id__in=[twin.id for twin in twins]).update(group=group)
        self.work([DONE])
        groups = {row.key: row.group for row in self.jobs[0]["manifest"].rows}
        assert {key for key, told in groups.items() if told == str(group)} == {str(twin.id) for twin in twins}
        assert set(groups.values()) == {str(group), None}

    def test_the_log_says_where_near_duplicates_had_to_be_on_both_sides(self) -> None:
        self.cat.images.update(group=uuid4())
        one, other = uuid4(), uuid4()
        for place, image in enumerate(self.dog.images.all()):
            self.dog.images.filter(id=image.id).update(group=one if place < 2 else other)
        run = self.work([DONE])
        assert f"the accuracy flatters: {self.cat.name}." in run.log

    def test_a_picture_deleted_after_the_start_is_left_out(self) -> None:
        choose_pictures(self.claimed)
        gone = next(entry[0] for entry in self.claimed.snapshot if entry[2] == "train")
        self.project.images.filter(id=gone).delete()
        run = self.work([DONE])
        # five of each label are needed
        assert run.status == "failed" and "at least 5 pictures" in run.error["cause"] and not self.jobs

    def test_a_child_that_dies_is_started_again_and_its_epochs_are_not_doubled(self) -> None:
        run = self.work([epoch(1), epoch(2, loss=0.9), {"dies": 1}], [epoch(2, loss=0.3), epoch(3), DONE])
        assert (run.status, run.attempts) == ("ready", 2)
        assert list(run.epoch_rows.values_list("epoch", "val_loss")) == [(1, 0.5), (2, 0.3), (3, 0.5)]
        assert self.jobs[0]["work_dir"] == self.jobs[1]["work_dir"]

    def test_epochs_that_a_killed_worker_did_not_hear_of_are_read_up(self) -> None:
        self.folder().mkdir(parents=True)
        ours, theirs = multiprocessing.Pipe()
        child = journal.Journaled(theirs, self.folder())
        for number, loss in ((1, 0.9), (2, 0.8), (3, 0.7), (2, 0.6), (3, 0.5)):
            child.send(epoch(number, loss))
        (self.folder() / journal.NAME).open("a").write('{"epoch": 4, "tr')
        assert ours.recv() == epoch(1, 0.9)
        record.epochs(self.claimed, [epoch(1, 0.9)["epoch"]])
        run = self.work([epoch(4), DONE])
        assert list(run.epoch_rows.values_list("epoch", "val_loss")) == [(1, 0.9), (2, 0.6), (3, 0.5), (4, 0.5)]

    def test_the_log_tells_who_did_what_and_what_the_child_said(self) -> None:
        skipped = {"key": "abc", "path": "/secret", "reason": "damaged", "message": "It is cut short."}
        end = {"done": DONE["done"] | {"versions": {"torch": "2.9"}, "skipped": [skipped]}}
        run = self.work([{"log": "Batches of 32."}, epoch(1), {"dies": 1}], [{"stage": "evaluating"}, end])
        said = ["Claimed by one, attempt 1 of 3.", "Stage: preparing.", "8 pictures to learn from and 2 to test with, 2 labels.", "Batches of 32.",
                "The training process died; attempt 2 of 3.", "Goes on; 1 of 50 epochs are done.", "Stage: evaluating.", "Stage: publishing.",
                "Skipped abc: It is cut short.", "Trained on cpu; torch 2.9.", "Accuracy on the test pictures: 1.0000.", "Published."]  # fmt: skip
        lines = run.log.splitlines()
        assert [line for line in lines if line == "Batches of 32." or line[10] == "T"] == lines
        assert [line if line == "Batches of 32." else line.split(" ", 1)[1] for line in lines] == said

    def test_lines_that_a_killed_worker_did_not_hear_of_are_read_up_and_none_is_there_twice(self) -> None:
        self.folder().mkdir(parents=True)
        ours, theirs = multiprocessing.Pipe()
        child = journal.Journaled(theirs, self.folder())
        for line in ("one", "two\nand a half", "three"):
            child.send({"log": line})
        record.add_lines(self.claimed, [ours.recv()["log"]])
        run = self.work([DONE])
        assert [line.split(" ", 1)[1] for line in run.log.splitlines()[3:6]] == ["8 pictures to learn from and 2 to test with, 2 labels.", "two and a half", "three"]
        assert run.log.count("Z one\n") == 1

    def test_a_log_that_gets_too_long_loses_its_oldest_lines_and_says_so(self) -> None:
        for start in range(0, 3000, 300):
            record.add_lines(self.claimed, [f"line {number} " + 40 * "x" for number in range(start, start + 300)])
        lines = self.claimed.log.splitlines()
        assert len(self.claimed.log) <= record.LONGEST_LOG + len(record.CUT) + 1
        assert lines[0] == record.CUT and lines.count(record.CUT) == 1 and lines[-1].startswith("line 2999 ")

    def test_a_child_that_dies_three_times_fails_the_run(self) -> None:
        run = self.work([{"dies": 1}], [{"dies": 2}], [{"dies": 3}])
        assert (run.status, run.attempts) == ("failed", 3)
        assert "3 times" in run.error["cause"]

    def test_a_failure_that_the_child_explains_is_told(self) -> None:
        run = self.work([{"failed": {"cause": "Memory ran out.", "next_step": "Use smaller pictures."}}])
        assert (run.status, run.error) == ("failed", {"cause": "Memory ran out.", "next_step": "Use smaller pictures."})
        assert not self.folder().exists()

    def test_a_training_that_diverges_fails_with_what_to_do(self) -> None:
        run = self.work([epoch(1), epoch(2, loss=float("nan"))])
        assert run.status == "failed" and "smaller learning rate" in run.error["next_step"]
        assert self.children[0].killed

    def test_a_training_that_takes_too_long_is_ended(self) -> None:
        with self.settings(TRAIN_HOURS=0.5 / 3600):
            run = self.work([epoch(1)])
        assert run.status == "failed" and "took longer" in run.error["cause"] and self.children[0].killed

    def test_a_cancel_reaches_the_child_and_ends_it(self) -> None:
        with pytest.raises(Cancelled):
            self.work([epoch(1)], then=lambda: jobs.request_cancel(self.claimed))
        assert self.children[0].heard == ["cancel"] and self.children[0].killed
        assert not self.folder().exists()

    def test_a_lost_lease_kills_the_child_and_leaves_the_folder_to_the_next_worker(self) -> None:
        with pytest.raises(LeaseLost):
            self.work([epoch(1)], then=self.take_over)
        assert self.children[0].killed and self.folder().exists()
        assert (self.run_row.worker, self.run_row.status) == ("two", "running")

    def take_over(self) -> None:
        Run.objects.update(lease_until=Now() - timedelta(seconds=9))
        while not jobs.claim(Run, self.run_row.id, "two"):  # a heartbeat may have come between
            Run.objects.update(lease_until=Now() - timedelta(seconds=9))

    def test_a_worker_that_is_told_to_end_kills_the_child_and_keeps_the_checkpoint(self) -> None:
        self.addCleanup(jobs.shutting_down.clear)
        with pytest.raises(ShuttingDown):
            self.work([epoch(1)], then=jobs.shutting_down.set)
        assert self.children[0].killed and self.folder().exists()

    def test_the_time_left_is_what_the_latest_epochs_took(self) -> None:
        record.epochs(self.claimed, [epoch(number)["epoch"] for number in range(1, 11)])
        assert self.claimed.eta_seconds == 80.0

    def test_folders_of_ended_runs_are_swept(self) -> None:
        self.folder().mkdir(parents=True)
        work.sweep()
        assert self.folder().exists()
        jobs.finish(self.claimed, Run.FAILED)
        work.sweep()
        assert not self.folder().exists()

    def test_the_checkpoints_of_a_failed_run_are_taken_up_by_the_same_run_again(self) -> None:
        self.leave_a_checkpoint(self.claimed)
        assert self.work([epoch(1), {"failed": {"cause": "The disk is full.", "next_step": "Free some space."}}]).status == "failed"
        work.sweep()
        assert sorted(path.name for path in self.folder().iterdir()) == ["checkpoints"]
        again = services.start(project=self.project, preset="quick")[0]
        work.run(jobs.claim(Run, again.id, "one"), spawn=self.looking_for_a_checkpoint, publish=lambda run, bundle, result: record.ready(run, result))
        assert Run.objects.get(id=again.id).status == "ready" and self.found == ["5.json"] and not self.folder().exists()

    def test_of_failed_runs_one_of_a_project_stays_and_the_newest_that_have_room(self) -> None:
        jobs.finish(self.claimed, Run.FAILED)
        others = [self.charlie.projects.create(name=name) for name in ("B", "C")]
        runs = [self.claimed, *(Run.objects.create(project=project, number=9, status=Run.FAILED, active=None) for project in (self.project, *others))]
        for seconds, run in enumerate(runs):
            Run.objects.filter(id=run.id).update(finished=Now() - timedelta(seconds=60 - seconds))
            self.leave_a_checkpoint(run)
        work.sweep()
        assert [self.keeps(run) for run in runs] == [False, True, True, True]
        with mock.patch.object(kept, "MOST_BYTES", 5):  # a checkpoint here has two bytes
            work.sweep()
        assert [self.keeps(run) for run in runs] == [False, False, True, True]

    def keeps(self, run: Run) -> bool:
        return (settings.DATA / "runs" / str(run.id)).exists()

    def test_the_end_of_a_run_sweeps_what_failed_before(self) -> None:
        old = Run.objects.create(project=self.project, number=9, status=Run.FAILED, active=None, finished=Now() - 2 * kept.KEPT_FOR)
        self.leave_a_checkpoint(old)
        self.work([DONE])
        assert not self.keeps(old)

    def leave_a_checkpoint(self, run: Run) -> None:
        folder = settings.DATA / "runs" / str(run.id) / "checkpoints"
        folder.mkdir(parents=True)
        (folder / "5.json").write_text("{}")

    def looking_for_a_checkpoint(self, job: dict) -> ScriptedChild:
        self.found = [path.name for path in (Path(job["work_dir"]) / "checkpoints").iterdir()]
        return ScriptedChild([DONE])

    def test_a_run_that_gets_on_may_be_killed_more_often_than_one_that_does_not(self) -> None:
        lives = [[epoch(number), {"dies": 1}] for number in range(1, 7)]
        assert self.work(*lives, [epoch(7), DONE]).status == "ready"

    def test_without_memory_the_batch_is_halved_once(self) -> None:
        Run.objects.filter(id=self.claimed.id).update(preset="accurate", config=self.claimed.config | {"preset": "accurate", "batch_size": 0})
        self.claimed.refresh_from_db()
        failed = {"failed": {"cause": "The memory was not enough.", "next_step": "Choose a smaller batch_size."}, "out_of_memory": True, "batch_size": 8}
        run = self.work([failed], [epoch(1), failed])
        assert (run.status, run.config["batch_size"], [job["config"]["batch_size"] for job in self.jobs]) == ("failed", 4, [0, 4])
