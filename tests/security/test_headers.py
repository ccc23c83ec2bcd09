"""The rules by which Mozilla's Observatory judges a site, asked of real answers behind https (S17). That http leads to https: `tests/test_nginx.py`."""

import tempfile
from pathlib import Path

from django.test import Client
from django.urls import reverse

from tests.security.production import behind_https
from webapp.core.test import Cast

BEST = 140  # an A+ begins at 100
HALF_A_YEAR, A_YEAR = 15768000, 31536000
PAGES = ("/", "/status/", "/gallery/", "/accounts/login/", "/nothing")


def score(answer, cookies) -> int:
    """Points of one answer: 100, less what is missing, and more for what is done beyond the needful."""
    return 100 + of_policy(answer) + of_cookies(cookies) + of_transport(answer.get("Strict-Transport-Security", "")) + of_others(answer)


def of_policy(answer) -> int:
    policy = answer.get("Content-Security-Policy", "")
    if not policy:
        return -25
    framing = 5 if "frame-ancestors 'none'" in policy else -20 if "X-Frame-Options" not in answer else 0
    return framing + (-20 if "unsafe-" in policy else 10 if "default-src 'none'" in policy else 0)


def of_cookies(cookies) -> int:
    if any(not cookie["secure"] for cookie in cookies.values()):
        return -40
    return 5 if cookies["sessionid"]["httponly"] and all(cookie["samesite"] in ("Lax", "Strict") for cookie in cookies.values()) else -30


def of_transport(header: str) -> int:
    seconds = int(header.partition("max-age=")[2].partition(";")[0] or 0)
    if seconds < HALF_A_YEAR:
        return -20 if not seconds else -10
    return 5 if seconds >= A_YEAR and "includeSubDomains" in header and "preload" in header else 0


def of_others(answer) -> int:
    points = 0 if answer.get("X-Content-Type-Options") == "nosniff" else -5
    points += 5 if answer.get("Referrer-Policy") in ("no-referrer", "same-origin", "strict-origin") else 0
    points += 10 if answer.get("Cross-Origin-Resource-Policy") in ("same-origin", "same-site") else 0
    return points - (50 if answer.get("Access-Control-Allow-Origin") == "*" else 0)


class Observatory(Cast):
    def setUp(self) -> None:
        super().setUp()
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.enterContext(behind_https(Path(folder)))
        self.browser = Client(headers={"Host": "ai.example.org", "X-Forwarded-Proto": "https", "Referer": "https://ai.example.org/"})
        self.browser.get(reverse("account_login"))
        self.browser.post(reverse("projects:front"), {"labels": "a, b"})

    def test_gives_its_best_mark_to_pages_of_every_kind(self) -> None:
        self.assertEqual(set(self.browser.cookies), {"sessionid", "csrftoken"})
        for path in PAGES:
            answer = self.browser.get(path)
            with self.subTest(path):
                self.assertIn(answer.status_code, (200, 404))
                self.assertEqual(score(answer, self.browser.cookies), BEST)

    def test_notices_what_is_missing(self) -> None:
        answer = self.browser.get("/")
        for name, points in (("Content-Security-Policy", 100), ("Strict-Transport-Security", 115), ("X-Content-Type-Options", 135), ("Cross-Origin-Resource-Policy", 130)):
            value = answer.headers[name]
            del answer.headers[name]
            with self.subTest(name):
                self.assertEqual(score(answer, self.browser.cookies), points)
            answer.headers[name] = value
