"""Wikimedia Commons: freely licensed pictures, no key needed; it wants to know whom to write to.

Contract: the Action API. Errors come with status 200. Only some thumbnail widths are served, so the address of a thumbnail is never made up:
we ask for 500 px and take what comes. Originals are not for programs.
"""

import re
from html import unescape

from django.conf import settings
from django.utils.translation import gettext as _

from webapp.collect.providers.base import Hit, Page, Provider, ProviderError, Throttled, number_of, object_of, objects_of, text_of
from webapp.core.limits import MINUTE, Limit
from webapp.core.outgoing import Response

PAGE_SIZE = 50
WIDTH = 500
LONGEST = 5000  # characters of a value that are read
BUSY = {"maxlag", "ratelimited", "readonly"}
TAG = re.compile(r"<[^>]*>")


class Commons(Provider):
    name, title, place = "commons", "Wikimedia Commons", 20
    needs = ("COLLECT_CONTACT",)
    limits = (Limit(60, MINUTE),)  # no number is published: one after the other, and not too fast
    picture_limits = (Limit(60, MINUTE),)  # about one a second

    def search(self, query: str, *, cursor: str = "") -> Page:
        """Hits from the offset that is the cursor; the API gives them unordered, with their place in `index`."""
        data = self.get(f"{settings.COMMONS_URL}/w/api.php", self.params(query, cursor))
        pages = sorted(objects_of(object_of(data.get("query")).get("pages")), key=lambda page: number_of(page.get("index")))
        onward = object_of(data.get("continue")).get("gsroffset")
        return Page([found for page in pages if (found := hit(page))], text_of(onward))

    def addresses(self, found: Hit) -> list[str]:
        return [found.thumb_url]

    def params(self, query: str, cursor: str) -> dict:
        return {
            "action": "query",
            "format": "json",
            "formatversion": "2",
            "generator": "search",
            "gsrsearch": f"{query} filetype:bitmap",
            "gsrnamespace": "6",
            "gsrlimit": str(PAGE_SIZE),
            "gsroffset": cursor or "0",
            "prop": "imageinfo",
            "iiprop": "url|size|mime|sha1|extmetadata",
            "iiurlwidth": str(WIDTH),
            "iiextmetadatafilter": "LicenseShortName|LicenseUrl|Artist|Credit|AttributionRequired|UsageTerms|Restrictions",
            "iiextmetadatalanguage": "en",
            "maxlag": "5",
        }

    def parsed(self, response: Response) -> dict:
        """The answer, unless it is an error in a successful disguise."""
        data = super().parsed(response)
        if error := object_of(data.get("error")):
            raise self.refusal(text_of(error.get("code")), response)
        return data

    def refusal(self, code: str, response: Response) -> ProviderError:
        if code in BUSY:
            return self.throttled(response, default=5.0)
        return ProviderError(_("%(provider)s did not accept this search. Try other words.") % {"provider": self.title}, permanent=True)

    def throttled(self, response: Response, default: float = 60.0) -> Throttled:
        return super().throttled(response, default)


def hit(page: dict) -> Hit | None:
    """A page of the API as a hit; None when it has no picture that we can take."""
    info = next(iter(objects_of(page.get("imageinfo"))), {})
    if not text_of(info.get("thumburl")) or info.get("mime") not in ("image/jpeg", "image/png"):
        return None
    facts = {name: words(object_of(entry).get("value")) for name, entry in object_of(info.get("extmetadata")).items()}
    title = text_of(page.get("title")).removeprefix("File:").rpartition(".")[0]
    creator, license = facts.get("Artist") or facts.get("Credit", ""), facts.get("LicenseShortName") or facts.get("UsageTerms", "")
    return Hit(
        url=text_of(info.get("url")),
        thumb_url=text_of(info["thumburl"]),
        page_url=text_of(info.get("descriptionurl")),
        title=title,
        width=number_of(info.get("width")),
        height=number_of(info.get("height")),
        license=license,
        license_url=facts.get("LicenseUrl", ""),
        creator=creator,
        attribution=", ".join(part for part in (f'"{title}"', f"by {creator}" if creator else "", license, "via Wikimedia Commons") if part),
        provider_id=text_of(page.get("pageid")),
    )


def words(value: object) -> str:
    """Text of a piece of HTML."""
    return " ".join(unescape(TAG.sub(" ", text_of(value)[:LONGEST])).split())
