"""The Image Search v7 protocol. The public service behind it was closed in August 2025, so this is for gateways that speak it.

Contract: MicrosoftDocs/bing-docs, image search reference. What a gateway's licence allows is for whoever configures it to know.
"""

from django.conf import settings
from django.utils.translation import gettext as _

from webapp.collect.providers.base import SECOND, Hit, Page, Provider, ProviderError, Throttled, number_of, object_of, objects_of, text_of
from webapp.core.limits import Limit
from webapp.core.outgoing import Response

PAGE_SIZE = 150
LARGE_ENOUGH = 224  # pixels of a thumbnail's shorter side
PATH = "/v7.0/images/search"


class Bing(Provider):
    name, title, place = "bing", "Image Search", 50
    needs = ("BING_ENDPOINT", "BING_KEY")
    limits = (Limit(3, SECOND),)  # of the smallest plan that there was

    def search(self, query: str, *, cursor: str = "") -> Page:
        """Hits from the offset that is the cursor; the next one is what the answer says, because duplicates are left out."""
        offset = int(cursor or 0)
        data = self.get(endpoint(), self.params(query, offset), {"Ocp-Apim-Subscription-Key": settings.BING_KEY})
        hits = [hit(value) for value in objects_of(data.get("value")) if text_of(value.get("contentUrl"))]
        onward = number_of(data.get("nextOffset"))
        more = hits and offset < onward < number_of(data.get("totalEstimatedMatches"))
        return Page(hits, str(onward) if more else "")

    def params(self, query: str, offset: int) -> dict:
        return {"q": query, "count": PAGE_SIZE, "offset": offset, "safeSearch": "Strict", "imageType": "Photo"}

    def check_status(self, response: Response) -> None:
        """Raise ProviderError unless there is an answer. A success without a body is how this service slows down whom it suspects."""
        if response.status == 200 and not response.content.strip():
            raise self.throttled(response)
        if response.status == 403 and b"RateLimitExceeded" in response.content:
            raise ProviderError(_("The monthly quota of %(provider)s is used up.") % {"provider": self.title}, permanent=True)
        super().check_status(response)

    def throttled(self, response: Response, default: float = 60.0) -> Throttled:
        return super().throttled(response, default)


def endpoint() -> str:
    """The address to ask: BING_ENDPOINT, which may name only the host."""
    base = settings.BING_ENDPOINT
    return base if base.endswith("/search") else base + PATH


def hit(value: dict) -> Hit:
    thumbnail = object_of(value.get("thumbnail"))
    small = 0 < min(number_of(thumbnail.get("width")), number_of(thumbnail.get("height"))) < LARGE_ENOUGH
    return Hit(
        url=text_of(value["contentUrl"]),
        thumb_url="" if small else text_of(value.get("thumbnailUrl")),
        page_url=text_of(value.get("hostPageUrl")),
        title=text_of(value.get("name")),
        width=number_of(value.get("width")),
        height=number_of(value.get("height")),
        license=text_of(value.get("creativeCommons")),
        provider_id=text_of(value.get("imageId")),
    )
