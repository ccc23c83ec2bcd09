"""The weeks that the simulation lives through, where it cannot."""

import pytest
from django.core.management import CommandError, call_command


@pytest.mark.parametrize("missing", [{"FLEET_MOST": 0}, {"FLEET_TYPES": {}}])
def test_without_machines_no_week_is_lived_through(settings, missing: dict) -> None:
    for name, value in missing.items():
        setattr(settings, name, value)
    with pytest.raises(CommandError, match="Set FLEET_MOST to one or more"):
        call_command("fleet", simulate=1)
