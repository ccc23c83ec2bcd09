import json
import logging
import subprocess
import sys

import pytest

from tests.source import ROOT
from webapp.core import logs, masks

SECRETS = {
    "token=abcdef": "token=***",
    "GET /x?api_key=abc&size=3": "GET /x?api_key=***&size=3",
    "Authorization: Bearer aim_x9x9x9x9": "Authorization: Bearer ***",
    "a key aimk_Ab-9_cdefghijk of a project": "a key *** of a project",
    "mysql://aimaker:hunter2@db/aimaker": "mysql://***@db/aimaker",
    "redis://:hunter2@cache:6379/0": "redis://***@cache:6379/0",
    '{"password": "correct horse"}': '{"password": "*** horse"}',
    "password1=correct%20horse&email=a": "password1=***&email=a",
    "Cookie: sessionid=abc123; theme=dark": "Cookie: sessionid=***; theme=dark",
    "X-Amz-Signature=abc&x=1": "X-Amz-Signature=***&x=1",
    "the key is not known": "the key is not known",
    "no token was sent": "no token was sent",
}


def written(look: str, message: str, *values: object, error: BaseException | None = None) -> str:
    record = logging.LogRecord("webapp.some", logging.WARNING, __file__, 1, message, values, error and (type(error), error, None))
    return logs.formatter(look).format(record)


@pytest.mark.parametrize("text", SECRETS)
def test_what_looks_like_a_secret_is_masked(text):
    assert masks.masked(text) == SECRETS[text]


def test_a_secret_of_this_server_is_masked_wherever_it_stands_also_in_what_is_carried(monkeypatch):
    monkeypatch.setattr(masks, "_hidden", [])
    masks.hide("swordfish-4711", "", "short")
    with logs.carrying(row="swordfish-4711"):
        line = written(logs.LINE, "a short word: %s", "xswordfish-4711x", error=ValueError("swordfish-4711"))
    assert "swordfish" not in line and "a short word: x***x" in line and "ValueError: ***" in line


def test_a_line_for_people_says_what_it_carries_and_nobodys_text_begins_a_line():
    with logs.carrying(request="r" * 16, row=""):
        line = written(logs.LINE, "name %s", "a\nERROR forged: b\x1b[2J")
    assert line == f"WARNING webapp.some: name a\\x0aERROR forged: b\\x1b[2J (request={'r' * 16})"


def test_a_line_for_programs_is_one_object():
    with logs.carrying(request="r" * 16):
        told = json.loads(written(logs.JSON, "猫 %d", 3))
    assert (told["event"], told["level"], told["logger"], told["request"]) == ("猫 3", "warning", "webapp.some", "r" * 16)
    assert {"timestamp", "pid"} < told.keys()


def test_a_child_writes_lines_like_its_parent_and_loads_no_django_for_that():
    program = "import json, logging, sys; from webapp.core import logs; logs.unpack(json.loads(sys.argv[1])); logging.getLogger('x').warning('y'); assert 'django' not in sys.modules"
    baggage = {"look": "json", "level": "INFO", "work": "INFO", "facts": {"request": "number-0815", "row": "7"}}
    child = subprocess.run([sys.executable, "-c", program, json.dumps(baggage)], capture_output=True, text=True, cwd=ROOT, check=True)
    told = json.loads(child.stderr)
    assert (told["event"], told["request"], told["row"]) == ("y", "number-0815", "7")


def test_a_child_is_told_what_this_thread_carries():
    with logs.carrying(request="number-0815"):
        told = logs.baggage()
    assert told["facts"] == {"request": "number-0815"} and told["look"] == logs.LINE
