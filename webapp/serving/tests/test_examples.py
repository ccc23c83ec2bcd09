"""An answer beside the training pictures that look most like the one that was asked about."""

import shutil
from unittest import mock

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from trainer.pixels import decode
from webapp.accounts.services import create_token
from webapp.api.answers import address
from webapp.core import jobs
from webapp.core.test import Cast
from webapp.images import vectors
from webapp.images.models import Embedding, Image
from webapp.review.models import Step
from webapp.serving.tests.small import coloured, published
from webapp.similar import building
from webapp.training.models import Run


class ExamplesTest(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.red = [self.shade(self.cat, colour) for colour in ("#f00", "#e00", "#d00")]
        self.green = [self.shade(self.dog, colour) for colour in ("#0f0", "#0e0")]
        self.unlearned = self.shade(self.cat, "#fe0101")
        snapshot = [[str(image.id), image.label.name, "train"] for image in self.red + self.green] + [[str(self.unlearned.id), "猫", "val"]]
        run = jobs.claim(Run, Run.objects.create(project=self.project, preset="quick", snapshot=snapshot).id, "one")
        self.model = published(run, settings.DATA / "examples", ["猫", "犬"])
        self.addCleanup(shutil.rmtree, settings.DATA / "examples")

    def shade(self, label, colour: str) -> Image:
        """A picture of one colour, with its real vector."""
        content = coloured(colour)
        image = Image.objects.create(project=self.project, label=label, sha256=f"{colour:0>64}", width=40, height=40, size_bytes=len(content))
        Embedding.objects.create(image=image, vector=vectors.embed([decode(content)])[0])
        return image

    def ask(self, **headers: str):
        return self.client.post(reverse("serving:try", args=[self.project.id]), {"image": SimpleUploadedFile("a.jpg", coloured("#fe0101"))}, headers=headers)

    def test_the_answer_shows_what_was_learned_and_looks_most_like_it(self) -> None:
        self.login(self.bob)
        page = self.ask(**{"HX-Request": "true"})
        assert {near.image for near in page.context["neighbours"]} == set(self.red)
        self.assertContains(page, f'value="move {self.red[0].id} {self.dog.id}"')
        self.assertNotContains(page, f'value="move {self.red[0].id} {self.cat.id}"')

    def test_a_wrong_label_is_put_right_from_there_and_undo_takes_that_back(self) -> None:
        self.login(self.alice)
        place = reverse("serving:try", args=[self.project.id])
        page = self.client.post(reverse("review:change", args=[self.project.id]), {"one": f"move {self.red[0].id} {self.dog.id}", "next": place}, follow=True)
        self.assertRedirects(page, place)
        assert Image.objects.get(id=self.red[0].id).label == self.dog
        self.client.post(f"{reverse('review:undo', args=[self.project.id])}?step={Step.objects.get().id}")
        assert Image.objects.get(id=self.red[0].id).label == self.cat

    def test_programs_get_neighbours_when_they_ask_for_them_and_not_otherwise(self) -> None:
        token = create_token(user=self.alice, name="robot")[1]
        for place in (address("predict_by_project", self.project.id, "project_id"), address("predict_by_model", self.model.id, "model_id")):
            plain, near = (self.client.post(place + query, coloured("#fe0101"), "image/jpeg", headers={"Authorization": f"Bearer {token}"}).json() for query in ("", "?neighbours=2"))
            assert "neighbours" not in plain and [row["label"] for row in near["neighbours"]] == ["猫", "猫"]
            assert near["neighbours"][0]["thumb_url"].startswith("/images/")

    def test_an_answer_is_not_lost_because_the_pictures_are_not_searchable_yet(self) -> None:
        token = create_token(user=self.alice, name="robot")[1]
        self.login(self.bob)
        with mock.patch.object(building, "FEW", 3):
            page = self.ask(**{"HX-Request": "true"})
            self.assertContains(page, "猫")
            assert page.context["neighbours"] == []
            place = address("predict_by_model", self.model.id, "model_id") + "?neighbours=3"
            said = self.client.post(place, coloured("#fe0101"), "image/jpeg", headers={"Authorization": f"Bearer {token}"})
        assert said.status_code == 200 and said.json()["neighbours"] == [] and said.json()["predictions"][0]["label"] == "猫"

    def test_who_may_ask_a_shared_ai_sees_none_of_its_pictures(self) -> None:
        self.project.visibility = "public"
        self.project.save()
        place = reverse("sharing:play", args=[self.project.sharing.code])
        self.login(self.charlie)
        answer = self.client.post(place, {"image": SimpleUploadedFile("a.jpg", coloured("#fe0101"))}, headers={"HX-Request": "true"})
        self.assertContains(answer, "猫")
        self.assertNotContains(answer, "data-example")
        assert not any(str(image.id) in answer.content.decode() for image in self.red)
