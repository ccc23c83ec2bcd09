"""What must hold whatever befell (I1 to I9 of docs/faults.md), asked of the database and the store of the rehearsal; `site.py` runs it with their settings.

    python -m tests.rehearsal.check FOLDER_OF_A_PART... LOG...
"""

import os
import sys
from pathlib import Path

import django


def main(places: list[Path]) -> None:
    """Ends with an AssertionError that names what does not hold."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    django.setup()
    # models are read only now
    from django.test import override_settings

    from tests.faults import invariants
    from webapp.training import work

    for folder in (place for place in places if place.is_dir()):
        with override_settings(DATA=folder):
            work.sweep()  # as the next start of its worker does: what a run left on a machine that lost its power
        invariants.every_file_has_its_row(folder)
        invariants.every_run_has_one_model_at_most(folder)
        invariants.no_old_temporary_file(folder)
    invariants.every_image_has_its_file()
    invariants.every_ready_model_loads()
    invariants.every_live_run_has_a_lease()
    invariants.epochs_only_go_up()
    invariants.no_unhandled_error([place.read_text(errors="replace") for place in places if place.is_file()])
    invariants.nobody_sees_anothers()


if __name__ == "__main__":
    main([Path(word) for word in sys.argv[1:]])
