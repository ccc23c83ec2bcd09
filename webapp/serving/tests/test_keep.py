import shutil

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from webapp.core import jobs
from webapp.core.test import Cast
from webapp.serving import cache
from webapp.serving.models import Model
from webapp.serving.tests.small import CURVE, coloured, published
from webapp.training.models import Run


class KeepTest(Cast):
    def setUp(self) -> None:
        super().setUp()
        cache.predictors.cache_clear()
        run = jobs.claim(Run, Run.objects.create(project=self.project).id, "one")
        self.addCleanup(shutil.rmtree, settings.DATA / "bundle", ignore_errors=True)
        self.model = published(run, settings.DATA / "bundle", ["red", "green", "blue"])
        Run.objects.filter(id=run.id).update(evaluation={"accuracy": 0.9, "unknown": CURVE})
        self.try_page, self.address = reverse("serving:try", args=[self.project.id]), reverse("serving:keep", args=[self.model.id])
        self.login(self.alice)

    def answer(self, colour: str) -> dict:
        return self.client.post(self.try_page, {"image": SimpleUploadedFile("p.jpg", coloured(colour))}).context["answer"]

    def test_what_is_like_nothing_it_learned_is_none_of_these_and_the_closest_is_named(self) -> None:
        assert not self.answer("red")["unknown"] and self.answer("white")["unknown"]
        page = self.client.post(self.try_page, {"image": SimpleUploadedFile("p.jpg", coloured("white"))})
        self.assertContains(page, "None of these, I think")
        self.assertContains(page, "Closest is")

    def test_the_slider_is_saved_and_counts_from_the_next_picture_on(self) -> None:
        answer = self.client.post(self.address, {"keep": "100", "next": self.try_page})
        self.assertRedirects(answer, self.try_page)
        assert Model.objects.get().keep == 1 and not self.answer("white")["unknown"]

    def test_a_page_that_stays_gets_the_sentence_alone(self) -> None:
        for keep, status, words in (("90", 200, "Saved."), ("12", 422, "Choose a share")):
            answer = self.client.post(self.address, {"keep": keep}, headers={"HX-Request": "true"})
            self.assertContains(answer, words, status_code=status)
            self.assertContains(answer, "hx-swap-oob", status_code=status)
        assert Model.objects.get().keep == 0.9

    def test_the_page_says_what_the_chosen_setting_and_every_other_one_mean(self) -> None:
        page = self.client.get(self.try_page)
        self.assertContains(page, 'value="95"')
        self.assertContains(page, "data-keep-row", len(CURVE["curve"]))
        self.assertContains(page, '<dd class="big-num" data-keep-coverage>93%</dd>', html=True)

    def test_nonsense_is_refused_with_a_sentence_and_changes_nothing(self) -> None:
        for keep in ("", "12", "101", "many"):
            page = self.client.post(self.address, {"keep": keep, "next": "//elsewhere.example"}, follow=True)
            self.assertContains(page, "Choose a share between 80 and 100 percent.")
        assert Model.objects.get().keep == 0.95

    def test_whatever_next_says_the_answer_leads_to_a_page_of_ours(self) -> None:
        home = reverse("serving:try_model", args=[self.model.id])
        for back, leads in (("/a\0b", home), ("https://elsewhere.example/", home), ("//elsewhere.example", home), ("/here", "/here")):
            answer = self.client.post(self.address, {"keep": "90", "next": back})
            assert (answer.status_code, answer["Location"]) == (302, leads)

    def test_a_stranger_cannot_turn_it(self) -> None:
        self.login(self.charlie)
        assert self.client.post(self.address, {"keep": "80"}).status_code == 404
