"""Plans of uploads whose files are given as texts, for the tests of formats."""

from dataclasses import dataclass

from webapp.ingest.formats import recognise
from webapp.ingest.formats.base import Directory, Plan

PICTURE = "picture"  # as good as one: formats never look into pictures


@dataclass
class Given:
    path: str
    content: bytes
    reason: str = ""

    @property
    def name(self) -> str:
        return self.path


def plan(files: dict[str, str | bytes], chosen: bool = False) -> Plan:
    given = [Given(name, content if isinstance(content, bytes) else content.encode()) for name, content in files.items()]
    return recognise(Directory(given, lambda file: file.content), chosen)


def pictures(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, PICTURE)


def said(files: dict[str, str | bytes], chosen: bool = False) -> dict[str, tuple]:
    """For each picture its label and split, or why there is none."""
    return {row.name: (row.reason,) if row.reason else (row.label, row.split) for row in plan(files, chosen).rows}
