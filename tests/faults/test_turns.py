"""Several people and several workers, as real processes: runs go on side by side, and people take turns."""

import pytest

from tests.faults.house import House, fresh
from webapp.projects.models import Project
from webapp.training import services
from webapp.training.models import Run

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]


def start(project: Project, user=None) -> Run:
    """A run of real training that lasts for a few seconds."""
    return services.start(project=project, preset="quick", settings={"epochs": 200}, user=user)[0]


def test_two_workers_train_two_people_at_once_and_nobodys_second_run_goes_before_anothers_first(house: House) -> None:
    projects = [house.project(1000) for _number in range(3)]
    ann, bob = projects[0].owner, projects[2].owner
    first, second, others = start(projects[0], ann), start(projects[1], ann), start(projects[2], bob)
    house.start_workers(2)
    house.start("dispatcher")
    house.wait(lambda: fresh(others).epoch and fresh(first).epoch, 60)
    assert {fresh(run).status for run in (first, others)} == {Run.RUNNING} and fresh(second).status == Run.QUEUED
    assert fresh(first).worker != fresh(others).worker and fresh(first).device == "cpu"
    ended = [house.wait_for_end(run) for run in (first, others, second)]
    assert [run.status for run in ended] == [Run.READY] * 3
    assert ended[0].started < ended[1].finished and ended[1].started < ended[0].finished, "side by side"
    assert ended[2].started >= min(run.finished for run in ended[:2])
    assert not Run.objects.exclude(attempts=1, fence=1).exists()
    house.check()
