"""A machine and somebody with a browser, for tests that need nothing special of either; a file that does has its own."""

import pytest

from tests.browser.chromium import Visitor, chromium
from tests.machine import Machine


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    machine = Machine(tmp_path_factory.mktemp("machine") / "data")
    try:
        yield machine.furnished().start_and_wait()
    finally:
        machine.end()


@pytest.fixture(scope="module")
def visitor(machine):
    """Somebody who may open more windows: `browser`."""
    with chromium() as browser:
        visitor = Visitor(browser, f"http://127.0.0.1:{machine.port}")
        visitor.browser = browser
        yield visitor
