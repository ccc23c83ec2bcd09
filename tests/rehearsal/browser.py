"""Pages in a real Chromium: pictures that come from S3 are seen, curves are drawn, and no page breaks its own security policy."""

from tests.browser.chromium import PROGRAM, Visitor, chromium
from tests.rehearsal.journey import Journey

SHOWN = "[...document.images].filter(image => image.src && image.checkVisibility() && image.getBoundingClientRect().width)"
ALL_SEEN = f"() => {{ scrollBy(0, 400); return {SHOWN}.every(image => image.naturalWidth); }}"


def look(journey: Journey) -> str:
    """Pages in a real browser: every picture is seen, curves are drawn, nothing complains"""
    if PROGRAM is None:
        return "not looked at: Chromium is not installed"
    with chromium("--ignore-certificate-errors") as browser:
        visitor = Visitor(browser, journey.alice.address, storage_state={"cookies": cookies(journey), "origins": []})
        counts = [pictures(visitor, journey.path(path)) for path in ("", "review/", "similar/", "map/", "try/", "settings")]
        visitor.go(f"/runs/{journey.run}/").locator('[data-curve="accuracy"] canvas').wait_for()
        assert not visitor.complaints, visitor.complaints
    return f"{sum(counts)} pictures on {len(counts)} pages, curves, no complaint"


def pictures(visitor: Visitor, path: str) -> int:
    """How many pictures of a page are seen; all of them must be."""
    page = visitor.go(path)
    page.wait_for_function(ALL_SEEN, polling=100)
    return page.evaluate(f"{SHOWN}.length")


def cookies(journey: Journey) -> list[dict]:
    """The cookies of the person, as a browser keeps them."""
    host = journey.alice.http.base_url.host
    return [{"name": name, "value": value, "domain": host, "path": "/", "secure": True, "httpOnly": False, "sameSite": "Lax", "expires": -1} for name, value in journey.alice.http.cookies.items()]
