"""Test settings: every test process has a data folder of its own, and no test can reach anything but loopback."""

import atexit
import os
import shutil
import tempfile

import django
from django.conf import settings

os.environ["ENV_FILE"] = os.devnull  # a test depends on nobody's own settings
os.environ["AIMAKER_DATA"] = tempfile.mkdtemp(prefix="aimaker-test-")
_owner = os.getpid()  # a forked child must not clear away the folder of its parent
atexit.register(lambda folder: os.getpid() == _owner and shutil.rmtree(folder, ignore_errors=True), os.environ["AIMAKER_DATA"])
os.environ["OUTGOING_ALLOW"] = "127.0.0.1/32"
os.environ["COLLECT_CONTACT"] = "tests@example.org"
os.environ["STATIC_HASHES"] = "0"  # pages name static files plainly, so that tests need no collectstatic
# Named here and not in pyproject.toml: from there pytest-django would read the settings before the lines above.
os.environ["DJANGO_SETTINGS_MODULE"] = "webapp.settings"
django.setup()
# The cast has three people in each test, and a password is hashed slowly on purpose. test_security.py looks at the real list.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]
