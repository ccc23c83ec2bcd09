from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from django.db import OperationalError
from django.utils import timezone

from webapp.accounts.models import User
from webapp.core import jobs
from webapp.fleet.models import Controller, Machine
from webapp.projects.models import Project
from webapp.training.models import Run
from worker import signs

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path, settings) -> Path:
    settings.DATA = tmp_path
    return tmp_path / "signs"


def given(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def test_a_machine_without_a_controller_and_without_work_gives_no_sign(folder: Path) -> None:
    signs.give("i-1")
    assert given(folder) == set()


def test_a_controller_that_sees_the_machines_is_a_sign_and_one_that_only_lives_is_none(folder: Path) -> None:
    Controller.objects.create(lease_until=timezone.now() + timedelta(seconds=90))
    signs.give("i-1")
    assert given(folder) == set()
    Controller.objects.update(looked=timezone.now() - timedelta(seconds=100))
    signs.give("i-1")
    assert given(folder) == {"controller"}
    (folder / "controller").unlink()
    Controller.objects.update(looked=timezone.now() - timedelta(seconds=130))
    signs.give("i-1")
    assert given(folder) == set()


def test_a_machine_that_is_to_go_gets_no_sign_of_its_controller(folder: Path, settings) -> None:
    settings.WORKER_NAME = "i-1"
    Controller.objects.create(looked=timezone.now())
    Machine.objects.create(instance_id="i-1", created=timezone.now(), leaving=timezone.now())
    signs.give("i-1")
    assert given(folder) == set()


def test_work_is_a_sign_on_the_machine_that_has_it(folder: Path) -> None:
    owner = User.objects.create_user("alice@example.org", "correct horse")
    run = Run.objects.create(project=Project.objects.create(owner=owner, name="Animals"), number=1, preset="quick", config={})
    jobs.claim(Run, run.id, "i-1:42")
    signs.give("i-2")
    assert given(folder) == set()
    signs.give("i-1")
    assert given(folder) == {"work"}


def test_a_database_that_is_away_is_no_sign_and_no_end_of_the_watch(folder: Path, monkeypatch, caplog) -> None:
    left, looks = Event(), iter(range(3))

    def away(_machine: str) -> None:
        if next(looks) == 2:
            left.set()
        raise OperationalError("away")

    monkeypatch.setattr(signs, "give", away)
    monkeypatch.setattr(signs, "GIVE_EVERY", 0.0)
    monkeypatch.setattr(signs, "close_old_connections", lambda: None)  # that of this test is inside a transaction
    signs.watch(left, "i-1:42")
    assert not list(looks) and sum("dead-man" in record.message for record in caplog.records) == 1
