"""What the documents say is there, is there."""

import re

import pytest

from tests.source import ROOT

DOCUMENTS = [ROOT / "README.md", ROOT / "deploy" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PATH = re.compile(r"`((?:trainer|webapp|worker|fixtures|deploy|benchmarks|docs|tests|locale)/[^`\s]*|[\w.-]+\.(?:txt|json|yml|py|example)|\.env\.example)`")
MADE_BY_RUNNING = {"bundle.json", "labels.csv"}
README = (ROOT / "README.md").read_text()
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))


def missing(name: str) -> bool:
    if "<room>" in name:
        return not list((ROOT / "webapp").glob(name.replace("webapp/<room>", "*")))
    return not (ROOT / name).exists() and name not in MADE_BY_RUNNING


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_that_a_document_names_exists(document):
    assert [name for name in PATH.findall(document.read_text()) if missing(name)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_between_documents_leads_somewhere(document):
    links = re.findall(r"\]\(([^)#\s]+)", document.read_text())
    assert [link for link in links if "://" not in link and not (document.parent / link).exists()] == []


def test_the_commands_of_the_readme_are_targets_of_the_makefile():
    said = set(re.findall(r"\bmake ([a-z]+)\b", " ".join(document.read_text() for document in DOCUMENTS if document.name == "README.md")))
    assert {"run", "test", "setup", "help"} <= said <= TARGETS


def test_the_where_is_tables_name_a_place_in_every_row():
    for document, head in ((README, "## Where is ...?"), ((ROOT / "docs" / "map.md").read_text(), "# Where is ...?")):
        rows = [line for line in document.split(head)[1].split("\n## More")[0].splitlines() if re.match(r"\| (?!you look for|room |change )[^-]", line)]
        assert len(rows) >= 10 and all(re.search(r"`[^`]+`|\]\(", row.split("|", 2)[2]) or row.startswith("| `") for row in rows)


def test_every_room_is_on_the_map():
    rooms = {f"webapp/{path.parent.name}/" for path in (ROOT / "webapp").glob("*/apps.py")}
    assert rooms <= set(re.findall(r"`(webapp/\w+/)`", (ROOT / "docs" / "map.md").read_text()))


def test_ci_runs_the_tests_and_nothing_else():
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert lines[0] == "#!/usr/bin/env bash" and lines[-1] == "make test"
