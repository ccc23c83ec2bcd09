"""Which model answers, as a person changes it: one press, and Undo at the foot of the page. Real server, real models, real Chromium."""


import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.chromium import PHONE, PROGRAM, Visitor, chromium
from webapp.accounts.models import User
from webapp.core import jobs
from webapp.projects.models import Project
from webapp.serving.services import published_model
from webapp.serving.tests.small import published
from webapp.training.models import Run

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (apt-get install chromium)"),
    pytest.mark.timeout(120),
    pytest.mark.django_db(transaction=True),
]


def test_a_press_puts_a_model_in_use_and_undo_goes_back(live_server, tmp_path, monkeypatch):
    owner = User.objects.create_user("alice@example.org", "correct horse", is_guest=False)
    project = Project.objects.create(owner=owner, name="Colours")
    for number in (1, 2):
        published(jobs.claim(Run, Run.objects.create(project=project, number=number, preset="quick").id, "one"), tmp_path / str(number), ["red", "green"])
    client = Client()
    client.force_login(owner, backend=settings.AUTHENTICATION_BACKENDS[0])
    name = settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "url": live_server.url}
    with chromium() as browser:
        monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright runs a loop in the thread that looks at rows here
        visitor = Visitor(browser, live_server.url, viewport=PHONE)
        visitor.context.add_cookies([cookie])
        page = visitor.go(reverse("serving:models", args=[project.id]))
        page.get_by_role("button", name="Put Run 1 in use").click()
        expect(page.get_by_text("Run 1 answers from now on.")).to_be_visible()
        assert published_model(project).run.number == 1
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_text("Run 2 answers again.")).to_be_visible()
        assert published_model(project).run.number == 2 and visitor.sideways() == 0
        assert visitor.complaints == []
        visitor.context.close()
