import shutil
from multiprocessing import Pipe

import pytest
from django.conf import settings

from webapp.core import jobs
from webapp.core.errors import ShuttingDown
from webapp.core.test import Cast
from webapp.training.models import Run
from webapp.training.parting import Parting


class PartingTest(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(jobs.soon_gone.clear)
        self.row = jobs.claim(Run, Run.objects.create(project=self.project, preset="quick").id, "one")
        self.folder = settings.DATA / "runs" / str(self.row.id)
        self.addCleanup(shutil.rmtree, self.folder)
        self.save(1)
        self.ours, self.child = Pipe()
        self.parting = Parting(self.row, self.folder, self.ours)

    def save(self, step: int) -> None:
        (self.folder / "checkpoints").mkdir(parents=True, exist_ok=True)
        (self.folder / "checkpoints" / f"{step:06d}.json").write_text("{}")

    def test_a_training_goes_on_as_long_as_its_machine_stays(self) -> None:
        self.parting.check()
        self.save(2)
        self.parting.check()
        assert not self.child.poll()

    def test_on_a_machine_that_is_taken_back_it_saves_once_more_and_is_broken_off_then(self) -> None:
        jobs.soon_gone.set()
        self.parting.check()
        self.parting.check()
        assert self.child.recv() == "save" and not self.child.poll()
        self.save(2)
        with pytest.raises(ShuttingDown):
            self.parting.check()
        assert "checkpoint of epoch 2" in Run.objects.get().log

    def test_a_child_that_is_gone_is_left_to_whoever_listens(self) -> None:
        self.child.close()
        jobs.soon_gone.set()
        self.parting.check()
