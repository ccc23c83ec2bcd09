"""Test settings: every test process has a data folder of its own, and no test can reach anything but loopback."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import django
import pytest
from django.conf import settings

from tests import databases

os.environ["ENV_FILE"] = os.devnull  # a test depends on nobody's own settings
_first = os.environ.get("AIMAKER_DATA") if "PYTEST_XDIST_WORKER" in os.environ else None  # the folder of the process that started us
os.environ["AIMAKER_DATA"] = tempfile.mkdtemp(prefix="aimaker-test-")
if _first:  # making the embedder takes ten seconds: all share the first one's
    Path(_first, "cache").mkdir(exist_ok=True)
    Path(os.environ["AIMAKER_DATA"], "cache").symlink_to(Path(_first, "cache"))
_owner = os.getpid()  # a forked child must not clear away the folder of its parent
atexit.register(lambda folder: os.getpid() == _owner and shutil.rmtree(folder, ignore_errors=True), os.environ["AIMAKER_DATA"])
databases.choose()
os.environ["OUTGOING_ALLOW"] = "127.0.0.1/32"
os.environ["COLLECT_CONTACT"] = "tests@example.org"
os.environ["STATIC_HASHES"] = "0"  # pages name static files plainly, so that tests need no collectstatic
# Named here and not in pyproject.toml: from there pytest-django would read the settings before the lines above.
os.environ["DJANGO_SETTINGS_MODULE"] = "webapp.settings"
django.setup()
if Path(os.environ["AIMAKER_DATA"]) != settings.DATA:
    raise RuntimeError("the settings were read before this test process had a data folder of its own: unset DJANGO_SETTINGS_MODULE")
if start := settings.DATABASES["default"].get("OPTIONS", {}).get("init_command", ""):  # a test is one long transaction, also while it computes
    settings.DATABASES["default"]["OPTIONS"]["init_command"] = start.replace("idle_transaction_timeout=30", "idle_transaction_timeout=300")
# The cast has three people in each test, and a password is hashed slowly on purpose. test_security.py looks at the real list.
settings.USAGE_SECONDS = 0  # tests write down what they counted themselves: a thread would meet their transactions
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Processes that run tests beside one another read their settings themselves.

    With this variable inherited, pytest-django would read them before this file runs there, and all of them would work in the folder of the first.
    """
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
