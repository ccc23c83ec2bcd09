"""Errors that a person reads."""


class UserError(Exception):
    """Something a person asked for cannot be done; the message is a sentence that says what to do next.

    `code` is the snake_case word that the API answers with, `status` its HTTP status, `field` the field that is meant, if one is.
    """

    def __init__(self, message: str, *, code: str = "invalid", status: int = 422, field: str = "", details: dict | None = None):
        super().__init__(message)
        self.message, self.code, self.status, self.field = message, code, status, field
        self.details = details or ({"field": field} if field else {})

    def __str__(self) -> str:
        return str(self.message)


class LeaseLost(Exception):
    """Another worker has taken this row over, or it was ended; stop working and write nothing more."""


class Cancelled(Exception):
    """A person asked for this row's work to stop."""


class ShuttingDown(Exception):
    """This process was told to end; the row goes back to the queue for another worker."""


class StoreAway(Exception):
    """The bucket does not answer, or not as it should. No OSError: nothing is said about the file."""
