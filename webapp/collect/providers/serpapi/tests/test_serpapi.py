"""SerpApi is asked and understood as its contract says."""

import pytest

from fixtures import stub_answers
from webapp.collect.providers.base import MONTH, ProviderError
from webapp.collect.providers.serpapi.provider import SerpApi

provider = SerpApi()


def failure() -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        provider.search("cat")
    return caught.value


def test_it_is_asked_for_the_photographs_of_bing_fifty_at_a_time(stub):
    page = provider.search("cat & 猫")
    asked = f"engine=bing_images&q=cat+%26+%E7%8C%AB&first=1&count=50&photo=photo&api_key={stub_answers.KEY}"
    assert stub.requests[0].path == f"/search.json?{asked}"
    assert (len(page.hits), page.next_cursor) == (50, "51")
    assert provider.search("cat", cursor="151").hits[0].title == "cat 151"


def test_a_hit_has_the_page_and_the_size_where_it_is_told(stub):
    first, _second, third = provider.search("cat").hits[:3]
    assert (first.page_url, first.width, first.height, first.license) == ("https://pages.example.org/1", 1200, 800, "")
    assert (third.width, third.height) == (0, 0)
    assert provider.addresses(first) == [f"{stub.url}/pictures/thumb/cat%20serpapi/1.jpg", f"{stub.url}/pictures/original/cat%20serpapi/1.jpg"]


def test_that_nothing_was_found_is_no_error(stub):
    assert provider.search("nothing").hits == []


def test_an_error_is_seen_although_its_status_is_200(stub):
    stub.faults["serpapi"] = "error"
    assert "other words" in str(failure())


def test_a_month_that_is_used_up_is_not_asked_again(stub):
    stub.faults["serpapi"] = "spent"
    error = failure()
    assert error.permanent and "quota" in str(error)


def test_the_searches_of_the_plan_are_counted_by_the_month(settings):
    assert provider.limits == ((250, MONTH),)
    settings.SERPAPI_SEARCHES = 5000
    assert provider.limits == ((5000, MONTH),)
