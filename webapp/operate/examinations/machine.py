"""Python, its packages, memory, and the room on the disk."""

import os
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil
from django.conf import settings
from packaging.requirements import Requirement

from webapp.core.supervisor.checks import NEEDED_BYTES, CannotStart, check_vendor
from webapp.operate.finding import Finding, broken, well, worrying

PART = "machine"
NEWEST_TRIED = (3, 13)
COMFORTABLE_BYTES = 5_000_000_000
LEAST_MEMORY = 2_000_000_000


def examine() -> Iterator[Finding]:
    yield python()
    yield packages()
    yield javascript()
    yield memory()
    yield room(settings.DATA, "data folder")


def python() -> Finding:
    said = f"Python {sys.version.split()[0]}"
    return well(PART, said) if (3, 11) <= sys.version_info[:2] <= NEWEST_TRIED else worrying(PART, f"{said} was never tried.", "Use Python 3.11.")


def packages() -> Finding:
    """Whether what is installed is what is pinned."""
    lines = [line for name in ("requirements.txt", "requirements-alone.txt") for line in (settings.BASE_DIR / name).read_text().splitlines()]
    wrong = [said for line in lines if line[:1].isalpha() and (said := differing(Requirement(line)))]
    if wrong:
        shown = ", ".join(wrong[:5]) + (f" and {len(wrong) - 5} more" if len(wrong) > 5 else "")
        return worrying(PART, f"Packages differ from what is pinned: {shown}.", "Run `make setup`. A web machine without torch may leave out what only workers need.")
    return well(PART, f"{len(lines)} packages as pinned")


def differing(wanted: Requirement) -> str:
    """What is wrong with a package, or nothing."""
    if wanted.marker and not wanted.marker.evaluate():
        return ""
    try:
        here = version(wanted.name)
    except PackageNotFoundError:
        return f"{wanted.name} is missing"
    return "" if wanted.specifier.contains(here, prereleases=True) else f"{wanted.name} {here}"


def javascript() -> Finding:
    try:
        check_vendor()
    except CannotStart as trouble:
        return broken(PART, str(trouble), "Run `make setup`.")
    return well(PART, "The JavaScript packages of the pages are there")


def memory() -> Finding:
    total = psutil.virtual_memory().total
    said = f"{total / 1e9:.0f} GB of memory, {os.cpu_count()} cores"
    return well(PART, said) if total > LEAST_MEMORY else worrying(PART, f"{said}: too little to train.", "Train on another machine with a worker, or use the preset quick.")


def room(folder: Path, what: str) -> Finding:
    stat = os.statvfs(folder)
    free = stat.f_bavail * stat.f_frsize
    said = f"{free / 1e9:.1f} GB free for the {what} {folder}"
    if free < NEEDED_BYTES:
        return broken(PART, said, "Make room: `python manage.py sweep` deletes what nothing belongs to; else move the folder to a larger disk.")
    return well(PART, said) if free > COMFORTABLE_BYTES else worrying(PART, said, "Make room before uploads are refused.")
