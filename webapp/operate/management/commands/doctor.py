import json
import sys
from dataclasses import asdict

from django.core.management.base import BaseCommand, CommandParser

from webapp.operate.doctor import examine
from webapp.operate.finding import BROKEN, WELL, WORRYING, Finding

MARKS = {WELL: "  ok    ", WORRYING: "  look  ", BROKEN: "  MEND  "}


class Command(BaseCommand):
    help = "Look at everything that AI Maker needs, and say how to mend what is not well. Ends with 1 when something is broken."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs: a line for each finding")

    def handle(self, **options: object) -> None:
        found = []
        for finding in examine():
            found.append(finding)
            self.stdout.write(json.dumps(asdict(finding)) if options["json"] else said(finding))
        if not options["json"]:
            self.stdout.write(summary(found))
        sys.exit(any(finding.state == BROKEN for finding in found))


def said(finding: Finding) -> str:
    lines = [f"{MARKS[finding.state]}{finding.part:10}{finding.sentence}"]
    return "\n".join([*lines, *([f"{'':18}-> {finding.mend}"] if finding.mend else [])])


def summary(found: list[Finding]) -> str:
    counts = {state: sum(finding.state == state for finding in found) for state in MARKS}
    return f"{counts[WELL]} well, {counts[WORRYING]} to look at, {counts[BROKEN]} to mend"
