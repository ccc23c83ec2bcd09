"""The number of a request, its line in the log, and what is counted of it: through the application as gunicorn calls it."""

import re
from io import BytesIO
from unittest.mock import patch

from django.test import TestCase, override_settings

from webapp.core import access, tracing
from webapp.wsgi import application


def ask(path: str, **environ: str) -> tuple[str, dict, bytes]:
    """Status, headers and body that gunicorn would send."""
    said = {}
    asked = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "testserver", "SERVER_PORT": "80", "HTTP_HOST": "localhost", "wsgi.input": BytesIO(), "wsgi.url_scheme": "http"}
    body = b"".join(application(asked | environ, lambda status, headers, *_: said.update(status=status, headers=dict(headers))))
    return said["status"], said["headers"], body


class Lines:
    """Lines of the log that are written past `logging`."""

    def __enter__(self) -> list[str]:
        self.lines: list[str] = []
        self.patches = [patch.object(access.os, "write", lambda _to, data: self.lines.append(data.decode())), override_settings(LOG_REQUESTS=True, LOG_FORMAT="json")]
        for each in self.patches:
            each.__enter__()
        return self.lines

    def __exit__(self, *_exc) -> None:
        for each in reversed(self.patches):
            each.__exit__(None, None, None)


class Numbers(TestCase):
    def test_every_answer_tells_the_number_of_its_request(self):
        first, second = (ask("/healthz")[1][tracing.HEADER] for _ in range(2))
        assert re.fullmatch("[0-9a-f]{16}", first) and first != second

    def test_a_well_formed_number_is_taken_and_any_other_is_replaced(self):
        assert ask("/healthz", HTTP_X_REQUEST_ID="from-the-proxy.42")[1][tracing.HEADER] == "from-the-proxy.42"
        for bad in ("short", "x" * 65, "two words of it", "a\r\nSet-Cookie: b=c", '"};alert(1)', "ünicode-number"):
            assert re.fullmatch("[0-9a-f]{16}", ask("/healthz", HTTP_X_REQUEST_ID=bad)[1][tracing.HEADER])

    def test_a_page_that_says_what_went_wrong_shows_the_number(self):
        status, _headers, body = ask("/nowhere/", HTTP_X_REQUEST_ID="number-0815")
        assert status.startswith("404") and b"number-0815" in body
