"""Sending again, without a server: the steps of a call are looked at one by one."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from aimaker_client import ApiError, Client, NotReached, TooMany, calls, steps
from aimaker_client.steps import Reply, Request, Wait, patiently

BUSY = Reply(429, {"retry-after": "7"}, b'{"error": {"code": "too_many", "message": "Wait.", "details": {"retry_after": 7}}}')
DONE = Reply(200, {}, b'{"items": [], "next": null}')


def replies(call, *given):
    """All steps of a call that gets these replies (or exceptions), and its result, None while it has none."""
    call, seen = patiently(call, tries=3), []
    try:
        seen.append(next(call))
        for reply in given:
            if isinstance(seen[-1], Wait):
                seen.append(call.send(Reply()))
            seen.append(call.throw(reply) if isinstance(reply, Exception) else call.send(reply))
    except StopIteration as end:
        return seen, end.value
    return seen, None


def test_a_busy_server_is_asked_again_when_it_said():
    seen, result = replies(calls.projects(), BUSY, Reply(503), DONE)
    assert [type(step) for step in seen] == [Request, Wait, Request, Wait, Request] and result == []
    assert seen[1].seconds == 7 and 1 <= seen[3].seconds <= 1.5


def test_a_date_is_a_time_to_come_back_too():
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=20))
    assert 18 <= steps.asked_wait(Reply(503, {"retry-after": soon}), 1) <= 20
    assert steps.asked_wait(Reply(503, {"retry-after": "999999"}), 1) == steps.LONGEST_WAIT
    assert steps.asked_wait(Reply(503, {"retry-after": "soon"}), 3) >= 2


def test_after_the_last_try_the_refusal_is_told():
    with pytest.raises(TooMany) as caught:
        replies(calls.projects(), BUSY, BUSY, BUSY)
    assert caught.value.retry_after == 7


def test_a_lost_connection_is_tried_again_with_the_same_key_so_that_it_counts_once():
    seen, _result = replies(calls.cancel("x"), httpx.ReadError("lost"), httpx.ConnectError("away"))
    assert len({step.headers["Idempotency-Key"] for step in seen if isinstance(step, Request)}) == 1
    with pytest.raises(NotReached):
        replies(calls.projects(), *[httpx.ReadError("lost")] * 3)


def test_other_refusals_are_not_tried_again_and_a_page_of_a_proxy_is_one_too():
    for content in (b"<html>Bad gateway</html>", b"[1]", b""):
        with pytest.raises(ApiError) as caught:
            replies(calls.projects(), Reply(502, {}, content))
        assert (caught.value.status, caught.value.code) == (502, "http_error")


def test_a_file_is_read_from_its_start_at_each_try(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff picture")
    bodies = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(request.read())
        return httpx.Response(503, headers={"Retry-After": "0"}) if len(bodies) < 3 else httpx.Response(400)

    with Client("http://server", "token", transport=httpx.MockTransport(answer)) as client, pytest.raises(ApiError):
        client.upload("x", tmp_path / "a.jpg", label="a")
    assert [body.count(b"\xff\xd8\xff picture") for body in bodies] == [1, 1, 1]
