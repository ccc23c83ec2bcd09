import json
import shutil
from unittest import mock

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from webapp.core import jobs, limits, store
from webapp.core.limits import Limit
from webapp.core.test import Cast
from webapp.images.models import Image
from webapp.serving import cache
from webapp.serving.models import Model
from webapp.serving.tests.small import coloured, published
from webapp.sharing import examples
from webapp.sharing.models import Sharing
from webapp.training.models import Run


class Shared(Cast):
    """Alice's project with a model that answers, unlisted; `self.visitor` is a browser without an account."""

    def setUp(self) -> None:
        super().setUp()
        cache.predictors.cache_clear()
        self.addCleanup(shutil.rmtree, settings.DATA / "bundle", ignore_errors=True)
        self.run_row = jobs.claim(Run, Run.objects.create(project=self.project).id, "one")
        self.model = published(self.run_row, settings.DATA / "bundle", ["赤", "緑", "青"])
        self.visitor = Client()
        self.sharing = self.set(visibility="unlisted").sharing

    def set(self, **values):
        for name, value in values.items():
            setattr(self.project, name, value)
        self.project.save()
        return self.project

    def address(self, name: str = "play", *more) -> str:
        return reverse(f"sharing:{name}", args=[self.sharing.code, *more])

    def ask(self, content: bytes = coloured("red"), name: str = "play", **headers):
        return self.visitor.post(self.address(name), {"image": SimpleUploadedFile("p.jpg", content)}, **headers)

    def tested_with(self, *images: Image) -> None:
        """Let the model have been tested with these pictures."""
        Run.objects.filter(id=self.model.run_id).update(answers=[[str(image.id), image.label.name, image.label.name, 0.9] for image in images])
        examples.candidates.cache_clear()


class PlayPageTest(Shared):
    def test_anybody_with_the_address_asks_without_an_account(self) -> None:
        page = self.ask()
        self.assertContains(page, '<p class="big-num answer-name">赤</p>')
        assert "sessionid" not in self.visitor.cookies
        board = self.ask(coloured("blue"), headers={"HX-Request": "true"}).content.decode()
        assert 'data-winner="青"' in board and "<html" not in board
        assert not Image.objects.exists()

    def test_an_answer_shows_nothing_of_the_pictures_it_learned_from_not_even_to_the_owner(self) -> None:
        image = self.image(self.cat)
        self.login(self.alice)
        for person in (self.client, self.visitor):
            board = person.post(self.address(), {"image": SimpleUploadedFile("p.jpg", coloured("red"))}, headers={"HX-Request": "true"}).content.decode()
            assert "data-answer" in board and str(image.id) not in board and "<form" not in board and "<img" not in board
        assert "<form" not in self.ask(name="embed", headers={"HX-Request": "true"}).content.decode()

    def test_each_answer_is_counted_and_what_was_no_picture_is_not(self) -> None:
        assert [self.ask(content).status_code for content in (coloured("red"), b"<html>", b"", coloured("blue"))] == [200, 415, 422, 200]
        assert Sharing.objects.get().plays == 2

    def test_only_what_is_public_may_be_found_by_searching(self) -> None:
        for visibility, found in (("unlisted", False), ("public", True)):
            self.set(visibility=visibility)
            page = self.visitor.get(self.address())
            assert (page.get("X-Robots-Tag") is None) == found and ("noindex" not in page.content.decode()) == found

    def test_the_page_tells_other_sites_what_it_is(self) -> None:
        page = self.visitor.get(self.address(), headers={"Accept-Language": "ja"}).content.decode()
        address = f"http://testserver{self.address()}"
        for line in (f'<meta property="og:url" content="{address}">', f'<meta property="og:image" content="{address}/card.png">', '<meta property="og:title" content="Animals">'):
            assert line in page
        assert '<html lang="ja"' in page and "赤, 緑, 青" in page

    def test_members_see_the_page_before_it_is_shared_and_are_told_so(self) -> None:
        self.set(visibility="private")
        self.login(self.bob)
        self.assertContains(self.client.get(self.address()), "Until you share it")
        assert self.visitor.get(self.address()).status_code == 404

    def test_an_ai_that_has_learned_nothing_says_so(self) -> None:
        Model.objects.update(published=None)
        self.assertContains(self.visitor.get(self.address()), "has not learned anything yet")
        assert self.ask().status_code == 409 and not Sharing.objects.get().plays

    def test_its_camera_asks_by_the_short_address(self) -> None:
        for name in ("play", "embed"):
            self.assertContains(self.visitor.get(self.address(name), {"camera": ""}), f"/ws/p/{self.sharing.code}/live?top=3")

    def test_is_asked_for_in_few_queries(self) -> None:
        self.tested_with(self.image(self.cat), self.image(self.dog))
        Sharing.objects.update(shows_examples=True)
        with self.assertNumQueries(5):
            self.visitor.get(self.address())


