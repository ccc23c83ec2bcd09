"""Checkpoints that travel from one machine to another through the store, which is all that they share."""

import shutil
from datetime import timedelta
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from django.conf import settings
from django.db import OperationalError
from django.db.models.functions import Now
from django.test import TransactionTestCase, override_settings

from trainer.checkpoint import Checkpoints
from trainer.config import TrainConfig
from trainer.fit import fingerprint
from trainer.manifest import Manifest, Row
from webapp.core import jobs, store
from webapp.core.errors import LeaseLost, StoreAway
from webapp.core.test import Cast
from webapp.takedown import janitor
from webapp.training import carried, journal, work
from webapp.training.carried import Carrier
from webapp.training.models import Run


class CarriedTest(TransactionTestCase):
    person, label = Cast.person, Cast.label

    def setUp(self) -> None:
        Cast.setUp(self)
        self.run_row = jobs.claim(Run, Run.objects.create(project=self.project, number=1, preset="quick", config={}, active=True).id, "one")
        self.here, self.there = (settings.DATA / "machines" / name for name in ("here", "there"))
        self.addCleanup(shutil.rmtree, settings.DATA / "machines", ignore_errors=True)
        shared = override_settings(STORE_FOLDER=settings.STORE)
        shared.enable()
        self.addCleanup(shared.disable)
        self.there.mkdir(parents=True)
        journal_of(self.here, 1)

    def save(self, folder: Path, step: int) -> None:
        Checkpoints(folder / "checkpoints", "same").save(step, {"weights": np.full(3, step)}, {"step": step})

    def newest(self, folder: Path) -> int | None:
        found = Checkpoints(folder / "checkpoints", "same").newest()
        return found[0] if found else None

    def names(self) -> set[str]:
        return {Path(name).name for name in store.walk(carried.place(self.run_row))}

    def test_what_one_machine_has_learned_another_goes_on_from(self) -> None:
        for step in (1, 2):
            self.save(self.here, step)
            Carrier(self.run_row, self.here).carry()
        carried.take_up(self.run_row, self.there)
        assert self.newest(self.there) == 2 and journal.read(self.there, after=0) == [{"epoch": 1}]
        assert self.names() == {"000002.safetensors", "000002.json", "epochs.jsonl"}

    def test_a_machine_that_is_further_itself_takes_nothing_up(self) -> None:
        self.save(self.here, 1)
        Carrier(self.run_row, self.here).carry()
        self.save(self.there, 2)
        carried.take_up(self.run_row, self.there)
        assert self.newest(self.there) == 2 and not (self.there / journal.NAME).exists()

    def test_a_checkpoint_of_which_a_file_has_not_come_yet_is_none(self) -> None:
        self.save(self.here, 1)
        Carrier(self.run_row, self.here).carry()
        store.delete(f"{carried.place(self.run_row)}/000001.json")
        carried.take_up(self.run_row, self.there)
        assert self.newest(self.there) is None

    def test_it_is_brought_now_and_then_and_not_at_every_epoch(self) -> None:
        carrier = Carrier(self.run_row, self.here)
        self.save(self.here, 1)
        carrier.carry_when_due()
        assert self.names() == set()
        carrier.rest_until = 0.0
        carrier.carry_when_due()
        self.save(self.here, 2)
        carrier.carry_when_due()
        assert "000001.json" in self.names() and "000002.json" not in self.names()

    def test_a_worker_that_was_frozen_does_not_bring_what_it_had_then(self) -> None:
        frozen = Run.objects.get()
        carrier = Carrier(frozen, self.here)
        self.save(self.here, 1)
        Run.objects.update(lease_until=Now() - timedelta(seconds=1))
        self.save(self.there, 3)
        Carrier(jobs.claim(Run, frozen.id, "two"), self.there).carry()
        carrier.rest_until = 0.0
        with pytest.raises(LeaseLost):
            carrier.carry_when_due()
        carrier.carry()  # as it does when it ends: what is further stays all the same
        assert self.names() == {"000003.safetensors", "000003.json"}

    def test_a_later_one_that_is_of_no_use_since_a_picture_was_deleted_gives_way(self) -> None:
        Checkpoints(self.there / "checkpoints", "with that picture").save(3, {}, {})
        Carrier(self.run_row, self.there).carry()
        self.save(self.here, 1)
        Carrier(self.run_row, self.here).carry()
        assert self.names() == {"000001.safetensors", "000001.json", "epochs.jsonl"}

    def test_a_run_that_the_store_or_the_database_broke_off_keeps_its_checkpoint_for_whoever_goes_on(self) -> None:
        for step, error in enumerate([StoreAway("no answer"), OperationalError(2013, "Lost connection")], 1):
            with pytest.raises(type(error)), work.folder_of(self.run_row) as folder:
                self.save(folder, step)
                raise error
            assert self.newest(folder) == step and f"{step:06d}.json" in self.names()

    def test_a_run_that_nobody_foresaw_to_break_leaves_its_checkpoint_until_it_has_ended(self) -> None:
        self.save(self.here, 1)
        Carrier(self.run_row, self.here).carry()
        with pytest.raises(ZeroDivisionError), work.folder_of(self.run_row):
            raise ZeroDivisionError
        janitor.sweep(older_than=0)
        assert "000001.json" in self.names()

    def test_a_store_that_is_away_stops_no_training(self) -> None:
        self.save(self.here, 1)
        with mock.patch.object(store, "walk", side_effect=StoreAway("away")):
            Carrier(self.run_row, self.here).carry()
            carried.take_up(self.run_row, self.there)
        assert self.newest(self.there) is None

    @override_settings(STORE_FOLDER=None, STORE_BUCKET="")
    def test_a_machine_that_is_alone_brings_nothing_anywhere(self) -> None:
        self.save(self.here, 1)
        Carrier(self.run_row, self.here).carry()
        assert self.names() == set()

    def test_what_a_run_left_in_the_store_is_swept_when_it_is_over_and_not_before(self) -> None:
        self.save(self.here, 1)
        Carrier(self.run_row, self.here).carry()
        janitor.sweep(older_than=0)
        assert "000001.json" in self.names()
        Run.objects.update(status=Run.FAILED, active=None)
        janitor.sweep(older_than=0)
        assert self.names() == set()

    def test_the_same_pictures_in_another_folder_are_the_same_training(self) -> None:
        prints = {fingerprint(TrainConfig(), Manifest(["a", "b"], [Row(f"{folder}/1.jpg", "a", "train", key="1")])) for folder in ("/here", "/there")}
        assert len(prints) == 1


def journal_of(folder: Path, epoch: int) -> None:
    folder.mkdir(parents=True)
    journal.append(folder / journal.NAME, {"epoch": epoch})
