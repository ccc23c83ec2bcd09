"""For the tests of collecting and of each provider: the services on loopback."""

import pytest

from fixtures import stub_answers, stub_server


@pytest.fixture
def stub(settings):
    """The stub server, and every provider asks it."""
    with stub_server.running() as server:
        for name, value in stub_answers.settings(server.url).items():
            setattr(settings, name, value)
        yield server
