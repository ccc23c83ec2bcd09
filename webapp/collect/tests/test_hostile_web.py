"""Whatever the services and the hosts of pictures do (image-sources.md 1.7, reliability.md S8): nothing of ours is reached, and the work goes on."""

import pytest

from fixtures import stub_answers, stub_server
from webapp.accounts.models import User
from webapp.collect import downloads, search, services, work
from webapp.collect.downloads import Download
from webapp.collect.models import Collection
from webapp.collect.providers import base, providers
from webapp.collect.providers.base import Hit, Page
from webapp.collect.search import Search, Source
from webapp.core import jobs, outgoing_rules
from webapp.core.tests.servers import serving
from webapp.core.tests.test_outgoing_addresses import CRAFTED, PRIVATE_HOSTS, SCHEMES
from webapp.projects.models import Project
from webapp.projects.services import add_labels

NAMES = list(stub_answers.services())
LURES = [*(f"http://{host}/" for host in PRIVATE_HOSTS), *CRAFTED, *SCHEMES]
SEARCH_FAULTS = ["401", "403", "404", "429", "500", "empty", "html", "shape", "slow", "endless", "loopback", "metadata"]
SAID = ["let us in", "quota", "other words", "pause", "out of order", "understand", "cannot be reached"]


@pytest.fixture
def canary(monkeypatch, settings):
    """Listens on every address of this machine, at the port that counts as that of http; only the stub on 127.0.0.3 may be reached."""
    settings.OUTGOING_ALLOW = ["127.0.0.3/32"]
    with serving(host="") as server:
        monkeypatch.setitem(outgoing_rules.PORTS, "http", server.port)
        yield server


@pytest.fixture
def services_elsewhere(settings):
    with stub_server.running(host="127.0.0.3") as server:
        for name, value in stub_answers.settings(server.url).items():
            setattr(settings, name, value)
        yield server


def header(address: str) -> str:
    """The address as a header can hold it: on one line, its bytes as they are."""
    return address.replace("\r", "").replace("\n", "").encode().decode("latin-1")


def test_the_26_addresses_are_among_the_lures():
    assert len(PRIVATE_HOSTS) >= 26 and len(LURES) > 70


@pytest.mark.parametrize("name", NAMES)
def test_no_address_that_a_search_names_leads_to_us(canary, name):
    for lure in LURES:
        download = Download(providers()[name], Hit(url=lure, thumb_url=lure))
        download.fetch()
        assert download.content == b"", lure
    assert canary.connections == 0


@pytest.mark.parametrize("name", NAMES)
def test_no_redirect_of_a_picture_leads_to_us(canary, services_elsewhere, name):
    stub = services_elsewhere
    stub.faults["picture"], picture = "elsewhere", f"{stub.url}/pictures/thumb/cat/1.jpg"
    for lure in (lure for lure in LURES if "//" in lure):  # the others stay on the host that they come from
        stub.elsewhere = header(lure)
        assert downloads.Download(providers()[name], Hit(url=picture, thumb_url=picture)).content_of(picture) == b"", lure
    assert canary.connections == 0 and len(stub.paths("/pictures/")) > 60


@pytest.mark.parametrize("name", NAMES)
def test_no_redirect_of_a_search_leads_to_us(canary, services_elsewhere, name):
    services_elsewhere.faults["search"] = "elsewhere"
    for host in PRIVATE_HOSTS:
        services_elsewhere.elsewhere = header(f"http://{host}/")
        with pytest.raises(base.Unreachable):
            providers()[name].search("cat")
    assert canary.connections == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", NAMES)
def test_a_collection_that_is_lured_ends_and_has_reached_nothing(canary, services_elsewhere, monkeypatch, name):
    monkeypatch.setattr(search, "MISSES", 1000)
    services_elsewhere.lures, services_elsewhere.total = LURES, 60
    (label,) = add_labels(project=Project.objects.create(owner=User.objects.create_guest(), name="Animals"), names=["cat"])
    row = services.start(label=label, count=10, providers=[name])
    work.run(jobs.claim(Collection, row.id, "test"))
    row.refresh_from_db()
    assert (row.status, row.accepted) == ("done", 0) and row.found >= 15
    assert row.rejected == [{"reason": "unreachable", "count": row.found}]
    assert canary.connections == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fault", SEARCH_FAULTS)
def test_a_service_that_fails_says_so_and_the_next_one_is_asked(stub, monkeypatch, name, fault):
    monkeypatch.setattr(base, "SECONDS", 0.5)
    stub.faults[name], stub.retry_after = fault, 600
    faulty, sound = Source(providers()[name]), Source(Sound())
    found = Search("cat", [faulty, sound], lambda: None, 60).hits()
    assert next(found) == (sound, Hit(url="https://example.org/1.jpg"))
    assert fault == "shape" or any(words in faulty.line["error"] for words in SAID), faulty.line
    assert faulty.line["error"] is None or faulty.provider.title in faulty.line["error"]


class Sound(base.Provider):
    """A provider that always has one picture."""

    name = title = "sound"

    def search(self, query: str, *, cursor: str = "") -> Page:
        return Page([Hit(url="https://example.org/1.jpg")])
