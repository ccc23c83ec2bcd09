"""SerpApi as the stub server plays it."""

from fixtures.stub_answers import KEY, Answer, Ask, address

PATH = "/search.json"
ODD = {
    "spent": (429, {"error": "Your account has run out of searches."}),
    "error": (200, {"error": "We could not process this request."}),
}


def settings(url: str) -> dict:
    return {"SERPAPI_URL": url, "SERPAPI_KEY": KEY}


def answer(ask: Ask) -> Answer:
    words, first, count = ask.query.get("q", ""), ask.number("first", 1), ask.number("count", 35)
    if ask.query.get("api_key") != KEY:
        return 401, refusal(401)
    if ask.query.get("engine") != "bing_images" or not words or first < 1:
        return 400, refusal(400)
    results = [result(ask.base, words, number) for number in range(first, min(first + count - 1, ask.total(words)) + 1)]
    return 200, {"images_results": results} if results else {"error": "Bing hasn't returned any results for this query."}


def refusal(status: int) -> dict:
    return {"error": "Invalid API key." if status == 401 else "Refused by the stub."}


def result(base: str, words: str, number: int) -> dict:
    """One picture; every third says nothing of its size."""
    size = {} if number % 3 == 0 else {"size": "1200×800 · jpeg"}
    return size | {
        "position": number,
        "title": f"{words} {number}",
        "link": f"https://pages.example.org/{number}",
        "domain": "pages.example.org",
        "source": "pages.example.org",
        "thumbnail": address(base, "thumb", f"{words} serpapi", number),
        "original": address(base, "original", f"{words} serpapi", number),
        "cdn_original": address(base, "original", f"{words} serpapi cdn", number),
    }
