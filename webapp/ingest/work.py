"""What a worker does with an upload: every file of it becomes a picture or a line in the report."""

import logging
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from errno import ENOSPC

from django.utils import translation
from django.utils.translation import gettext as _

from webapp.core import jobs, store
from webapp.core.errors import Cancelled, UserError
from webapp.core.jobs import Heart
from webapp.images.guard import Refused, check_kind
from webapp.images.intake import Candidate, Outcome, take_in
from webapp.images.models import Image
from webapp.ingest import notices
from webapp.ingest.formats.base import Row
from webapp.ingest.models import Upload
from webapp.ingest.names import shown
from webapp.ingest.reasons import sentence
from webapp.ingest.services import folder
from webapp.ingest.sources import Source, pictures, sources
from webapp.projects.models import Label
from webapp.projects.names import clean_name
from webapp.projects.services import add_labels

WRITE_SECONDS = READ_SECONDS = 0.4
LINES = 1000  # refusals told one by one; all are counted

log = logging.getLogger(__name__)


class Report:
    """What became of the files of an upload so far; it writes itself into the row now and then."""

    def __init__(self, upload: Upload):
        self.upload, self.total = upload, 0
        self.accepted = self.duplicates = self.refused = 0
        self.lines: list[dict] = []
        self.notices: list[str] = []
        self.reasons: Counter = Counter()
        self.labels: Counter = Counter()
        self._seen: set = set()
        self._written = 0.0

    def tell(self, outcome: Outcome) -> None:
        """Count what became of a candidate.

        A worker that goes on after another one died meets the pictures of the first attempt again: they are counted as taken, once.
        """
        image = outcome.image
        if image is None:
            self.refuse(outcome.candidate.name, outcome.reason)
        elif image.id not in self._seen and image.origin == self.upload.id:
            self._seen.add(image.id)
            self.accepted += 1
            self.labels[outcome.candidate.label.name] += 1
        else:
            self.duplicates += 1
        self.write_soon()

    def refuse(self, name: str, reason: str) -> None:
        self.refused += 1
        self.reasons[reason] += 1
        if len(self.lines) < LINES:
            self.lines.append({"name": name, "reason": reason, "message": sentence(reason)})
        self.write_soon()

    @property
    def values(self) -> dict:
        """The columns of the row."""
        processed = self.accepted + self.duplicates + self.refused
        counts = {"total": max(self.total, processed), "processed": processed, "accepted": self.accepted, "duplicates": self.duplicates}
        return counts | {"rejected": self.lines, "labels": dict(self.labels), "notices": self.notices}

    def write_soon(self) -> None:
        """Write the row, unless that was done a moment ago; raises LeaseLost."""
        if time.monotonic() - self._written > WRITE_SECONDS:
            jobs.write(self.upload, **self.values)
            self._written = time.monotonic()

    def error(self) -> dict:
        """Why nothing at all was taken."""
        cause = _("None of the %(count)d files could be taken.") % {"count": self.refused}
        if len(self.reasons) == 1:
            cause = sentence(next(iter(self.reasons)))
        return {"cause": cause, "next_step": _("Put right what is said beside each file, then send it again.")}


def run(upload: Upload) -> None:
    """Take in the files of a claimed upload; killed at any moment and run again, it ends with the same pictures and numbers.

    Raises LeaseLost and ShuttingDown, and leaves the files where they are then. All other ends are written into the row.
    """
    with translation.override(upload.language or None), Heart(upload) as heart:
        report = Report(upload)
        try:
            take_files(upload, report, heart)
        except Cancelled:
            jobs.finish(upload, Upload.CANCELLED, **report.values)
        except OSError as error:
            if error.errno != ENOSPC:
                raise
            log.error("the disk is full")
            jobs.finish(upload, Upload.FAILED, error=disk_full(), **report.values)
        else:
            finish(upload, report)
    store.delete_folder(folder(upload))


def finish(upload: Upload, report: Report) -> None:
    """Write how it ended: done when at least one picture is in the project now."""
    if report.accepted or report.duplicates:
        jobs.finish(upload, **report.values)
    else:
        jobs.finish(upload, Upload.FAILED, error=report.error(), **report.values)


def disk_full() -> dict:
    return {"cause": _("The disk of this server is full."), "next_step": _("Ask whoever runs it for more room, then send the files again; what was taken stays.")}


def take_files(upload: Upload, report: Report, heart: Heart) -> None:
    with ExitStack() as stack:
        found = sources(upload, stack, heart.check)
        report.total = sum(len(source.plan.rows) for source in found) + sum(bool(line["reason"]) for line in upload.files)
        take_in(upload.project, candidates(upload, found, report, heart), report.tell, heart.check)


def candidates(upload: Upload, found: list[Source], report: Report, heart: Heart) -> Iterator[Candidate]:
    """Every picture of the files in turn; what is refused before it gets that far goes to the report."""
    labels = Labels(upload)
    facts = {name: value for name, value in upload.facts.items() if value} | {"origin": upload.id}
    for line in upload.files:
        if line["reason"]:
            report.refuse(line["name"], line["reason"])
    for source in found:
        for row, content in pictures(source, heart.check):
            try:
                label = checked(row, content, labels)
            except Refused as refused:
                report.refuse(shown(row.name), refused.reason)
            else:
                yield Candidate(label, content, shown(row.name), facts_of(row, facts), row.seal)
    report.notices = notices.of(found, labels.spellings)


def checked(row: Row, content: bytes | Refused, labels: "Labels") -> Label:
    """The label of a picture that may go on to the decoder; raises Refused."""
    if isinstance(content, Refused):
        raise content
    check_kind(content)
    return labels.of(row.label)


def facts_of(row: Row, facts: dict) -> dict:
    """Columns of the image: those of the upload, and what is said about this picture."""
    web = {"source": Image.WEB, "source_url": row.url} if row.url else {}
    return ({"split": row.split} if row.split else {}) | facts | web | row.facts


class Labels:
    """The labels that pictures of an upload get: the chosen one, or those of their folders, made when the first picture needs them."""

    def __init__(self, upload: Upload):
        self._upload = upload
        self._made: dict[str, Label | str] = {}
        self._read = time.monotonic()
        self.spellings: dict[Label, list[str]] = {}  # how each was written in the files

    def of(self, name: str) -> Label:
        """The label for a picture in a folder of this name; raises Refused."""
        if self._upload.label_chosen:
            name = ""
        elif not name:
            raise Refused("label_needed")
        if name not in self._made or self._is_old():
            self._made[name] = self._find(name)
        found = self._made[name]
        if isinstance(found, str):
            raise Refused(found)
        return found

    def _is_old(self) -> bool:
        """Whether it is time to read again what the chosen label is: it may have been merged into another one."""
        return self._upload.label_chosen and time.monotonic() - self._read > READ_SECONDS

    def _find(self, name: str) -> Label | str:
        """The label, or the reason why there can be none."""
        if self._upload.label_chosen:
            self._read = time.monotonic()
            return Label.objects.filter(uploads=self._upload.id).first() or "label_gone"
        try:
            written = clean_name(name)
        except UserError:
            return "bad_label"
        try:
            label = add_labels(project=self._upload.project, names=[name])[0]
        except UserError:
            return "too_many_labels"
        self.spellings.setdefault(label, []).append(written)
        return label
