import json
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.private_redis import Redis
from webapp.core import broker, jobs
from webapp.core.test import Cast
from webapp.ingest.models import Upload
from webapp.takedown.models import Sweep
from webapp.training.models import Run
from worker import dispatcher


@pytest.fixture(scope="class")
def server():
    server = Redis().start()
    yield server
    server.end()


@pytest.mark.usefixtures("server")
class DispatcherTest(Cast):
    @pytest.fixture(autouse=True)
    def connect(self, server: Redis, settings) -> None:
        self.server = server
        settings.REDIS_URL = server.url
        broker.client(server.url).flushall()
        dispatcher._swept[:] = [timezone.now().date()]  # today's sweep is ordered already

    def hints(self, queue: str) -> list[list]:
        """Arguments of the hints that lie in a queue, oldest first."""
        messages = broker.client(self.server.url).lrange(queue, 0, -1)[::-1]
        return [[json.loads(message)["headers"]["task"], json.loads(message)["headers"]["argsrepr"]] for message in messages]

    def test_waiting_rows_are_hinted_on_the_queue_of_their_kind_and_not_again_at_once(self) -> None:
        upload = Upload.objects.create(project=self.project)
        run = Run.objects.create(project=self.project)
        for _look in range(3):
            assert dispatcher.look("") == ""
        assert self.hints("io") == [["ingest.run", f"['{upload.id}']"]]
        assert self.hints("train") == [["train.run", f"['{run.id}']"]]

    def test_a_sweep_is_ordered_once_a_day_whoever_dispatches(self) -> None:
        for swept in ([], [timezone.now().date() - timedelta(days=1)]):
            dispatcher._swept[:] = swept
            assert dispatcher.look("") == ""
        sweep = Sweep.objects.get()
        assert sweep.day == timezone.now().date() and self.hints("io") == [["takedown.sweep", f"['{sweep.id}']"]]

    def test_rows_that_are_at_work_or_ended_are_not_hinted(self) -> None:
        running, ended = (Upload.objects.create(project=self.project) for _number in range(2))
        jobs.claim(Upload, running.id, "one")
        jobs.request_cancel(ended)
        dispatcher.look("")
        assert self.hints("io") == []

    def test_hints_do_not_pile_up_while_no_worker_takes_them(self) -> None:
        Upload.objects.create(project=self.project)
        broker.client(self.server.url).rpush("io", *["x"] * dispatcher.ENOUGH)
        assert dispatcher.dispatch(Upload) == 0
        assert broker.waiting("io") == dispatcher.ENOUGH

    def test_a_redis_that_is_gone_loses_no_row_and_is_told_once(self) -> None:
        upload = Upload.objects.create(project=self.project)
        self.server.kill()
        with self.assertLogs("worker.dispatcher") as logs:
            trouble = dispatcher.look("")
            assert trouble == dispatcher.look(trouble) != ""
        assert len(logs.output) == 1 and "Redis" in trouble
        self.server.start()
        assert dispatcher.look(trouble) == ""
        assert self.hints("io") == [["ingest.run", f"['{upload.id}']"]]

    def test_a_look_at_nothing_costs_one_query_for_each_kind_and_one_each_for_instant_models_and_corrections_at_rest(self) -> None:
        # Rows at rest are not yet work, so that the question for what waits does not find them; those for them read an index without entries.
        with self.assertNumQueries(len(jobs.kinds()) + 2):
            dispatcher.look("")
