"""A machine that the world reaches does not start with what only suits a desk (S18). What `check --deploy` says: `tests/test_security.py`."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.security.production import settings

UNSAFE = {
    "DEBUG": "1",
    "ALLOWED_HOSTS": "ai.example.org,*",
    "SECRET_KEY": "django-insecure-" + "abcdefghij" * 5,
}


@pytest.mark.parametrize("variable", UNSAFE)
def test_what_is_unsafe_stops_the_start_and_is_named(variable, tmp_path):
    with pytest.raises(ImproperlyConfigured, match=variable):
        settings(tmp_path, **{variable: UNSAFE[variable]})


@pytest.mark.parametrize("key", ["", "change-me", "k" * 60, "0123" * 20])
def test_no_key_that_can_be_guessed_is_used(key, tmp_path):
    if key:
        with pytest.raises(ImproperlyConfigured, match="SECRET_KEY"):
            settings(tmp_path, SECRET_KEY=key)
    else:
        assert len(settings(tmp_path, SECRET_KEY=key)["SECRET_KEY"]) >= 50


def test_nothing_is_shown_to_whoever_provokes_an_error(tmp_path):
    assert settings(tmp_path)["DEBUG"] is False
