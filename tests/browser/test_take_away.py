"""A model taken away as a person does it: what is ready comes at a press, what must be converted is asked for and stopped. Real server, real model, real Chromium."""

import zipfile

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.chromium import PHONE, PROGRAM, Visitor, chromium
from webapp.accounts.models import User
from webapp.bundles.models import Packing
from webapp.core import jobs
from webapp.projects.models import Project
from webapp.serving.tests.small import published
from webapp.training.models import Run

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (apt-get install chromium)"),
    pytest.mark.timeout(120),
    pytest.mark.django_db(transaction=True),
]


def test_a_model_is_taken_away_from_the_list_of_models(live_server, tmp_path, monkeypatch):
    owner = User.objects.create_user("alice@example.org", "correct horse", is_guest=False)
    project = Project.objects.create(owner=owner, name="Colours")
    published(jobs.claim(Run, Run.objects.create(project=project, preset="quick").id, "one"), tmp_path / "bundle", ["red", "green"])
    client = Client()
    client.force_login(owner, backend=settings.AUTHENTICATION_BACKENDS[0])
    name = settings.SESSION_COOKIE_NAME
    with chromium() as browser:
        monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright runs a loop in the thread that looks at rows here
        visitor = Visitor(browser, live_server.url, viewport=PHONE)
        visitor.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
        page = visitor.go(reverse("serving:models", args=[project.id]))
        page.get_by_role("link", name="Take Run 1 away").click()
        page.get_by_role("button", name="Make ONNX", exact=True).click()
        expect(page.get_by_text("byte by byte")).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("link", name="Download ONNX", exact=True).click()
        assert download.value.suggested_filename == "colours-run-1-onnx.zip" and "model.onnx" in zipfile.ZipFile(download.value.path()).namelist()
        page.get_by_role("button", name="Make OpenVINO").click()
        expect(page.get_by_text("Will be made in a moment")).to_be_visible()
        Packing.objects.filter(format="openvino").update(status=Packing.RUNNING, stage=Packing.CHECKING)
        expect(page.get_by_text("Holding its answers against those of this page")).to_be_visible()
        Packing.objects.filter(format="openvino").update(status=Packing.FAILED, error={"cause": "The disk is full.", "next_step": "Make room."})
        expect(page.get_by_text("The disk is full. Make room.")).to_be_visible()
        page.get_by_role("button", name="Make OpenVINO").click()
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_text("Stopped.")).to_be_visible()
        assert visitor.sideways() == 0 and visitor.complaints == []
        visitor.context.close()
