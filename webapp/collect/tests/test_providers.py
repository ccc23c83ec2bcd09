"""Each provider keeps to the contract of its service, and says every failure in a sentence."""

import pytest

from fixtures import stub_answers, stub_server
from webapp.collect import providers as found
from webapp.collect.providers import base
from webapp.collect.providers.base import ProviderError, Throttled, Unreachable

NAMES = ["openverse", "commons", "bing"]


@pytest.fixture
def stub(settings):
    with stub_server.running() as server:
        settings.OPENVERSE_URL = settings.COMMONS_URL = settings.BING_ENDPOINT = server.url
        settings.BING_KEY = stub_answers.KEY
        yield server


def search(name: str, words: str = "cat", count: int = 50, cursor: str = "") -> base.Page:
    return found.providers()[name].search(words, count=count, cursor=cursor)


def failure(name: str) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        search(name)
    assert str(caught.value).endswith(".") and "{" not in str(caught.value)
    return caught.value


def all_pages(name: str, words: str) -> list[base.Hit]:
    hits, cursor = [], ""
    while True:
        page = search(name, words, cursor=cursor)
        hits += page.hits
        if not page.next_cursor:
            return hits
        cursor = page.next_cursor


def test_the_providers_are_found_by_themselves_and_in_order():
    assert list(found.providers()) == NAMES


def test_openverse_is_asked_for_photographs_that_may_be_used_twenty_at_a_time(stub):
    page = search("openverse", "cat & 猫")
    (path,) = stub.paths("/v1/images/")
    assert path == (
        "/v1/images/?q=cat+%26+%E7%8C%AB&license_type=commercial%2Cmodification&category=photograph&extension=jpg%2Cjpeg%2Cpng&mature=false&page=1&page_size=20"
    )
    assert (len(page.hits), page.next_cursor) == (20, "2")


def test_openverse_hits_carry_licence_creator_and_page(stub):
    first, second = search("openverse").hits[:2]
    assert (first.license, first.creator, first.page_url) == ("CC BY-SA 4.0", "Tim Sullivan", "https://photos.example.org/1")
    assert first.attribution == '"cat 1" by Tim Sullivan is licensed under CC BY-SA 4.0.'
    assert (second.license, second.creator, second.height) == ("CC0 1.0", "", 0)
    assert found.providers()["openverse"].addresses(first) == [f"{stub.url}/pictures/thumb/cat/1.jpg", f"{stub.url}/pictures/original/cat/1.jpg"]


def test_commons_is_asked_with_a_contact_for_bitmaps_of_500_pixels(stub):
    page = search("commons", "cat", count=30)
    path, headers, _when = stub.requests[0]
    assert path == (
        "/w/api.php?action=query&format=json&formatversion=2&generator=search&gsrsearch=cat+filetype%3Abitmap&gsrnamespace=6&gsrlimit=30&gsroffset=0&prop=imageinfo"
        "&iiprop=url%7Csize%7Cmime%7Csha1%7Cextmetadata&iiurlwidth=500"
        "&iiextmetadatafilter=LicenseShortName%7CLicenseUrl%7CArtist%7CCredit%7CAttributionRequired%7CUsageTerms%7CRestrictions&iiextmetadatalanguage=en&maxlag=5"
    )
    assert headers["User-Agent"].startswith("AIMaker/1.0 (tests@example.org)")
    assert page.next_cursor == "30"


def test_commons_hits_are_in_order_without_html_and_without_what_is_no_picture(stub):
    hits = search("commons").hits
    numbers = [int(hit.provider_id) - 83_000_000 for hit in hits]
    assert numbers == [n for n in range(1, 51) if n % 10 and n % 15]
    assert (hits[0].creator, hits[0].title) == ("Jane & Joe", "cat 1")
    assert hits[0].attribution == '"cat 1", by Jane & Joe, CC BY-SA 4.0, via Wikimedia Commons'
    assert found.providers()["commons"].addresses(hits[0]) == [f"{stub.url}/pictures/thumb/cat%20commons/1.jpg"]


def test_bing_is_asked_with_its_key_and_goes_on_at_the_offset_it_is_told(stub):
    page = search("bing", "cat", count=500)
    path, headers, _when = stub.requests[0]
    assert path == "/v7.0/images/search?q=cat&count=150&offset=0&safeSearch=Strict&imageType=Photo"
    assert headers["Ocp-Apim-Subscription-Key"] == stub_answers.KEY
    assert page.next_cursor == "150"
    assert [bool(hit.thumb_url) for hit in page.hits[:4]] == [True, True, True, False]


def test_a_bing_endpoint_may_be_given_in_full(stub, settings):
    settings.BING_ENDPOINT = f"{stub.url}/v7.0/images/search"
    assert search("bing").hits


@pytest.mark.parametrize("name", NAMES)
def test_pages_go_on_until_the_last_one_and_never_overlap(stub, name):
    stub.total = 130
    urls = [hit.url for hit in all_pages(name, "dog")]
    assert len(set(urls)) == len(urls) >= 108
    assert all_pages(name, "nothing") == []


def test_openverse_is_never_asked_for_more_than_twenty_pages(stub):
    stub.total = 10_000
    assert search("openverse", cursor="20").next_cursor == ""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("fault", "permanent", "said"), [("401", True, "let us in"), ("404", True, "other words"), ("500", False, "out of order"), ("html", False, "understand")])
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


def test_a_quota_that_is_used_up_is_not_asked_again(stub):
    stub.faults["bing"] = "403"
    error = failure("bing")
    assert error.permanent and "quota" in str(error)


def test_an_empty_success_of_bing_means_too_many_requests(stub):
    stub.faults["bing"] = "empty"
    assert isinstance(failure("bing"), Throttled)


def test_an_error_of_commons_is_seen_although_its_status_is_200(stub):
    stub.faults["commons"], stub.retry_after = "maxlag", 5
    assert failure("commons").seconds == 5
    stub.faults.clear()
    with pytest.raises(ProviderError, match="other words"):
        search("commons", "")


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_of_another_shape_has_no_hits(stub, name):
    stub.faults["search"] = "shape"
    assert search(name) == base.Page([], "")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fault", ["loopback", "metadata", "endless"])
def test_a_service_cannot_send_us_elsewhere_or_fill_our_memory(stub, name, fault):
    stub.faults["search"] = fault
    assert isinstance(failure(name), Unreachable)


@pytest.mark.parametrize(("name", "setting"), [("commons", "COLLECT_CONTACT"), ("bing", "BING_KEY"), ("bing", "BING_ENDPOINT")])
def test_a_setting_that_is_needed_and_missing_is_named_and_nothing_is_sent(stub, settings, name, setting):
    setattr(settings, setting, "")
    assert setting in str(failure(name))
    assert not stub.requests
    assert name not in found.ready()


def test_a_service_that_nobody_can_reach_is_unreachable(settings):
    with stub_server.running() as gone:
        settings.OPENVERSE_URL = gone.url
    assert isinstance(failure("openverse"), Unreachable)


@pytest.mark.parametrize(("header", "seconds"), [("7", 7), ("", 30), ("soon", 30), ("-1", 30), ("9" * 30, 30), ("Wed, 21 Oct 2026 07:28:00 GMT", 30)])
def test_only_plain_seconds_are_read_from_retry_after(header, seconds):
    response = base.Response(429, {"Retry-After": header}, b"", "")
    assert base.retry_after(response, 30) == seconds
