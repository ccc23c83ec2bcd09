"""When a worker measures, and when it lets that wait."""

import shutil
from datetime import timedelta
from unittest.mock import patch

from django.conf import settings
from django.utils import timezone

from webapp.training.models import Run
from webapp.tuning import work
from webapp.tuning.models import Tuning
from webapp.tuning.tests.rows import Measured
from worker import tuning
from worker.life import NAME


class TuningTest(Measured):
    def setUp(self) -> None:
        super().setUp()
        Tuning.objects.update(status="queued")
        self.addCleanup(shutil.rmtree, work.root(), ignore_errors=True)
        patcher = patch.object(work, "run", self.note)
        patcher.start()
        self.addCleanup(patcher.stop)
        self.busy: list[bool] = []

    def note(self, row: Tuning, *, is_busy) -> None:
        self.busy.append(is_busy())

    def run_here(self, worker: str = NAME, **lease: int) -> None:
        ends = timezone.now() + timedelta(seconds=lease.get("seconds", 60))
        Run.objects.filter(project=self.project).update(status="running", worker=worker, lease_until=ends)

    def status(self) -> str:
        return Tuning.objects.get(id=self.tuning.id).status

    def test_it_waits_while_any_worker_of_this_machine_trains(self) -> None:
        self.run_here(worker=NAME.rpartition(":")[0] + ":1")
        assert not tuning.perform(str(self.tuning.id)) and self.status() == "queued"
        self.run_here(worker="another machine:1")
        assert tuning.perform(str(self.tuning.id)) and self.busy == [False]

    def test_a_training_whose_worker_died_holds_nothing_up(self) -> None:
        self.run_here(seconds=-1)
        assert tuning.perform(str(self.tuning.id))

    def test_it_waits_while_another_worker_of_this_machine_measures(self) -> None:
        with tuning.alone(work.root()) as is_alone:
            assert is_alone and not tuning.perform(str(self.tuning.id)) and self.status() == "queued"
        assert tuning.perform(str(self.tuning.id)) and settings.DATA in work.root().parents
