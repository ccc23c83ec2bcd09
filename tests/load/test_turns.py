"""L4: many people order many trainings at once."""

import pytest

from tests.faults.counts import count
from tests.faults.house import House
from tests.faults.measured import measured
from webapp.core.test import Cast
from webapp.projects.models import Project
from webapp.training import services
from webapp.training.models import Run

pytestmark = [pytest.mark.nightly, pytest.mark.fault, pytest.mark.timeout(2600)]

PEOPLE, EACH = count("PEOPLE", 3, 10), count("RUNS_EACH", 3, 10)
MOST_TURNS = 2  # that one may have had while somebody waits for the first


def test_everybody_has_a_training_before_anybody_has_a_third(house: House) -> None:
    firsts = [house.project(5) for _person in range(PEOPLE)]
    for first in firsts:  # one after the other, as if each had pressed all at once
        order(first, EACH)
    house.start("dispatcher")
    house.start_workers(2)
    house.wait(lambda: not Run.objects.filter(active=True).exists(), 2400)
    runs = list(Run.objects.order_by("started", "id").values_list("started_by", "status", "started"))
    assert len(runs) == PEOPLE * EACH and {status for _person, status, _started in runs} == {Run.READY}
    turns = dict.fromkeys((person for person, _status, _started in runs), 0)
    for person, _status, _started in runs:
        turns[person] += 1
        assert turns[person] <= MOST_TURNS or min(turns.values()) >= 1, "somebody had a third training while another waited for the first"
    measured("L4", f"seconds from the first to the last start of {len(runs)} trainings of {PEOPLE} people", (runs[-1][2] - runs[0][2]).total_seconds())
    house.check()


def order(first: Project, many: int) -> None:
    """So many trainings of one person, each of a project of its own, all with the same pictures."""
    for number in range(many):
        project = first if number == 0 else copy(first)
        services.start(project=project, preset="quick", settings={"epochs": 5}, user=first.owner)


def copy(first: Project) -> Project:
    """A project of the same person with the same pictures."""
    project = Project.objects.create(owner=first.owner, name="Animals too")
    cast = Cast()
    cast.project = project
    for position, label in enumerate(first.labels.order_by("position")):
        own = cast.label(label.name)
        for seed in range(first.images.filter(label=label).count()):
            cast.image(own, seed + position)
    return project
