"""Wikimedia Commons as the stub server plays it."""

from fixtures.stub_answers import Answer, Ask, address

PATH = "/w/api.php"
HTML_ARTIST = '<a href="//commons.wikimedia.org/wiki/User:Jane">Jane &amp; <b>Joe</b></a>'
ODD = {"maxlag": (200, {"error": {"code": "maxlag", "info": "Waiting for a database server"}})}


def settings(url: str) -> dict:
    return {"COMMONS_URL": url}


def answer(ask: Ask) -> Answer:
    words, agent = ask.query.get("gsrsearch", "").removesuffix(" filetype:bitmap"), ask.headers.get("User-Agent", "")
    if "@" not in agent and "http" not in agent:
        return 403, {"error": "Please set a user-agent with a contact."}
    if ask.query.get("iiurlwidth") != "500":
        return 400, {"error": "Use thumbnail sizes listed on https://w.wiki/GHai"}
    if not words:
        return 200, {"error": {"code": "missingparam", "info": 'The "gsrsearch" parameter must be set.'}}
    start, limit, total = ask.number("gsroffset", 0), ask.number("gsrlimit", 10), ask.total(words)
    numbers = range(start + 1, min(start + limit, total) + 1)
    found: dict = {"batchcomplete": True, "query": {"pages": [page(ask.base, words, number) for number in reversed(numbers)]}}
    if start + limit < total:
        found["continue"] = {"gsroffset": start + limit, "continue": "gsroffset||"}
    return 200, found if numbers else {"batchcomplete": True}


def page(base: str, words: str, number: int) -> dict:
    """One page; every tenth is a drawing in SVG and every fifteenth has no information."""
    info = {
        "size": 1353326,
        "width": 3746,
        "height": 2400,
        "thumburl": address(base, "thumb", f"{words} commons", number),
        "thumbwidth": 500,
        "thumbheight": 320,
        "url": address(base, "original", f"{words} commons", number),
        "descriptionurl": f"https://commons.wikimedia.org/wiki/File:{number}.jpg",
        "descriptionshorturl": f"https://commons.wikimedia.org/w/index.php?curid={number}",
        "mime": "image/svg+xml" if number % 10 == 0 else "image/jpeg",
        "sha1": f"{number:040d}",
        "extmetadata": {
            "LicenseShortName": {"value": "CC BY-SA 4.0", "source": "commons-desc-page", "hidden": ""},
            "LicenseUrl": {"value": "https://creativecommons.org/licenses/by-sa/4.0", "source": "commons-desc-page", "hidden": ""},
            "Artist": {"value": HTML_ARTIST, "source": "commons-desc-page"},
        },
    }
    found = {"pageid": 83_000_000 + number, "ns": 6, "title": f"File:{words} {number}.jpg", "index": number, "imagerepository": "local"}
    return found if number % 15 == 0 else found | {"imageinfo": [info]}
