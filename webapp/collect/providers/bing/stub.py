"""A gateway of the Image Search v7 protocol as the stub server plays it."""

from fixtures.stub_answers import KEY, Answer, Ask, address

PATH = "/v7.0/images/search"
MOST = 150
CODES = {401: "InvalidAuthorization", 403: "RateLimitExceeded", 429: "RateLimitExceeded", 500: "ServerError"}


def settings(url: str) -> dict:
    return {"BING_ENDPOINT": url, "BING_KEY": KEY}


def answer(ask: Ask) -> Answer:
    words, offset, count = ask.query.get("q", ""), ask.number("offset", 0), ask.number("count", 35)
    if ask.headers.get("Ocp-Apim-Subscription-Key") != KEY:
        return 401, refusal(401)
    if not words or count > MOST:
        return 400, refusal(400)
    total = ask.total(words)
    numbers = range(offset + 1, min(offset + count, total) + 1)
    return 200, {
        "_type": "Images",
        "readLink": f"images/search?q={words}",
        "queryContext": {"originalQuery": words},
        "totalEstimatedMatches": total,
        "nextOffset": offset + count,
        "currentOffset": offset,
        "value": [value(ask.base, words, number) for number in numbers],
    }


def refusal(status: int) -> dict:
    return {"_type": "ErrorResponse", "errors": [{"code": CODES.get(status, "InvalidRequest"), "message": "Refused by the stub."}]}


def value(base: str, words: str, number: int) -> dict:
    """One picture; the thumbnail of every fourth is too small to learn from."""
    side = 120 if number % 4 == 0 else 474
    return {
        "name": f"{words} {number}",
        "thumbnailUrl": address(base, "thumb", f"{words} bing", number),
        "thumbnail": {"width": side, "height": side},
        "datePublished": "2014-11-02T12:00:00.0000000Z",
        "isFamilyFriendly": True,
        "creativeCommons": "PublicNoRightsReserved",
        "contentUrl": address(base, "original", f"{words} bing", number),
        "hostPageUrl": f"http://contoso.example/{number}",
        "contentSize": "171202 B",
        "encodingFormat": "jpeg",
        "width": 996,
        "height": 1500,
        "imageId": f"1A8B199F1D3ED20462C904A1F5353C57{number:08d}",
        "accentColor": "6F5C5F",
    }
