"""Brave Search as the stub server plays it."""

from fixtures.stub_answers import KEY, Answer, Ask, address

PATH = "/res/v1/images/search"
MOST = 200


def settings(url: str) -> dict:
    return {"BRAVE_URL": url, "BRAVE_KEY": KEY}


def answer(ask: Ask) -> Answer:
    words, count = ask.query.get("q", ""), ask.number("count", 50)
    if ask.headers.get("X-Subscription-Token") != KEY:
        return 401, refusal(401)
    if not words or count > MOST:
        return 422, refusal(422)
    results = [result(ask.base, words, number) for number in range(1, min(count, ask.total(words)) + 1)]
    return 200, {"type": "images", "query": {"original": words, "altered": None}, "results": results, "extra": {"might_be_offensive": False}}


def refusal(status: int) -> dict:
    return {"type": "ErrorResponse", "error": {"status": status, "code": "RATE_LIMITED" if status == 429 else "REFUSED", "detail": "Refused by the stub."}}


def result(base: str, words: str, number: int) -> dict:
    """One picture; every fifth has lost the address of its original."""
    original = {} if number % 5 == 0 else {"url": address(base, "original", f"{words} brave", number)}
    return {
        "type": "image_result",
        "title": f"{words} {number}",
        "url": f"https://pages.example.org/{number}",
        "source": "pages.example.org",
        "thumbnail": {"src": address(base, "thumb", f"{words} brave", number), "width": 500, "height": 333},
        "properties": original | {"placeholder": "", "width": 1920, "height": 1080},
        "meta_url": {"hostname": "pages.example.org"},
        "confidence": "high",
    }
