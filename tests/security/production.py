"""The settings of a machine that is reached by https, in a test."""

import os
import runpy
from pathlib import Path
from unittest.mock import patch

from django.test import override_settings

from tests.source import ROOT

VARIABLES = {"PUBLIC_URL": "https://ai.example.org", "ALLOWED_HOSTS": "ai.example.org", "TRUSTED_PROXIES": "1", "ENV_FILE": os.devnull}
SENT = ("SESSION_COOKIE_", "CSRF_", "SECURE_", "ALLOWED_HOSTS", "PUBLIC_URL", "HTTPS", "TRUSTED_PROXIES", "X_FRAME_OPTIONS", "CONTENT_SECURITY_POLICY")


def settings(folder: Path, **variables: str) -> dict:
    """What settings.py makes of these variables, beside those of a machine behind https; raises ImproperlyConfigured."""
    with patch.dict(os.environ, VARIABLES | {"AIMAKER_DATA": str(folder)} | variables):
        return runpy.run_path(str(ROOT / "webapp/settings.py"))


def behind_https(folder: Path) -> override_settings:
    """What decides about cookies and headers, as such a machine has it."""
    return override_settings(**{name: value for name, value in settings(folder).items() if name.startswith(SENT)})