class UnsharingTest(Shared):
    def test_ends_the_page_the_frame_and_the_pictures_with_the_next_request(self) -> None:
        image = self.image(self.cat)
        self.tested_with(image)
        Sharing.objects.update(shows_examples=True)
        addresses = [self.address(name) for name in ("play", "embed", "qr", "card")] + [self.address("example", image.id), self.address("example_thumb", image.id)]
        tags = {"HTTP_IF_NONE_MATCH": self.visitor.get(self.address("card"))["ETag"]}
        for values in ({"visibility": "private"}, {"visibility": "public", "hidden": self.project.created}):
            self.set(visibility="unlisted", hidden=None)
            assert {self.visitor.get(address).status_code for address in addresses} == {200}
            self.set(**values)
            assert {self.visitor.get(address, **tags).status_code for address in addresses} == {404}
            assert {self.ask(name=name).status_code for name in ("play", "embed")} == {404}

    def test_is_seen_at_once_because_no_cache_keeps_anything_unasked(self) -> None:
        self.tested_with(self.image(self.cat))
        Sharing.objects.update(shows_examples=True)
        image = Image.objects.get()
        for address in (self.address(), self.address("embed"), self.address("qr"), self.address("card"), self.address("example", image.id)):
            assert "no-cache" in self.visitor.get(address)["Cache-Control"]

    def test_a_new_link_ends_the_old_one(self) -> None:
        old = self.address()
        self.login(self.alice)
        self.client.post(reverse("sharing:renew", args=[self.project.id]))
        self.sharing.refresh_from_db()
        assert self.visitor.get(old).status_code == 404 and self.visitor.get(self.address()).status_code == 200


class LimitTest(Shared):
    def limited(self, **amounts: int):
        """These limits for the length of a test, counted by the hour so that no minute ends in between."""
        return mock.patch.dict(limits.LIMITS, {name: Limit(amount, 3600) for name, amount in amounts.items()})

    def test_one_address_waits_while_others_ask_on(self) -> None:
        with self.limited(ask=2):
            answers = [self.ask(), self.ask(), self.ask(), self.ask(name="embed")]
            assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
            assert all(1 <= int(answer["Retry-After"]) <= 3600 for answer in answers[2:])
            self.assertContains(answers[2], "Please wait", status_code=429)
            assert self.visitor.post(self.address(), {"image": SimpleUploadedFile("p.jpg", coloured("red"))}, REMOTE_ADDR="192.0.2.1").status_code == 200

    def test_a_forged_address_helps_nobody(self) -> None:
        with self.limited(ask=1):
            assert [self.ask(headers={"X-Forwarded-For": f"192.0.2.{number}"}).status_code for number in range(3)] == [200, 429, 429]

    def test_one_model_answers_so_many_of_all_together(self) -> None:
        with self.limited(ask_model=2):
            codes = [self.visitor.post(self.address(), {"image": SimpleUploadedFile("p.jpg", coloured("red"))}, REMOTE_ADDR=f"192.0.2.{number}").status_code for number in range(3)]
            assert codes == [200, 200, 429]

    def test_are_sixty_a_minute_from_an_address_and_six_hundred_of_a_model(self) -> None:
        assert (limits.LIMITS["ask"], limits.LIMITS["ask_model"]) == ((60, 60), (600, 60))


class ExampleTest(Shared):
    def test_are_shown_only_when_the_owner_wants_that(self) -> None:
        image = self.image(self.cat)
        self.tested_with(image)
        assert self.visitor.get(self.address("example", image.id)).status_code == 404
        self.assertNotContains(self.visitor.get(self.address()), "data-examples")
        Sharing.objects.update(shows_examples=True)
        self.assertContains(self.visitor.get(self.address()), self.address("example_thumb", image.id))
        assert b"".join(self.visitor.get(self.address("example", image.id))).startswith(b"\xff\xd8")

    def test_no_other_picture_can_be_had_this_way(self) -> None:
        tested, learned = self.image(self.cat, 1), self.image(self.cat, 2)
        self.tested_with(tested)
        Sharing.objects.update(shows_examples=True)
        Image.objects.filter(id=tested.id).update(source=Image.WEB, license="")
        visitors = self.image(self.dog, 3)
        Image.objects.filter(id=visitors.id).update(source=Image.CORRECTION)
        self.tested_with(tested, visitors)
        for image in (tested, learned, visitors):
            for name in ("example", "example_thumb"):
                assert self.visitor.get(self.address(name, image.id)).status_code == 404
            assert self.visitor.post(self.address(), {"example": image.id}).status_code == 404
            assert self.visitor.get(reverse("images:picture", args=[image.id])).status_code == 404

    def test_is_asked_about_by_its_button_without_javascript(self) -> None:
        image = self.image(self.dog)
        self.tested_with(image)
        Sharing.objects.update(shows_examples=True)
        self.assertContains(self.visitor.post(self.address(), {"example": image.id}), "data-answer")
        assert self.visitor.post(self.address(), {"example": "nonsense"}).status_code == 404
        store.delete(image.file_name)
        self.assertContains(self.visitor.post(self.address(), {"example": image.id}), "Reload the page", status_code=404)

    def test_its_answer_does_not_say_what_it_is(self) -> None:
        image = self.image(self.dog)
        self.tested_with(image)
        Sharing.objects.update(shows_examples=True)
        page = self.visitor.get(self.address()).content.decode()
        assert "犬" not in page and json.dumps("犬") not in page
