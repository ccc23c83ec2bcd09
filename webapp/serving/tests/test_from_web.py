"""A picture by its address on the web, for the page that asks."""

import shutil
from unittest import mock

from django.conf import settings
from django.test import override_settings
from django.urls import reverse

from fixtures import stub_server
from webapp.core import jobs, limits
from webapp.core.limits import Limit
from webapp.core.test import Cast
from webapp.serving.tests.small import published
from webapp.training.models import Run


@override_settings(OUTGOING_ALLOW=["127.0.0.1/32"])
class FromWebTest(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.web = self.enterContext(stub_server.running())
        self.picture = f"{self.web.url}/pictures/original/cat/1.jpg"
        self.bring = reverse("serving:bring", args=[self.project.id])
        self.login(self.alice)

    def test_it_comes_as_it_is_and_no_browser_takes_it_for_a_page(self) -> None:
        answer = self.client.post(self.bring, {"url": self.picture})
        assert (answer.status_code, answer["Content-Type"], answer["X-Content-Type-Options"]) == (200, "image/jpeg", "nosniff")
        assert answer.content.startswith(b"\xff\xd8") and "sandbox" in answer["Content-Security-Policy"]

    def test_a_page_a_missing_picture_and_an_inner_address_are_refused_with_a_sentence(self) -> None:
        for url, status, words in ((f"{self.web.url}/nothing", 422, "no picture at this address"), ("http://169.254.169.254/a.jpg", 422, "could not be fetched"), ("", 422, "Type the address")):
            self.assertContains(self.client.post(self.bring, {"url": url}), words, status_code=status)
        self.web.faults["picture"] = "html"
        self.assertContains(self.client.post(self.bring, {"url": self.picture}), "is a page, and no picture", status_code=415)

    def test_without_javascript_the_form_asks_about_it(self) -> None:
        run = jobs.claim(Run, Run.objects.create(project=self.project).id, "one")
        self.addCleanup(shutil.rmtree, settings.DATA / "bundle", ignore_errors=True)
        published(run, settings.DATA / "bundle", ["red", "green", "blue"])
        page = self.client.post(reverse("serving:try", args=[self.project.id]), {"url": self.picture})
        assert len(page.context["answer"]["bars"]) == 3

    def test_somebody_who_fetches_a_lot_has_to_wait(self) -> None:
        with mock.patch.dict(limits.LIMITS, predict_url=Limit(1, limits.HOUR)):
            answers = [self.client.post(self.bring, {"url": self.picture}) for _time in range(2)]
        assert [answer.status_code for answer in answers] == [200, 429] and int(answers[1]["Retry-After"]) > 0
