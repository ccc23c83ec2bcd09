"""What whoever runs the site looks at: whether everything works, and the machines that come and go. Real Chromium, wide and on a phone, in both languages."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.chromium import PHONE, PROGRAM, Visitor, chromium
from webapp.accounts.models import User
from webapp.fleet import events
from webapp.fleet.models import Controller, Event, Machine, Stretch

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (apt-get install chromium)"),
    pytest.mark.timeout(240),
]


def test_a_guest_reads_whether_everything_works(visitor):
    page = visitor.go("/status/")
    expect(page.get_by_role("heading", name="Everything works")).to_be_visible(timeout=60_000)  # its worker may still be coming
    visitor.photograph("23-status")
    phone = Visitor(visitor.browser, visitor.address, viewport=PHONE, locale="ja-JP")
    expect(phone.go("/status/").get_by_role("heading", name="すべて動いています")).to_be_visible()
    assert phone.sideways() == visitor.sideways() == 0 and phone.complaints == visitor.complaints == []
    phone.photograph("status-phone")
    phone.context.close()


@pytest.mark.django_db(transaction=True)
def test_the_machines_are_stopped_by_a_press_and_kept_by_another(live_server, settings, monkeypatch):
    settings.FLEET_PROVIDER, settings.FLEET_BUDGET, settings.FLEET_MOST, settings.FLEET_DISK = "pretend", 100, 3, 0
    a_fleet()
    with chromium() as browser:
        monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright runs a loop in the thread that looks at rows here
        visitor = Visitor(browser, live_server.url)
        visitor.context.add_cookies([admin(live_server.url)])
        page = visitor.go("/fleet/")
        expect(page.get_by_text("Spent this month: 1.03 of 100")).to_be_visible()
        visitor.photograph("24-machines")
        page.get_by_role("button", name="Stop i-0a1").click()
        expect(page.get_by_text("A person wants it off.", exact=True)).to_be_visible()
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_text("A person wants it off.", exact=True)).to_have_count(0)
        page.set_viewport_size(PHONE)
        assert visitor.sideways() == 0 and visitor.complaints == []
        visitor.photograph("machines-phone")
        visitor.context.close()


def a_fleet() -> None:
    """A machine at work, one that is on its way and one that has stopped."""
    now = timezone.now()
    Controller.objects.create(looked=now, thoughts={"actions": [{"why": "coming", "facts": {}}]})
    for number, (state, kind, minutes) in enumerate(((Machine.RUNNING, "g4dn.xlarge", 70), (Machine.STARTING, "g4dn.xlarge", 1), (Machine.STOPPED, "g5.xlarge", 0)), 1):
        at = now - timedelta(minutes=90 - 30 * number)
        machine = Machine.objects.create(instance_id=f"i-0a{number}", type=kind, zone="eu-central-1a", state=state, created=at, seen=now, busy=now if number == 1 else None)
        Event.objects.create(kind=events.CREATE, at=at, machine=machine, facts={"why": "work"})
        if minutes:
            Stretch.objects.create(machine=machine, price=0.87, began=now - timedelta(minutes=minutes))


def admin(address: str) -> dict:
    """The cookie of whoever runs the site."""
    client = Client()
    client.force_login(User.objects.create_user("admin@example.org", "correct horse", is_guest=False, is_staff=True), backend=settings.AUTHENTICATION_BACKENDS[0])
    return {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value, "url": address}
