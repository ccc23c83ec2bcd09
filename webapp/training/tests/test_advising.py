import pytest

from tests.private_redis import Redis
from webapp.core import broker
from webapp.core.test import Cast
from webapp.images.models import Image
from webapp.training import advising, services, workers


class AdvisingTest(Cast):
    @pytest.fixture(autouse=True)
    def a_redis(self, settings, monkeypatch):
        server = Redis().start()
        settings.REDIS_URL = server.url
        monkeypatch.setattr(advising, "here", lambda: broker.Strength(0, 2))
        workers.presence.cache_clear()
        yield
        workers.presence.cache_clear()
        server.end()

    def auto(self) -> str:
        return services.start(project=self.project)[0].preset

    def fill(self) -> None:
        for label in (self.cat, self.dog):
            for seed in range(30):
                Image.objects.create(project=self.project, label=label, sha256=f"{label.position}-{seed}", width=9, height=9, size_bytes=9)

    def test_a_web_process_without_gpu_advises_for_the_workers_that_have_one(self) -> None:
        self.fill()
        broker.present("small:1", strength=broker.Strength(0, 64))
        broker.present("large:1", strength=broker.Strength(2, 16))
        assert (advising.machine().cores, advising.gpu_count()) == (16, 2)
        assert self.auto() == "accurate"

    def test_while_no_worker_is_there_it_advises_for_its_own_machine(self) -> None:
        self.fill()
        assert (advising.machine().cores, advising.gpu_count()) == (2, 0)
        assert self.auto() == "balanced"
