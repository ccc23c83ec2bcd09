"""The sample from one command to a trained AI, with real processes and no network."""

import io

import pytest
from django.core.management import CommandError, call_command

from tests.faults.house import House
from tests.machine import wait_for
from webapp.core import broker
from webapp.projects.models import Project
from webapp.serving.services import predict, published_model

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]


def test_the_demo_command_makes_an_ai_that_answers_about_its_own_pictures(house: House, settings) -> None:
    settings.REDIS_URL = house.redis.url
    house.start("dispatcher")
    house.start_worker()
    wait_for(broker.workers, 20, house.said)
    said = io.StringIO()
    call_command("demo", "--email", "ann@example.org", stdout=said)
    project = Project.objects.get(owner__email="ann@example.org")
    assert "120 pictures" in said.getvalue() and f"/projects/{project.id}/try/" in said.getvalue()
    model = published_model(project)
    assert model.accuracy > 0.6
    image = project.images.first()
    answers = predict(model=model, data=house.picture(image)).answers
    assert answers[0][0] == image.label.name and abs(sum(confidence for _label, confidence in answers) - 1) < 1e-3


def test_the_demo_command_says_what_to_do_when_nothing_runs(house: House, settings) -> None:
    settings.REDIS_URL = house.redis.url
    with pytest.raises(CommandError, match="make run"):
        call_command("demo")
    assert not Project.objects.exists()
