"""When a host that is busy may be asked again."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from webapp.core.outgoing import LONGEST_PAUSE, Response, retry_after


def answer(status: int, **headers: str) -> Response:
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, b"", "")


@pytest.mark.parametrize(("header", "seconds"), [("7", 7), ("99999999", LONGEST_PAUSE), ("", 30), ("soon", 30), ("-1", 30), ("9" * 30, 30), ("Wed, 21 Oct 1015 07:28:00 GMT", 0), ("Wed, 21 Oct 2015 07:28:00 -0000", 0), ("Wed, 21 Oct 9999 07:28:00 GMT", LONGEST_PAUSE), ("Wed, 99 Oct 2015 07:28:00 GMT", 30)])
def test_seconds_and_dates_are_read_and_nothing_else(header, seconds):
    assert retry_after(answer(429, Retry_After=header), 30) == seconds


def test_a_date_that_is_to_come_is_waited_for():
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=50), usegmt=True)
    assert 30 < retry_after(answer(429, Retry_After=soon), 7) <= 50


def test_a_server_that_is_out_of_order_asks_for_a_pause_only_when_it_says_so():
    assert [answer(status).is_throttled for status in (200, 429, 500, 503)] == [False, True, False, False]
    assert [answer(status, Retry_After="5").is_throttled for status in (200, 429, 500, 503)] == [False, True, False, True]
