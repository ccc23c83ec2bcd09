"""The Image Search v7 protocol is asked and understood as its contract says."""

import pytest

from fixtures import stub_answers
from webapp.collect.providers.base import Page, ProviderError, Throttled
from webapp.collect.providers.bing.provider import Bing

provider = Bing()


def search(words: str = "cat", cursor: str = "") -> Page:
    return provider.search(words, cursor=cursor)


def failure() -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        search()
    return caught.value


def test_it_is_asked_with_its_key_and_goes_on_at_the_offset_it_is_told(stub):
    page = search("cat")
    path, headers, _when = stub.requests[0]
    assert path == "/v7.0/images/search?q=cat&count=150&offset=0&safeSearch=Strict&imageType=Photo"
    assert headers["Ocp-Apim-Subscription-Key"] == stub_answers.KEY
    assert page.next_cursor == "150"
    assert [bool(hit.thumb_url) for hit in page.hits[:4]] == [True, True, True, False]


def test_the_endpoint_may_be_given_in_full(stub, settings):
    settings.BING_ENDPOINT = f"{stub.url}/v7.0/images/search"
    assert search().hits


def test_a_quota_that_is_used_up_is_not_asked_again(stub):
    stub.faults["bing"] = "403"
    error = failure()
    assert error.permanent and "quota" in str(error)


def test_an_empty_success_means_too_many_requests(stub):
    stub.faults["bing"] = "empty"
    assert isinstance(failure(), Throttled)
