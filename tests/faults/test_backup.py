"""What a backup took while a training ran goes on in another place, on another kind of database."""

from pathlib import Path

import pytest

from tests import mariadb
from tests.faults.house import House, fresh, furnished
from webapp.operate.backup import back_up
from webapp.operate.restore import restore
from webapp.serving.services import predict, published_model
from webapp.training import services
from webapp.training.models import Run

pytestmark = [pytest.mark.fault, pytest.mark.nightly, pytest.mark.timeout(300)]


def at_work(house: House) -> House:
    house.start("dispatcher")
    house.start_worker()
    return house


def test_a_backup_made_while_a_training_runs_is_restored_onto_another_database_and_goes_on(house: House, template: Path, server: mariadb.MariaDB, tmp_path: Path) -> None:
    project = at_work(house).project()
    house.wait_for_end(services.start(project=project, preset="quick", settings={"epochs": 5})[0])
    asked = house.picture(project.images.first())
    before = predict(model=published_model(project), data=asked).answers
    run = services.start(project=project, preset="accurate", settings={"epochs": 3})[0]
    house.wait_for_epoch(run, 1, 120)
    folder = back_up(tmp_path, with_files=True, say=lambda line: None)
    house.wait_for_end(run)
    url = f"{server.address}/restored"
    mariadb.load(url, server.tables)
    with furnished(template, DATABASE_URL=url) as other:
        restore(folder, say=lambda line: None)
        assert fresh(run).status == Run.RUNNING and predict(model=published_model(project), data=asked).answers == before
        at_work(other).wait_for_end(run)
        assert fresh(run).status == Run.READY and fresh(run).epoch_rows.count() == 3
        other.check()
