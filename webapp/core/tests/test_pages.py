import re
from pathlib import Path

from django.test import Client, TestCase

from webapp.core.test import Cast
from webapp.core.views import server_error

STATIC = Path(__file__).parent.parent / "static" / "core"


class FrameTests(TestCase):
    def test_the_theme_is_kept_in_a_cookie_and_on_the_page(self):
        self.assertNotContains(self.client.get("/"), "data-theme=")
        self.assertRedirects(self.client.post("/theme", {"theme": "dark", "next": "/projects/"}), "/projects/")
        self.assertContains(self.client.get("/"), '<html lang="en" data-theme="dark">')
        self.client.post("/theme", {"theme": "system"})
        self.assertNotContains(self.client.get("/"), "data-theme=")

    def test_a_theme_that_is_not_one_reaches_no_page(self):
        self.client.cookies["theme"] = '"><script>'
        self.assertNotContains(self.client.get("/"), "data-theme=")

    def test_the_way_back_leads_to_no_other_site(self):
        self.assertRedirects(self.client.post("/theme", {"theme": "dark", "next": "https://evil.example/"}), "/")

    def test_a_page_that_is_not_there_is_said_in_words_with_a_way_on(self):
        page = self.client.get("/nothing-here/")
        self.assertContains(page, "There is nothing here, or it is not yours.", status_code=404)
        self.assertContains(page, 'href="/projects/"', status_code=404)

    def test_htmx_gets_a_notice_not_a_page(self):
        self.assertNotContains(self.client.get("/nothing-here/", headers={"HX-Request": "true"}), "<html", status_code=404)

    def test_what_broke_is_said_without_asking_the_database(self):
        request = self.client.get("/").wsgi_request
        with self.assertNumQueries(0):
            self.assertContains(server_error(request), "Something broke on our side", status_code=500)

    def test_a_form_without_its_token_is_refused_in_words(self):
        page = Client(enforce_csrf_checks=True).post("/", {"labels": "cat, dog"})
        self.assertContains(page, "too old to be trusted", status_code=403)


class RefusalTests(Cast):
    def test_a_refusal_is_a_page_with_a_way_back_or_a_notice_for_htmx(self):
        self.login(self.alice)
        path = f"/projects/{self.project.id}/labels"
        page = self.client.post(path, {"labels": ""}, headers={"Referer": f"http://testserver/projects/{self.project.id}/"})
        self.assertContains(page, f'href="http://testserver/projects/{self.project.id}/"', status_code=422)
        notice = self.client.post(path, {"labels": ""}, headers={"HX-Request": "true"})
        self.assertContains(notice, 'class="notice"', status_code=422)
        self.assertNotContains(notice, "<html", status_code=422)

    def test_the_way_back_is_never_another_site(self):
        self.login(self.alice)
        page = self.client.post(f"/projects/{self.project.id}/labels", {"labels": ""}, headers={"Referer": "https://evil.example/"})
        self.assertNotContains(page, "evil.example", status_code=422)


class ColourTests(TestCase):
    """Every promised pair of colours has the contrast that WCAG 2.2 AA asks for, in both themes."""

    TEXT = [(ink, ground) for ink in ("ink", "ink-2", "ink-3", "accent") for ground in ("paper", "surface", "sunken")] + [
        ("on-accent", "accent"), ("on-accent", "accent-hover"), ("on-sun", "sun"), ("accent", "accent-soft"), ("ink-2", "accent-soft"), ("warn", "warn-soft"),
        ("ink", "warn-soft"), ("bad", "bad-soft"), ("bad", "surface"), ("paper", "ink"), ("chalk", "board"), ("chalk-2", "board"), ("chalk", "board-2"), ("chalk-2", "board-2"),
    ]
    SHAPES = [("line-strong", "paper"), ("line-strong", "surface"), ("accent", "sunken"), ("focus", "paper"), ("focus", "surface")] + [
        (f"label-{number}", ground) for number in range(1, 9) for ground in ("surface", "sunken")
    ]

    def setUp(self):
        blocks = re.split(r"prefers-color-scheme: dark|:root\[data-theme=\"dark\"\]", (STATIC / "tokens.css").read_text())
        colours = [dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", block)) for block in blocks]
        self.themes = {"light": colours[0], "dark": colours[0] | colours[1]}
        self.dark_blocks = colours[1:]

    def test_dark_by_choice_is_dark_by_system(self):
        self.assertEqual(*self.dark_blocks)

    def test_text_and_shapes_stand_out(self):
        for theme, colours in self.themes.items():
            for pairs, least in ((self.TEXT, 4.5), (self.SHAPES, 3)):
                for front, ground in pairs:
                    with self.subTest(theme=theme, front=front, ground=ground):
                        self.assertGreaterEqual(contrast(colours[front], colours[ground]), least)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours (WCAG 2.2, relative luminance)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
