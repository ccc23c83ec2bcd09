"""Openverse: openly licensed pictures of many collections, no key needed.

Contract: api.openverse.org/v1 as of the WordPress/openverse repository. Anonymous use: 20 requests a minute, 200 a day, 20 hits a page, 20 pages;
thumbnails, which come from its own host, have a limit of their own.
"""

from django.conf import settings

from webapp.collect.providers.base import DAY, Hit, Page, Provider, number_of, objects_of, text_of
from webapp.core.limits import MINUTE, Limit

PAGE_SIZE, LAST_PAGE, LONGEST_QUERY = 20, 20, 200
NAMES = {"cc0": "CC0", "pdm": "Public Domain Mark"}


class Openverse(Provider):
    name, title, place = "openverse", "Openverse", 10
    limits = (Limit(20, MINUTE), Limit(200, DAY))
    picture_limits = (Limit(150, MINUTE),)

    def search(self, query: str, *, cursor: str = "") -> Page:
        """The page whose number is the cursor; its size is fixed, or pages would overlap."""
        number = int(cursor or 1)
        data = self.get(f"{settings.OPENVERSE_URL}/v1/images/", self.params(query, number))
        last = min(number_of(data.get("page_count")), LAST_PAGE)
        hits = [hit(result) for result in objects_of(data.get("results")) if text_of(result.get("url"))]
        return Page(hits, str(number + 1) if number < last else "")

    def params(self, query: str, number: int) -> dict:
        return {
            "q": query[:LONGEST_QUERY],
            "license_type": "commercial,modification",
            "category": "photograph",
            "extension": "jpg,jpeg,png",
            "mature": "false",
            "page": number,
            "page_size": PAGE_SIZE,
        }


def hit(result: dict) -> Hit:
    return Hit(
        url=text_of(result["url"]),
        thumb_url=text_of(result.get("thumbnail")),
        page_url=text_of(result.get("foreign_landing_url")),
        title=text_of(result.get("title")),
        width=number_of(result.get("width")),
        height=number_of(result.get("height")),
        license=license_name(text_of(result.get("license")), text_of(result.get("license_version"))),
        license_url=text_of(result.get("license_url")),
        creator=text_of(result.get("creator")),
        attribution=text_of(result.get("attribution")),
        provider_id=text_of(result.get("id")),
    )


def license_name(code: str, version: str) -> str:
    """by-sa, 4.0 -> CC BY-SA 4.0"""
    name = NAMES.get(code) or (f"CC {code.upper()}" if code.startswith("by") else code)
    return f"{name} {version}".strip()
