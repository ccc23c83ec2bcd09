"""What every provider has to do, whichever it is: a new one is tested here by being there. What is particular to one is tested in its folder."""

import sys

import pytest

from fixtures import stub_answers, stub_server
from webapp.collect import providers as found
from webapp.collect.providers import base
from webapp.collect.providers.base import ProviderError, Throttled, Unreachable
from webapp.core.outgoing import Response

NAMES = list(stub_answers.services())  # those that ask the network


def search(name: str, words: str = "cat", cursor: str = "") -> base.Page:
    return found.providers()[name].search(words, cursor=cursor)


def failure(name: str) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        search(name)
    assert str(caught.value).endswith(".") and "{" not in str(caught.value)
    return caught.value


def all_pages(name: str, words: str) -> list[base.Hit]:
    hits, cursor = [], ""
    while True:
        page = search(name, words, cursor)
        hits += page.hits
        if not page.next_cursor:
            return hits
        cursor = page.next_cursor


def test_the_providers_are_found_by_themselves_and_in_order():
    names = list(found.providers())
    assert [name for name in names if name in ("folder", "openverse", "commons", "brave", "serpapi", "bing")] == ["folder", "openverse", "commons", "brave", "serpapi", "bing"]
    assert sorted(names) == found.folders()


def test_a_provider_that_is_copied_into_a_folder_is_there(tmp_path, monkeypatch):
    (tmp_path / "another").mkdir()
    (tmp_path / "another" / "__init__.py").touch()
    copied = (found.import_module("webapp.collect.providers.brave.provider").__file__)
    text = open(copied).read().replace("class Brave", "class Another").replace('"brave", "Brave Search", 30', '"another", "Another", 1')
    (tmp_path / "another" / "provider.py").write_text(text)
    monkeypatch.setattr(found, "__path__", [*found.__path__, str(tmp_path)])
    found.providers.cache_clear()
    try:
        assert list(found.providers())[0] == "another"
    finally:
        found.providers.cache_clear()
        sys.modules.pop("webapp.collect.providers.another.provider")


@pytest.mark.parametrize("provider", found.providers().values(), ids=found.providers())
def test_each_provider_says_what_it_is_called_and_what_it_allows(provider, settings):
    assert provider.name and provider.title and provider.place
    assert all(hasattr(settings, name) for name in provider.needs)
    assert provider.limits or provider.name not in NAMES
    assert all(limit.amount >= 1 and limit.seconds in (base.SECOND, 60, base.DAY, base.MONTH) for limit in (*provider.limits, *provider.picture_limits))


@pytest.mark.parametrize("name", NAMES)
def test_pages_go_on_until_the_last_one_and_never_overlap(stub, name):
    stub.total = 130
    urls = [hit.url for hit in all_pages(name, "dog")]
    assert len(set(urls)) == len(urls) >= 108
    assert all(hit.page_url.startswith("http") and hit.title for hit in all_pages(name, "dog"))
    assert all_pages(name, "nothing") == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("fault", "permanent", "said"), [("401", True, "let us in"), ("403", True, ""), ("404", True, "other words"), ("500", False, "out of order"), ("html", False, "understand")])
def test_a_failure_is_a_sentence(stub, name, fault, permanent, said):
    stub.faults["search"] = fault
    error = failure(name)
    assert (error.permanent, said in str(error)) == (permanent, True)
    assert found.providers()[name].title in str(error)


@pytest.mark.parametrize("name", NAMES)
def test_a_busy_service_says_how_long_to_wait(stub, name):
    stub.faults["search"], stub.retry_after = "429", 37
    error = failure(name)
    assert isinstance(error, Throttled) and error.seconds == 37
    assert "37 seconds" in str(error)


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_of_another_shape_has_no_hits(stub, name):
    stub.faults["search"] = "shape"
    assert search(name) == base.Page([], "")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fault", ["loopback", "metadata", "endless"])
def test_a_service_cannot_send_us_elsewhere_or_fill_our_memory(stub, name, fault):
    stub.faults["search"] = fault
    assert isinstance(failure(name), Unreachable)


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_that_is_needed_and_missing_is_named_and_nothing_is_sent(stub, settings, name):
    for setting in found.providers()[name].needs:
        kept = getattr(settings, setting)
        setattr(settings, setting, "")
        assert setting in str(failure(name))
        assert name not in found.ready()
        setattr(settings, setting, kept)
    assert not stub.requests


@pytest.mark.parametrize("name", NAMES)
def test_a_service_that_nobody_can_reach_is_unreachable(settings, name):
    with stub_server.running() as gone:
        for setting, value in stub_answers.settings(gone.url).items():
            setattr(settings, setting, value)
    assert isinstance(failure(name), Unreachable)


@pytest.mark.parametrize("name", NAMES)
def test_a_key_is_never_part_of_what_a_person_reads(stub, settings, name):
    for fault in ("401", "500", "html"):
        stub.faults["search"] = fault
        assert stub_answers.KEY not in str(failure(name))


def test_hosts_of_pictures_are_asked_for_every_kind_that_is_taken(stub):
    found.providers()["commons"].picture(f"{stub.url}/pictures/thumb/cat/1.jpg", limit_bytes=10**6, timeout=5)
    assert stub.requests[-1].headers["Accept"] == "image/jpeg, image/png, image/webp, image/heic, image/avif, image/gif, */*;q=0.1"


def test_a_service_that_is_out_of_order_and_says_until_when_is_busy():
    provider = found.providers()["commons"]
    with pytest.raises(Throttled) as caught:
        provider.check_status(Response(503, {"Retry-After": "5"}, b"", "https://commons.example/"))
    assert (caught.value.seconds, caught.value.url) == (5, "https://commons.example/")
