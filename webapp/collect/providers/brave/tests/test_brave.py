"""Brave Search is asked and understood as its contract says."""

from fixtures import stub_answers
from webapp.collect.providers.brave.provider import Brave

provider = Brave()


def test_it_is_asked_once_with_its_key_for_all_that_it_gives(stub):
    page = provider.search("cat & 猫")
    path, headers, _when = stub.requests[0]
    assert path == "/res/v1/images/search?q=cat+%26+%E7%8C%AB&count=200&safesearch=strict&spellcheck=false"
    assert headers["X-Subscription-Token"] == stub_answers.KEY
    assert (len(page.hits), page.next_cursor) == (200, "")


def test_a_hit_names_its_page_and_is_fetched_from_the_host_of_thumbnails_first(stub):
    hit = provider.search("cat").hits[0]
    assert (hit.page_url, hit.title, hit.width, hit.license) == ("https://pages.example.org/1", "cat 1", 1920, "")
    assert provider.addresses(hit) == [f"{stub.url}/pictures/thumb/cat%20brave/1.jpg", f"{stub.url}/pictures/original/cat%20brave/1.jpg"]


def test_a_hit_whose_original_is_gone_is_its_thumbnail(stub):
    hit = provider.search("cat").hits[4]
    assert hit.url == hit.thumb_url == f"{stub.url}/pictures/thumb/cat%20brave/5.jpg"


def test_it_is_asked_at_most_once_a_second():
    assert provider.limits == ((1, 1),)
