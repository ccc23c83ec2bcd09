import io
import json
import shutil
from uuid import uuid4

import numpy as np
from django.conf import settings
from django.test import RequestFactory, override_settings
from django.urls import reverse

from trainer.standalone.novelty import Novelty
from webapp.core import jobs, store
from webapp.core.test import Cast
from webapp.live.addresses import is_our_page, socket_origin
from webapp.live.routes import sockets
from webapp.serving.models import Model
from webapp.serving.tests.small import published
from webapp.sharing.models import new_code
from webapp.training.models import Run


class PagesTest(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.login(self.alice)
        self.address = reverse("live:project_camera", args=[self.project.id])

    def model(self, *labels: str) -> Model:
        run = jobs.claim(Run, Run.objects.create(project=self.project).id, "one")
        self.addCleanup(shutil.rmtree, settings.DATA / "bundle", ignore_errors=True)
        return published(run, settings.DATA / "bundle", list(labels))

    def test_before_the_first_model_the_page_leads_to_training_and_may_open_no_socket(self) -> None:
        page = self.client.get(self.address)
        self.assertContains(page, reverse("training:runs", args=[self.project.id]))
        assert "ws://" not in page["Content-Security-Policy"]

    def test_the_page_knows_its_socket_and_only_it_may_open_one(self) -> None:
        model = self.model("red", "green", "blue")
        page = self.client.get(self.address)
        socket = f"ws://testserver:{settings.LIVE_PORT}"
        self.assertContains(page, f'data-socket="{socket}/ws/projects/{self.project.id}/live?top=3"')
        policy = dict(part.split(" ", 1) for part in page["Content-Security-Policy"].split("; "))
        assert policy["connect-src"] == f"'self' {socket}" and policy["script-src"] == "'self'"
        assert socket not in self.client.get(reverse("serving:try_model", args=[model.id]))["Content-Security-Policy"]

    def test_a_page_takes_few_queries(self) -> None:
        model = self.model("red", "green")
        for address, count in ((self.address, 6), (reverse("live:model_camera", args=[model.id]), 5)):
            with self.subTest(address), self.assertNumQueries(count):
                self.client.get(address)

    def test_the_very_file_of_the_model_goes_to_the_browser_and_to_nobody_else(self) -> None:
        model = self.model("red", "green", "blue")
        address = reverse("live:network", args=[model.id])
        answer = self.client.get(address)
        assert answer.getvalue() == store.get(f"{model.folder}/model.onnx") and "private" in answer["Cache-Control"]
        type(self.project).objects.update(visibility="public")
        self.client.logout()
        assert self.client.get(address).status_code == 404

    def test_what_is_usual_arrives_as_the_model_knows_it(self) -> None:
        model = self.model("red", "green", "blue")
        content = self.client.get(reverse("live:familiar", args=[model.id])).content
        length = int.from_bytes(content[:4], "little")
        about, numbers = json.loads(content[4:4 + length]), np.frombuffer(content, "<f4", offset=4 + length)
        kept = Novelty.read(io.BytesIO(store.get(f"{model.folder}/novelty.npz")))
        assert about["keep"] == model.keep and [row["name"] for row in about["arrays"]] == list(Novelty.NAMES)
        assert np.array_equal(numbers, np.concatenate([getattr(kept, name).ravel() for name in Novelty.NAMES]))

    def test_an_older_model_says_that_it_knows_nothing_of_it(self) -> None:
        model = self.model("red", "green")
        Model.objects.filter(id=model.id).update(files=[name for name in model.files if name != "novelty.npz"])
        assert self.client.get(reverse("live:familiar", args=[model.id])).status_code == 204


class AddressesTest(Cast):
    def test_behind_a_proxy_sockets_have_the_address_of_the_pages(self) -> None:
        request = RequestFactory().get("/", headers={"Host": "ai.example.org"})
        with override_settings(ALLOWED_HOSTS=["ai.example.org"]):
            assert socket_origin(request) == f"ws://ai.example.org:{settings.LIVE_PORT}"
            with override_settings(HTTPS=True, PUBLIC_URL="https://ai.example.org"):
                assert socket_origin(request) == "wss://ai.example.org"

    @override_settings(PUBLIC_URL="", ALLOWED_HOSTS=["localhost", "[::1]", "pi.local"])
    def test_our_pages_are_those_of_the_same_name_at_the_same_port_or_at_that_of_the_web(self) -> None:
        web, live = settings.PORT, settings.LIVE_PORT
        ours = [(f"http://localhost:{web}", f"localhost:{live}"), ("http://pi.local", "pi.local"), (f"http://[::1]:{web}", f"[::1]:{live}")]
        others = [(f"http://localhost:{live + 1}", f"localhost:{live}"), (f"http://evil.local:{web}", f"evil.local:{live}"), (f"http://pi.local:{web}", f"localhost:{live}"),
                  ("null", "localhost"), (f"http://localhost:{web}@evil.example", f"localhost:{live}"), ("http://localhost:99999999", "localhost")]
        assert [is_our_page(*pair) for pair in ours] == [True] * len(ours)
        assert [is_our_page(*pair) for pair in others] == [False] * len(others)

    def test_sockets_are_asked_for_by_ids_and_by_the_short_addresses_of_play_pages(self) -> None:
        row = str(uuid4())
        addresses = (f"models/{row}", f"projects/{row}", f"p/{new_code()}", f"p/{row}", "models/abc")
        found = [any(pattern.pattern.match(f"ws/{address}/live") for pattern in sockets()) for address in addresses]
        assert found == [True, True, True, False, False]
