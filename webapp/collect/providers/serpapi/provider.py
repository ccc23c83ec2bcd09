"""SerpApi: what Bing's image search finds today, read off its pages by a service that is paid for. Nobody says how the pictures are licensed.

Contract: serpapi.com/search.json with engine=bing_images. An error may come with status 200, also the one that says that nothing was found.
"""

import re

from django.conf import settings
from django.utils.translation import gettext as _

from webapp.collect.providers.base import MONTH, Hit, Page, Provider, ProviderError, objects_of, text_of
from webapp.core.limits import Limit
from webapp.core.outgoing import Response

PAGE_SIZE, LAST_HIT = 50, 1000
NOTHING = "hasn't returned any results"
SPENT = "run out of searches"
SIZE = re.compile(r"(\d{1,6})\s*[×x]\s*(\d{1,6})")


class SerpApi(Provider):
    name, title, place = "serpapi", "Bing by SerpApi", 40
    needs = ("SERPAPI_KEY",)

    @property
    def limits(self) -> tuple[Limit, ...]:
        """What the plan has for a month."""
        return (Limit(settings.SERPAPI_SEARCHES, MONTH),)

    def search(self, query: str, *, cursor: str = "") -> Page:
        """Hits from the place that is the cursor, which counts from 1."""
        first = int(cursor or 1)
        data = self.get(f"{settings.SERPAPI_URL}/search.json", self.params(query, first))
        hits = [hit(result) for result in objects_of(data.get("images_results")) if text_of(result.get("original"))]
        onward = first + PAGE_SIZE
        return Page(hits, str(onward) if hits and onward < LAST_HIT else "")

    def params(self, query: str, first: int) -> dict:
        return {"engine": "bing_images", "q": query, "first": first, "count": PAGE_SIZE, "photo": "photo", "api_key": settings.SERPAPI_KEY}

    def check_status(self, response: Response) -> None:
        """Raise ProviderError unless there is an answer. 429 without a time to wait means that the searches of the plan are used up."""
        if response.status == 429 and SPENT.encode() in response.content:
            raise ProviderError(_("The monthly quota of %(provider)s is used up.") % {"provider": self.title}, permanent=True)
        super().check_status(response)

    def parsed(self, response: Response) -> dict:
        """The answer, unless it is an error in a successful disguise; that nothing was found is none."""
        data = super().parsed(response)
        error = text_of(data.get("error"))
        if error and NOTHING not in error:
            raise ProviderError(_("%(provider)s did not accept this search. Try other words.") % {"provider": self.title}, permanent=True)
        return data


def hit(result: dict) -> Hit:
    size = SIZE.search(text_of(result.get("size")))
    return Hit(
        url=text_of(result["original"]),
        thumb_url=text_of(result.get("thumbnail")),
        page_url=text_of(result.get("link")) or text_of(result.get("source")),
        title=text_of(result.get("title")),
        width=int(size[1]) if size else 0,
        height=int(size[2]) if size else 0,
    )
