"""Openverse is asked and understood as its contract says."""

from webapp.collect.providers.base import DAY, Page
from webapp.collect.providers.openverse.provider import Openverse

provider = Openverse()


def search(words: str = "cat", cursor: str = "") -> Page:
    return provider.search(words, cursor=cursor)


def test_it_is_asked_for_photographs_that_may_be_used_twenty_at_a_time(stub):
    page = search("cat & 猫")
    (path,) = stub.paths("/v1/images/")
    assert path == (
        "/v1/images/?q=cat+%26+%E7%8C%AB&license_type=commercial%2Cmodification&category=photograph&extension=jpg%2Cjpeg%2Cpng&mature=false&page=1&page_size=20"
    )
    assert (len(page.hits), page.next_cursor) == (20, "2")


def test_hits_carry_licence_creator_and_page(stub):
    first, second = search().hits[:2]
    assert (first.license, first.creator, first.page_url) == ("CC BY-SA 4.0", "Tim Sullivan", "https://photos.example.org/1")
    assert first.attribution == '"cat 1" by Tim Sullivan is licensed under CC BY-SA 4.0.'
    assert (second.license, second.creator, second.height) == ("CC0 1.0", "", 0)
    assert provider.addresses(first) == [f"{stub.url}/pictures/thumb/cat/1.jpg", f"{stub.url}/pictures/original/cat/1.jpg"]


def test_it_is_never_asked_for_more_than_twenty_pages(stub):
    stub.total = 10_000
    assert search(cursor="20").next_cursor == ""


def test_without_a_key_it_allows_20_searches_a_minute_and_200_a_day():
    assert provider.limits == ((20, 60), (200, DAY))
    assert provider.missing() == []
