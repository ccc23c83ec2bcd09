"""How long a login takes tells nobody whether there is such an account (S15)."""

import statistics
import time
from unittest.mock import patch

import pytest
from allauth.core import ratelimit
from django.conf import settings
from django.test import Client, override_settings
from django.urls import reverse

from tests.faults.measured import measured
from webapp.core.test import Cast

TRIES = 15


@pytest.mark.nightly
@override_settings(PASSWORD_HASHERS=[name for name in settings.PASSWORD_HASHERS if "MD5" not in name], ACCOUNT_RATE_LIMITS=False)
class LoggingIn(Cast):
    """With the slow hashes of a real server."""

    def seconds(self, email: str) -> float:
        browser, began = Client(), time.process_time()  # of this process alone: others share the machine with tests
        answer = browser.post(reverse("account_login"), {"login": email, "password": "wrong horse"})
        self.assertEqual(answer.status_code, 200)
        return time.process_time() - began

    def test_takes_as_long_for_an_account_that_is_not_there(self) -> None:
        times = {email: [] for email in ("alice@example.org", "nobody@example.org")}
        with patch.object(ratelimit, "consume", return_value=True):
            for _try in range(TRIES):
                for email, taken in times.items():
                    taken.append(self.seconds(email))
        there, missing = (statistics.median(taken) for taken in times.values())
        measured("S15", "difference of login times between an account and none, milliseconds", 1000 * abs(there - missing))
        self.assertGreater(min(there, missing), 0.02)  # hashed in both cases
        self.assertLess(abs(there - missing), 0.010)
