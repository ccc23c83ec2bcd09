import pytest

from webapp.fleet.ec2_errors import LONGEST_MESSAGE, OnlyTried, meaning
from webapp.fleet.providers import Limited, NoCapacity, NotAllowed, Unreachable


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("InsufficientInstanceCapacity", 500, NoCapacity),  # Amazon sends it with 500: it is no trouble of its own
        ("Unsupported", 400, NoCapacity),
        ("VcpuLimitExceeded", 400, NoCapacity),
        ("RequestLimitExceeded", 503, Limited),
        ("IncorrectInstanceState", 400, Limited),  # told to start while it is stopping
        ("InternalError", 500, Unreachable),
        ("SomethingNew", 502, Unreachable),
        ("", 503, Unreachable),
        ("UnauthorizedOperation", 403, NotAllowed),
        ("SomethingNew", 400, NotAllowed),
        ("DryRunOperation", 412, OnlyTried),
    ],
)
def test_every_code_means_one_thing_to_the_fleet(code: str, status: int, kind: type) -> None:
    assert type(meaning(code, "as it is said", status)) is kind


def test_what_amazon_said_is_told_and_no_more_than_a_page_has_room_for() -> None:
    told = str(meaning("UnauthorizedOperation", "x" * 5000, 403))
    assert "controller-policy.json" in told and "UnauthorizedOperation" in told and len(told) < LONGEST_MESSAGE + 200


@pytest.mark.parametrize(("asked", "pause"), [("7", 7), ("", 30), ("soon", 30), ("-1", 30), ("999999", 600)])
def test_a_pause_is_as_long_as_was_asked_for_within_reason(asked: str, pause: int) -> None:
    assert meaning("Throttling", "", 400, asked).retry_after == pause
