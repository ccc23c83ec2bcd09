import errno
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.db.models.functions import Now
from django.utils import timezone

from webapp.core import jobs
from webapp.core.errors import Cancelled, LeaseLost, ShuttingDown, StoreAway, UserError
from webapp.core.test import Cast
from webapp.ingest.models import Upload
from worker.perform import STORE_REST, perform
from worker.slots import shares, slot, threads


def raising(error: BaseException) -> Callable:
    def verb(_row: Upload) -> None:
        raise error

    return verb


class PerformTest(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.upload = Upload.objects.create(project=self.project)

    def after(self, verb: Callable) -> Upload:
        perform(Upload, str(self.upload.id), verb)
        self.upload.refresh_from_db()
        return self.upload

    def test_the_verb_gets_the_claimed_row_and_ends_it(self) -> None:
        row = self.after(lambda row: jobs.finish(row, total=row.fence))
        assert (row.status, row.total) == ("done", 1) and row.worker

    def test_a_second_hint_for_a_row_does_nothing(self) -> None:
        self.after(lambda row: jobs.finish(row))
        assert self.after(raising(AssertionError("claimed twice"))).status == "done"

    def test_an_error_nobody_foresaw_is_on_the_row_and_in_the_log(self) -> None:
        with self.assertLogs("worker.perform", "ERROR"):
            row = self.after(raising(ZeroDivisionError()))
        assert row.status == "failed" and row.error["cause"] and row.error["next_step"]

    def test_a_full_disk_and_a_sentence_for_a_person_are_told_as_they_are(self) -> None:
        row = self.after(raising(OSError(errno.ENOSPC, "No space left on device")))
        assert row.status == "failed" and "disk" in row.error["cause"]
        self.upload = Upload.objects.create(project=self.project)
        assert self.after(raising(UserError("There is no picture."))).error["cause"] == "There is no picture."

    def test_work_that_meets_a_database_that_is_away_is_done_again_for_a_day_and_then_three_times(self) -> None:
        lost = OperationalError(2013, "Lost connection to MySQL server during query")
        for _time in range(2 * jobs.MAX_ATTEMPTS):
            row = self.after(raising(lost))
            assert (row.status, row.attempts, row.error, row.lease_until) == ("queued", 0, None, None)
        for attempt in (1, 2):
            Upload.objects.update(started=timezone.now() - jobs.OUTAGE, hinted=None)
            assert (self.after(raising(lost)).status, self.upload.attempts) == ("queued", attempt)
        Upload.objects.update(hinted=None)
        with self.assertLogs("worker.perform", "ERROR"):
            row = self.after(raising(lost))
        assert row.status == "failed" and "database" in row.error["cause"]

    def test_a_store_that_is_away_is_not_the_third_death(self) -> None:
        Upload.objects.update(attempts=jobs.MAX_ATTEMPTS - 1)
        row = self.after(raising(StoreAway("no answer")))
        assert (row.status, row.attempts) == ("queued", jobs.MAX_ATTEMPTS - 1)

    def test_the_longer_something_is_away_the_longer_work_rests(self) -> None:
        row = jobs.claim(Upload, self.upload.id, "one")
        for age, rest in ((timedelta(0), STORE_REST), (timedelta(minutes=10), timedelta(minutes=1)), (timedelta(hours=20), jobs.LONGEST_REST)):
            row.started, row.attempts = timezone.now() - age, 1
            Upload.objects.update(status=Upload.RUNNING)
            jobs.put_back(row, STORE_REST)
            self.upload.refresh_from_db()
            assert abs(self.upload.hinted - timezone.now() - rest + jobs.HINT_AGAIN) < timedelta(seconds=5)

    def test_work_that_meets_a_store_that_is_away_rests_before_it_is_done_again(self) -> None:
        row = self.after(raising(StoreAway("no answer")))
        assert (row.status, row.attempts, row.error) == ("queued", 0, None) and jobs.due(Upload) == []
        Upload.objects.update(hinted=Now() - STORE_REST)
        assert jobs.due(Upload) == [row.id]
        Upload.objects.update(attempts=jobs.MAX_ATTEMPTS - 1, started=timezone.now() - jobs.OUTAGE)
        with self.assertLogs("worker.perform", "ERROR"):
            assert "files" in self.after(raising(StoreAway("no answer"))).error["cause"]

    def test_a_cancel_ends_the_row_as_cancelled(self) -> None:
        assert self.after(raising(Cancelled())).status == "cancelled"

    def test_a_worker_that_ends_gives_its_row_back(self) -> None:
        row = self.after(raising(ShuttingDown()))
        assert (row.status, row.attempts, row.hinted) == ("queued", 0, None)

    def test_a_lost_row_is_left_to_whoever_has_it(self) -> None:
        def lose(row: Upload) -> None:
            Upload.objects.update(lease_until=Now() - timedelta(seconds=1))
            jobs.claim(Upload, row.id, "two")
            raise ZeroDivisionError

        assert self.after(lose).worker == "two"
        assert self.upload.status == "running"
        self.upload = Upload.objects.create(project=self.project)
        assert self.after(raising(LeaseLost())).status == "running"

    def test_a_row_that_finds_no_hand_free_waits(self) -> None:
        hand, held = slot("ingest.run"), shares()["ingest.run"]
        for _number in range(held):
            assert hand.acquire(blocking=False)
        assert self.after(raising(AssertionError("no hand was free"))).status == "queued"
        for _number in range(held):
            hand.release()
        assert self.after(jobs.finish).status == "done"

    def test_a_worker_that_was_told_to_end_or_whose_machine_is_taken_back_takes_nothing_new(self) -> None:
        for told in (jobs.shutting_down, jobs.soon_gone):
            self.addCleanup(told.clear)
            told.set()
            assert self.after(jobs.finish).status == "queued"
            told.clear()
        assert self.after(jobs.finish).status == "done"

    def test_a_hand_that_comes_free_makes_waiting_rows_due(self) -> None:
        waiting = Upload.objects.create(project=self.project)
        jobs.mark_hinted(Upload, [waiting.id])
        self.after(jobs.finish)
        assert jobs.due(Upload) == [waiting.id]

    def test_there_is_a_thread_for_all_work_at_once_and_one_to_say_no(self) -> None:
        assert threads() == sum(shares().values()) + 1


def test_a_hint_for_a_row_that_no_database_tells_of_is_left_to_the_next_hint(monkeypatch) -> None:
    monkeypatch.setattr(Upload, "share_of", raising(OperationalError(2003, "Can't connect to MySQL server")))
    assert perform(Upload, "1", raising(AssertionError("worked on"))) is False
    monkeypatch.setattr(Upload, "share_of", raising(OperationalError(1054, "Unknown column")))  # a mistake of ours
    with pytest.raises(OperationalError):
        perform(Upload, "1", raising(AssertionError("worked on")))
