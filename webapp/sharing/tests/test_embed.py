from django.test import Client
from django.urls import reverse

from webapp.serving.models import Model
from webapp.serving.tests.small import coloured
from webapp.sharing.models import Sharing
from webapp.sharing.tests.test_play import Shared


class FrameTest(Shared):
    def test_may_stand_on_any_site_and_every_other_page_on_none(self) -> None:
        frame, page = (self.visitor.get(self.address(name)) for name in ("embed", "play"))
        assert "X-Frame-Options" not in frame and page["X-Frame-Options"] == "DENY"
        policies = [dict(part.split(" ", 1) for part in answer["Content-Security-Policy"].split("; ")) for answer in (frame, page)]
        assert [policy.pop("frame-ancestors") for policy in policies] == ["*", "'none'"]
        assert policies[0] == policies[1] and policies[0]["script-src"] == "'self'"

    def test_sets_no_cookie_and_needs_no_form_token(self) -> None:
        self.visitor = Client(enforce_csrf_checks=True)
        answers = [self.visitor.get(self.address("embed")), self.ask(name="embed"), self.ask(b"<html>", name="embed")]
        assert [answer.status_code for answer in answers] == [200, 200, 415]
        assert not self.visitor.cookies and not any("csrf" in answer.content.decode().lower() for answer in answers)
        self.assertContains(answers[1], '<p class="big-num answer-name">赤</p>')
        assert self.ask().status_code == 403  # the page itself wants its token

    def test_knows_nobody_not_even_the_owner(self) -> None:
        self.login(self.alice)
        assert self.client.get(self.address("embed")).status_code == 200
        self.set(visibility="private")
        gone = self.client.get(self.address("embed"))
        self.assertContains(gone, "shared no longer", status_code=404)
        assert "frame-ancestors *" in gone["Content-Security-Policy"] and "<form" not in gone.content.decode()

    def test_is_in_the_language_of_the_visitor_and_never_found_by_searching(self) -> None:
        self.set(visibility="public")
        page = self.visitor.get(self.address("embed"), headers={"Accept-Language": "ja"})
        self.assertContains(page, '<html lang="ja">')
        assert "noindex" in page["X-Robots-Tag"]

    def test_answers_its_module_with_what_goes_on_the_board(self) -> None:
        board = self.ask(coloured("green"), name="embed", headers={"HX-Request": "true"})
        self.assertContains(board, 'data-winner="緑"')
        assert "<html" not in board.content.decode() and Sharing.objects.get().plays == 1

    def test_has_the_camera_too_and_opens_its_socket_alone(self) -> None:
        for name in ("embed", "play"):
            page = self.visitor.get(self.address(name), {"camera": ""})
            self.assertContains(page, "data-live-camera")
            assert "connect-src 'self' ws" in page["Content-Security-Policy"] and "ws" not in self.visitor.get(self.address(name))["Content-Security-Policy"]

    def test_of_an_ai_that_has_learned_nothing_says_so(self) -> None:
        Model.objects.update(published=None)
        self.assertContains(self.visitor.get(self.address("embed")), "has not learned anything yet")

    def test_that_is_too_large_is_refused_before_it_is_read(self) -> None:
        answer = self.visitor.post(self.address("embed"), b"", "multipart/form-data; boundary=x", CONTENT_LENGTH="30000000")
        self.assertContains(answer, "larger than 20 MB", status_code=413)


class ShareCardTest(Shared):
    def setUp(self) -> None:
        super().setUp()
        self.login(self.alice)
        self.page = reverse("projects:settings", args=[self.project.id])

    def save(self, **values):
        return self.client.post(reverse("sharing:share", args=[self.project.id]), values, follow=True)

    def test_shares_and_unshares_and_keeps_the_link(self) -> None:
        page = self.save(visibility="public", shows_examples="on", description="It tells colours apart.")
        self.assertContains(page, f"http://testserver{self.address()}")
        self.project.refresh_from_db()
        assert self.project.visibility == "public" and Sharing.objects.get().shows_examples and Sharing.objects.get().shared
        self.assertContains(self.visitor.get(self.address()), '<meta property="og:description" content="It tells colours apart.">')
        self.assertNotContains(self.save(visibility="private"), self.address())
        assert self.visitor.get(self.address()).status_code == 404 and not Sharing.objects.get().shows_examples
        self.assertContains(self.save(visibility="unlisted"), self.address())

    def test_gives_pictures_only_together_with_labels(self) -> None:
        self.save(visibility="public", gives_pictures="on")
        assert not Sharing.objects.get().gives_pictures
        self.save(visibility="public", gives_pictures="on", allows_remix="on")
        assert Sharing.objects.get().gives_pictures

    def test_shows_the_code_of_the_frame_as_text(self) -> None:
        self.set(name='"><script>alert(1)</script>')
        page = self.client.get(self.page)
        self.assertContains(page, f"&lt;iframe src=&quot;http://testserver{self.address('embed')}&quot;")
        self.assertNotContains(page, "<iframe")
        self.assertNotContains(page, "<script>alert")

    def test_uses_the_name_that_the_site_has_for_the_world(self) -> None:
        with self.settings(PUBLIC_URL="https://ai.example.org"):
            self.assertContains(self.client.get(self.page), f"https://ai.example.org{self.address()}")

    def test_is_for_the_owner_and_members_only_read_it(self) -> None:
        self.login(self.bob)
        assert self.save(visibility="private").status_code == 404
        self.assertContains(self.client.get(self.page), "Only the owner can change this")

    def test_refuses_what_it_does_not_offer(self) -> None:
        assert [self.save(**values).status_code for values in ({"visibility": "everything"}, {}, {"visibility": "public", "description": "a" * 2001})] == [422] * 3

    def test_a_program_that_shares_gets_a_link_too(self) -> None:
        Sharing.objects.all().delete()
        self.client.patch(f"/api/v1/projects/{self.project.id}", {"visibility": "public"}, "application/json")
        assert len(Sharing.objects.get().code) == 12 and Sharing.objects.get().shared
