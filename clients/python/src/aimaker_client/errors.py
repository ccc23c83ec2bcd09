"""What can go wrong, as exceptions; every one of them is an AiMakerError."""

from collections.abc import Mapping
from typing import Any


class AiMakerError(Exception):
    """Anything that this package raises by itself."""


class NotReached(AiMakerError):
    """The server did not answer, also not when it was asked again."""


class TimedOut(AiMakerError):
    """Something was waited for as long as was said, and goes on. `row` is its latest state."""

    def __init__(self, message: str, row: Any):
        super().__init__(message)
        self.row = row


class Failed(AiMakerError):
    """An upload, a collection or a run ended without success; the message says why, and what to do next. `row` has the rest."""

    def __init__(self, message: str, row: Any):
        super().__init__(message)
        self.row = row


class ApiError(AiMakerError):
    """The server refused: `code` is for programs, `message` a sentence for people, `details` depend on the code."""

    def __init__(self, status: int, code: str, message: str, details: Mapping[str, Any] | None = None):
        super().__init__(f"{message} ({status} {code})")
        self.status, self.code, self.message, self.details = status, code, message, dict(details or {})


class NotAuthenticated(ApiError):
    """The token is missing, unknown or revoked."""


class NotFound(ApiError):
    """It is not there, or not yours; the server answers both alike."""


class TooMany(ApiError):
    """Too much in a short time, also after waiting as long as the server asked."""

    @property
    def retry_after(self) -> float:
        """Seconds after which to try again."""
        return float(self.details.get("retry_after", 60))


class Unavailable(ApiError):
    """Something that the server needs is away."""


KINDS: dict[int, type[ApiError]] = {401: NotAuthenticated, 404: NotFound, 429: TooMany, 503: Unavailable}


def refusal(status: int, body: Any) -> ApiError:
    """The error in an answer; one that does not come from AI Maker itself (a proxy's page) is called by its status."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        error = {}
    code, message = str(error.get("code", "http_error")), str(error.get("message", f"The server answered with status {status}."))
    details = error.get("details")
    return KINDS.get(status, ApiError)(status, code, message, details if isinstance(details, dict) else None)
