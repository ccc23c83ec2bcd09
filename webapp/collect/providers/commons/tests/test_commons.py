"""Wikimedia Commons is asked and understood as its contract says."""

import pytest

from webapp.collect.providers.base import Page, ProviderError
from webapp.collect.providers.commons.provider import Commons

provider = Commons()


def search(words: str = "cat", cursor: str = "") -> Page:
    return provider.search(words, cursor=cursor)


def failure() -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        search()
    return caught.value


def test_it_is_asked_with_a_contact_for_bitmaps_of_500_pixels(stub):
    page = search("cat")
    path, headers, _when = stub.requests[0]
    assert path == (
        "/w/api.php?action=query&format=json&formatversion=2&generator=search&gsrsearch=cat+filetype%3Abitmap&gsrnamespace=6&gsrlimit=50&gsroffset=0&prop=imageinfo"
        "&iiprop=url%7Csize%7Cmime%7Csha1%7Cextmetadata&iiurlwidth=500"
        "&iiextmetadatafilter=LicenseShortName%7CLicenseUrl%7CArtist%7CCredit%7CAttributionRequired%7CUsageTerms%7CRestrictions&iiextmetadatalanguage=en&maxlag=5"
    )
    assert headers["User-Agent"].startswith("AIMaker/1.0 (tests@example.org)")
    assert page.next_cursor == "50"


def test_hits_are_in_order_without_html_and_without_what_is_no_picture(stub):
    hits = search().hits
    numbers = [int(hit.provider_id) - 83_000_000 for hit in hits]
    assert numbers == [n for n in range(1, 51) if n % 10 and n % 15]
    assert (hits[0].creator, hits[0].title) == ("Jane & Joe", "cat 1")
    assert hits[0].attribution == '"cat 1", by Jane & Joe, CC BY-SA 4.0, via Wikimedia Commons'
    assert provider.addresses(hits[0]) == [f"{stub.url}/pictures/thumb/cat%20commons/1.jpg"]


def test_an_error_is_seen_although_its_status_is_200(stub):
    stub.faults["commons"], stub.retry_after = "maxlag", 5
    assert failure().seconds == 5
    stub.faults.clear()
    with pytest.raises(ProviderError, match="other words"):
        search("")
