"""Openverse as the stub server plays it."""

from fixtures.stub_answers import Answer, Ask, address

PATH = "/v1/images/"
MOST, LAST_PAGE = 20, 20


def settings(url: str) -> dict:
    return {"OPENVERSE_URL": url}


def answer(ask: Ask) -> Answer:
    page, size, words = ask.number("page", 1), ask.number("page_size", 20), ask.query.get("q", "")
    if size > MOST:
        return 401, {"detail": "Page size must be at most 20 for anonymous requests."}
    if not words or page > LAST_PAGE:
        return 400, {"error": "InputError", "detail": "Invalid input given for fields.", "fields": ["q"]}
    total = ask.total(words)
    results = [result(ask.base, words, number) for number in range((page - 1) * size + 1, min(page * size, total) + 1)]
    return 200, {"result_count": total, "page_count": -(-total // size), "page_size": size, "page": page, "results": results}


def refusal(status: int) -> dict:
    return {"detail": "Request was throttled. Expected available in 37 seconds." if status == 429 else "Refused by the stub."}


def result(base: str, words: str, number: int) -> dict:
    return {
        "id": f"4bc43a04-ef46-4544-a0c1-{number:012d}",
        "title": f"{words} {number}",
        "indexed_on": "2022-08-27T17:39:48Z",
        "foreign_landing_url": f"https://photos.example.org/{number}",
        "url": address(base, "original", words, number),
        "creator": "Tim Sullivan" if number % 2 else None,
        "creator_url": None,
        "license": "by-sa" if number % 2 else "cc0",
        "license_version": "4.0" if number % 2 else "1.0",
        "license_url": "https://creativecommons.org/licenses/by-sa/4.0/",
        "provider": "stub",
        "source": "stub",
        "category": None,
        "filesize": None,
        "filetype": "jpg",
        "tags": [{"accuracy": None, "name": words, "unstable__provider": "stub"}],
        "attribution": f'"{words} {number}" by Tim Sullivan is licensed under CC BY-SA 4.0.',
        "fields_matched": ["title"],
        "mature": False,
        "height": None,
        "width": 6016,
        "thumbnail": address(base, "thumb", words, number),
        "detail_url": f"{base}/v1/images/{number}/",
        "related_url": f"{base}/v1/images/{number}/related/",
        "unstable__sensitivity": [],
    }
