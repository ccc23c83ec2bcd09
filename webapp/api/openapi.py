"""What OpenAPI says beyond the operations themselves."""

from webapp.api.once import LONGEST_KEY
from webapp.api.resources.shapes import ErrorOut

DESCRIPTION = """Everything the pages do, for programs.

Send `Authorization: Bearer <token>` (make a token on the account page) or `Authorization: Bearer <key>` (make a key on the page of an AI: it opens that one alone, and what its scopes say),
or the session cookie with the CSRF token in `X-CSRFToken`. Each answer to a token or key says in `X-RateLimit-Remaining` how many calls are left in this minute.
Work that takes longer than a moment answers 202 with a row: poll the address in `Location`, with `If-None-Match`.
A POST that is repeated with the same `Idempotency-Key` within 24 hours gets its first answer again.
What is not yours answers exactly as what does not exist: 404."""

KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": LONGEST_KEY},
    "description": "Repeat the request with the same key and it is done only once.",
}


def with_errors(schema: dict) -> dict:
    """Add to each operation that it may answer an error, and to each POST that it takes an Idempotency-Key."""
    schema["components"]["schemas"]["Error"] = error_schema()
    problem = {"description": "An error", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}
    for methods in schema["paths"].values():
        for method, operation in methods.items():
            operation["responses"]["default"] = problem
            if method == "post":
                operation["parameters"] = [*operation.get("parameters", []), KEY]
    return schema


def error_schema() -> dict:
    """ErrorOut with its parts in place, because components refer to each other only at the top."""
    whole = ErrorOut.model_json_schema()
    whole["properties"]["error"] = whole.pop("$defs")["ErrorBody"]
    return whole
