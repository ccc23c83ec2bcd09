"""Machines that do not share SECRET_KEY are told of it."""

from unittest.mock import patch

from django.core.cache import cache
from django.core.management import call_command
from django.db import OperationalError
from django.test import TestCase, override_settings

from webapp.core import one_key

OTHER = override_settings(SECRET_KEY="another-key-that-is-long-enough-to-be-one-of-ours-000")


@patch.object(one_key.connection, "close", lambda: None)  # that of the test
class OneKeyTests(TestCase):
    def test_the_key_of_whoever_runs_migrate_is_that_of_all(self):
        call_command("migrate", verbosity=0)
        assert not one_key.differs() and cache.get(one_key.PLACE) == one_key.digest()
        with OTHER, self.assertLogs("webapp.core.one_key", "ERROR") as said:
            one_key.tell_at_start()
        assert "python manage.py migrate" in said.output[0]
        with OTHER:
            call_command("migrate", verbosity=0)
            assert not one_key.differs()
        assert one_key.differs()

    def test_where_nobody_has_said_it_or_the_database_is_away_a_process_starts(self):
        cache.clear()
        with self.assertNoLogs("webapp.core.one_key"):
            one_key.tell_at_start()
        with patch.object(cache, "get", side_effect=OperationalError("away")), self.assertLogs("webapp.core.one_key", "WARNING"):
            one_key.tell_at_start()
