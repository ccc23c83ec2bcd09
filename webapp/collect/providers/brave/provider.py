"""Brave Search: pictures of the whole web, with a key. Nobody says how they are licensed; the page that each is on is kept.

Contract: the image search of api.search.brave.com. One call of at most 200 hits without a next page; a window of one second counts the calls.
"""

from django.conf import settings

from webapp.collect.providers.base import SECOND, Hit, Page, Provider, number_of, object_of, objects_of, text_of
from webapp.core.limits import Limit

MOST, LONGEST_QUERY = 200, 400


class Brave(Provider):
    name, title, place = "brave", "Brave Search", 30
    needs = ("BRAVE_KEY",)
    limits = (Limit(1, SECOND),)

    def search(self, query: str, *, cursor: str = "") -> Page:
        """All hits at once: there is no second page."""
        headers = {"X-Subscription-Token": settings.BRAVE_KEY}
        data = self.get(f"{settings.BRAVE_URL}/res/v1/images/search", self.params(query), headers)
        return Page([found for result in objects_of(data.get("results")) if (found := hit(result))])

    def params(self, query: str) -> dict:
        return {"q": query[:LONGEST_QUERY], "count": MOST, "safesearch": "strict", "spellcheck": "false"}


def hit(result: dict) -> Hit | None:
    """A result as a hit; None when it has no picture. The thumbnail comes from a host of Brave's own and is about 500 px wide."""
    original, thumbnail = object_of(result.get("properties")), object_of(result.get("thumbnail"))
    url = text_of(original.get("url")) or text_of(thumbnail.get("src"))
    if not url:
        return None
    return Hit(
        url=url,
        thumb_url=text_of(thumbnail.get("src")),
        page_url=text_of(result.get("url")),
        title=text_of(result.get("title")),
        width=number_of(original.get("width")),
        height=number_of(original.get("height")),
    )
