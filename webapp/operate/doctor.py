"""Looks at everything that AI Maker needs and says of each thing how it is, and how to mend it. Changes nothing but a small file of the store that it deletes again."""

import logging
from collections.abc import Callable, Iterator

from webapp.operate.examinations import configuration, database, files, machine, work
from webapp.operate.finding import Finding, broken

Examination = Callable[[], Iterator[Finding]]

EXAMINATIONS: dict[str, Examination] = {
    "machine": machine.examine,
    "settings": configuration.examine,
    "database": database.examine,
    "files": files.examine,
    "work": work.examine,
}

log = logging.getLogger(__name__)


def examine() -> Iterator[Finding]:
    """Every finding, part by part; one that cannot be examined does not keep the others from it."""
    for part, examination in EXAMINATIONS.items():
        try:
            yield from examination()
        except Exception as error:  # whatever is broken, the next part is still looked at
            log.debug("the doctor could not look at %s", part, exc_info=True)
            yield broken(part, f"It could not be looked at ({type(error).__name__}: {error}).", "Mend what stands above this line first; LOG_LEVEL=DEBUG shows where it came from.")
