"""Names that are markup, code or formulas are nothing but text in a real browser, on every page that shows them (S5)."""

import hashlib
from unittest.mock import patch

import pytest
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.urls import reverse

from tests.browser.chromium import PROGRAM, Visitor, chromium
from tests.security.naughty import FORMULAS, STRINGS
from webapp.api.tests import server
from webapp.ingest.models import Upload
from webapp.projects.models import Label, name_key
from webapp.training.models import Run

PAGES = (
    "images:project", "projects:settings", "review:review", "training:runs", "training:queue", "serving:try", "serving:models", "keys:keys", "answers:answers", "exports:exports", "similar:find", "similar:map",
    "live:project_camera", "instant:instant", "sharing:gallery", "projects:mine",
)  # fmt: skip
SHARED = ("sharing:play", "sharing:embed", "sharing:quiz", "sharing:remix")


@pytest.mark.browser
@pytest.mark.nightly
@pytest.mark.timeout(600)
@pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (apt-get install chromium)")
class Names(server.Served):
    """Every string is a label, as if the form had let it through, and names everything else in its turn."""

    def setUp(self) -> None:
        with patch.object(server, "WSGIHandler", lambda: StaticFilesHandler(WSGIHandler())):
            super().setUp()
        names = [string[:100] for string in STRINGS]
        Label.objects.bulk_create(Label(project=self.project, name=name, key=hashlib.sha256(name_key(name).encode() + bytes([number % 256, number // 256])).hexdigest(), position=10 + number) for number, name in enumerate(names))
        self.image(self.project.labels.get(name=names[0]))
        self.upload = Upload.objects.create(project=self.project, status="done", rejected=[{"name": name, "message": name} for name in names], total=len(names))
        Run.objects.update(name=names[1], device=names[2])
        self.project.name, self.project.description, self.project.visibility = names[0], "\n".join(names)[:2000], "public"
        self.project.save()
        self.login(self.alice)
        self.names = names

    def addresses(self) -> list[str]:
        ours = {"project_id": self.project.id}
        plain = ("training:queue", "sharing:gallery", "projects:mine")
        code = self.project.sharing.code
        return [reverse(page, kwargs={} if page in plain else ours) for page in PAGES] + [reverse(page, args=[code]) for page in SHARED] + [
            reverse("ingest:upload", args=[self.upload.id]), reverse("training:run", args=[self.model.run_id]), f"/?labels={STRINGS[0]}",
        ]  # fmt: skip

    def test_run_nowhere_and_are_shown_as_they_are(self) -> None:
        addresses, dialogs, seen = self.addresses(), [], {}
        with chromium() as browser:
            visitor = Visitor(browser, self.address)
            visitor.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": self.client.cookies[settings.SESSION_COOKIE_NAME].value, "url": self.address}])
            visitor.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
            for address in addresses:
                status = visitor.page.goto(self.address + address, wait_until="load").status
                seen[address] = (status, visitor.page.evaluate("window.__xss"), visitor.page.evaluate("[...document.querySelectorAll('base, iframe, object, math, form[action*=evil], meta[content*=evil], [onerror], [onload]')].length"))
                text = visitor.page.evaluate("document.body.innerText + [...document.querySelectorAll('input')].map(field => field.value).join('\\n')")
                if address == addresses[0]:
                    shown = sum(name.strip() in text for name in self.names)
        self.assertEqual({address: found for address, found in seen.items() if found != (200, None, 0)}, {})
        self.assertEqual((dialogs, [line for line in visitor.complaints if "Content Security Policy" in line or line.startswith("script:")]), ([], []))
        self.assertGreater(shown, 200)


class Tables(server.Served):
    def test_of_answers_begin_no_cell_with_what_a_spreadsheet_would_reckon(self) -> None:
        for number, formula in enumerate(FORMULAS):
            self.project.answers.create(model=self.model, door="page", best=formula, key=formula, confidence=1, size_bytes=number)
        self.project.answers_days = 30
        self.project.save()
        self.login(self.alice)
        answer = self.client.get(reverse("answers:csv", args=[self.project.id]))
        lines = (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode("utf-8-sig").splitlines()
        self.assertEqual((len(lines), answer["X-Content-Type-Options"]), (1 + len(FORMULAS), "nosniff"))
        cells = [cell.strip('"') for line in lines[1:] for cell in line.split(",")]
        self.assertEqual([cell for cell in cells if cell.startswith(("=", "+", "-", "@"))], [])
