from datetime import timedelta
from unittest import mock

import pytest
from django.db import OperationalError
from django.db.models.functions import Now

from webapp.core import jobs
from webapp.core.errors import Cancelled, LeaseLost
from webapp.core.test import Cast
from webapp.ingest.models import Upload
from webapp.training.models import Run


class JobsTest(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.upload = Upload.objects.create(project=self.project)

    def claim(self, worker: str = "one") -> Upload | None:
        return jobs.claim(Upload, self.upload.id, worker)

    def lose_lease(self) -> None:
        Upload.objects.filter(id=self.upload.id).update(lease_until=Now() - timedelta(seconds=1))

    def test_a_row_is_claimed_by_one_worker_only(self) -> None:
        assert self.claim("one").worker == "one"
        assert self.claim("two") is None

    def test_a_row_whose_lease_ran_out_is_taken_over_with_a_higher_fence(self) -> None:
        first = self.claim("one")
        self.lose_lease()
        second = self.claim("two")
        assert (second.worker, second.fence, second.attempts) == ("two", first.fence + 1, 2)

    def test_the_worker_that_lost_its_row_can_write_nothing(self) -> None:
        first = self.claim("one")
        self.lose_lease()
        self.claim("two")
        for forbidden in (lambda: jobs.write(first, total=5), lambda: jobs.finish(first), lambda: jobs.beat(first), lambda: jobs.give_back(first)):
            with pytest.raises(LeaseLost):
                forbidden()
        self.upload.refresh_from_db()
        assert (self.upload.total, self.upload.status, self.upload.worker) == (0, "running", "two")

    def test_a_row_that_loses_three_workers_fails_with_a_next_step(self) -> None:
        for _attempt in range(3):
            assert self.claim()
            self.lose_lease()
        assert self.claim() is None
        self.upload.refresh_from_db()
        assert self.upload.status == "failed"
        assert "3 times" in self.upload.error["cause"] and self.upload.error["next_step"]

    def test_giving_back_counts_no_attempt_and_lets_another_go_on_at_once(self) -> None:
        jobs.give_back(self.claim("one"))
        row = self.claim("two")
        assert (row.worker, row.attempts, row.fence) == ("two", 1, 2)

    def test_stopping_a_queued_row_ends_it_and_frees_what_it_held(self) -> None:
        run = Run.objects.create(project=self.project)
        assert jobs.request_cancel(run)
        run.refresh_from_db()
        assert (run.status, run.active) == ("cancelled", None)
        assert jobs.claim(Run, run.id, "one") is None

    def test_a_heartbeat_extends_the_lease_and_hears_of_a_cancel(self) -> None:
        row = self.claim()
        self.lose_lease()
        jobs.beat(row)
        assert self.claim("two") is None
        jobs.request_cancel(row)
        with pytest.raises(Cancelled):
            jobs.beat(row)

    def test_success_after_a_cancel_is_refused_and_the_row_can_still_be_ended_as_cancelled(self) -> None:
        row = self.claim()
        jobs.request_cancel(row)
        with pytest.raises(Cancelled):
            jobs.finish(row, total=3)
        jobs.finish(row, Upload.CANCELLED)
        self.upload.refresh_from_db()
        assert (self.upload.status, self.upload.total) == ("cancelled", 0)

    def test_a_cancelled_row_whose_worker_died_is_ended_by_the_next_hint(self) -> None:
        jobs.request_cancel(self.claim())
        self.lose_lease()
        assert self.claim("two") is None
        self.upload.refresh_from_db()
        assert self.upload.status == "cancelled"

    def test_a_row_is_hinted_again_only_after_two_seconds_or_when_a_hand_is_free(self) -> None:
        assert jobs.due(Upload) == [self.upload.id]
        jobs.mark_hinted(Upload, [self.upload.id])
        assert jobs.due(Upload) == []
        jobs.wake(Upload)
        assert jobs.due(Upload) == [self.upload.id]
        Upload.objects.update(hinted=Now() - timedelta(seconds=3))
        assert jobs.due(Upload) == [self.upload.id]

    def test_a_running_row_is_due_only_when_its_lease_ran_out(self) -> None:
        self.claim()
        assert jobs.due(Upload) == []
        self.lose_lease()
        assert jobs.due(Upload) == [self.upload.id]

    def test_every_kind_of_work_names_its_task(self) -> None:
        queues = {model.TASK: model.QUEUE for model in jobs.kinds()}
        assert len(queues) == len(jobs.kinds())
        assert {task for task, queue in queues.items() if queue != "io"} == {"train.run"}


@pytest.mark.django_db(transaction=True)
def test_work_waits_for_a_database_that_does_not_answer() -> None:
    answers = [OperationalError("gone away"), OperationalError("gone away"), 7]
    action = mock.Mock(side_effect=answers)
    with mock.patch.object(jobs.time, "sleep"):
        assert jobs.patiently(action) == 7
