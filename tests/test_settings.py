"""Every variable is explained, and nonsense is refused with a sentence."""

import ast
import os
import re
import subprocess
import sys

import pytest

from tests.source import ROOT, is_test, name, python_files, tree

EXAMPLE = (ROOT / ".env.example").read_text()
READERS = {"text", "boolean", "integer", "words", "prices", "some_of", "folder", "mounted", "choice"}
NOT_SETTINGS = {"DJANGO_SETTINGS_MODULE", "NO_COLOR", "CI", "DATABASE", "DEBIAN_FRONTEND", "HF_HOME", "HF_ENDPOINT", "CUDA_VISIBLE_DEVICES", "PYTHONPATH"}  # other programs' conventions


def variables_read() -> set[str]:
    """Names that env.text("NAME"), os.environ["NAME"], os.environ.get("NAME") and the like read, anywhere outside tests and what travels with a model."""
    found = set()
    for path in python_files():
        if not is_test(path) and not name(path).startswith(("benchmarks/", "tests/", "webapp/bundles/carry/")):
            found |= {variable for node in ast.walk(tree(path)) if (variable := variable_of(node))}
    return {variable for variable in found if variable.isupper()} - NOT_SETTINGS


def variable_of(node: ast.AST) -> str:
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        function = ast.unparse(node.func)
        if function in ("os.environ.get", "os.getenv") or function.removeprefix("env.") in READERS:
            return str(node.args[0].value)
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ" and isinstance(node.slice, ast.Constant) and isinstance(node.ctx, ast.Load):
        return str(node.slice.value)
    return ""


def test_every_variable_that_is_read_has_a_line_in_env_example_and_the_other_way_round():
    explained = set(re.findall(r"^#([A-Z_]+)=", EXAMPLE, re.M))
    assert explained == variables_read()


def test_env_example_changes_nothing_as_it_is():
    assert not [line for line in EXAMPLE.splitlines() if line and not line.startswith("#")]


def start(tmp_path, **variables: str) -> subprocess.CompletedProcess:
    environment = os.environ | {"ENV_FILE": os.devnull, "AIMAKER_DATA": str(tmp_path)} | variables
    return subprocess.run([sys.executable, "manage.py", "diffsettings"], env=environment, cwd=ROOT, capture_output=True, text=True)


NONSENSE = {
    "PORT": "abc",
    "LIVE_PORT": "99999",
    "DEBUG": "maybe",
    "DATABASE_URL": "postgres://here/there",
    "SECRET_KEY": "short",
    "LEASE_SECONDS": "0",
    "TRUSTED_PROXIES": "-1",
    "WORKER_QUEUES": "io,paint",
    "AIMAKER_DATA": "/dev/null/aimaker",
    "STORE_FOLDER": "/nowhere/store",
    "FILES_BY": "signed",
    "BING_KEY_FILE": "/nowhere/key",
}


@pytest.mark.parametrize("variable", NONSENSE)
def test_nonsense_stops_the_start_with_one_line_that_names_the_variable(variable, tmp_path):
    result = start(tmp_path, **{variable: NONSENSE[variable]})
    assert result.returncode == 1 and result.stdout == ""
    assert re.fullmatch(rf"AI Maker cannot start\. .*{variable}.*\.\n", result.stderr)


def test_a_secret_can_be_read_from_a_file(tmp_path):
    (tmp_path / "key").write_text("key of a test, " * 4)
    assert start(tmp_path, SECRET_KEY_FILE=str(tmp_path / "key")).returncode == 0
    assert not (tmp_path / "secret_key").exists()


def test_the_secret_key_is_made_once_and_only_we_can_read_it(tmp_path):
    for _start in range(2):
        assert start(tmp_path).returncode == 0
        key = (tmp_path / "secret_key").read_text()
    assert len(key) >= 50 and key == (tmp_path / "secret_key").read_text()
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_a_file_of_settings_is_read_and_the_environment_wins_over_it(tmp_path):
    (tmp_path / "env").write_text('# a comment\nPORT=nonsense\nTRAIN_HOURS="12"\n')
    assert "PORT must be a whole number" in start(tmp_path, ENV_FILE=str(tmp_path / "env")).stderr
    assert start(tmp_path, ENV_FILE=str(tmp_path / "env"), PORT="8123").returncode == 0
