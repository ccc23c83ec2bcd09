"""Several uploads as one: a browser sends many files in several requests, and a person sees one piece of work."""

from collections import Counter
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import cached_property

from webapp.ingest.models import Upload
from webapp.projects.models import Project

REFUSALS_SHOWN = 200


@dataclass
class Panel:
    """Uploads that belong together, oldest first, with their sums."""

    uploads: list[Upload]

    @property
    def first(self) -> Upload:
        return self.uploads[0]

    @property
    def project(self) -> Project:
        return self.first.project

    @property
    def is_live(self) -> bool:
        return any(upload.is_live for upload in self.uploads)

    @property
    def total(self) -> int:
        """Pictures, as far as they are known: of an upload that waits, the files that were sent."""
        return sum(upload.total or (len(upload.files) if upload.is_live else 0) for upload in self.uploads)

    @property
    def processed(self) -> int:
        return sum(upload.processed for upload in self.uploads)

    @property
    def accepted(self) -> int:
        return sum(upload.accepted for upload in self.uploads)

    @property
    def duplicates(self) -> int:
        return sum(upload.duplicates for upload in self.uploads)

    @cached_property
    def rejected(self) -> list[dict]:
        return [refusal for upload in self.uploads for refusal in upload.rejected]

    @property
    def refusals(self) -> list[dict]:
        return self.rejected[:REFUSALS_SHOWN]

    @property
    def refusals_hidden(self) -> int:
        return max(0, len(self.rejected) - REFUSALS_SHOWN)

    @property
    def labels(self) -> list[tuple[str, int]]:
        """Label names with the pictures that they got."""
        counts: Counter = Counter()
        for upload in self.uploads:
            counts.update(upload.labels)
        return sorted(counts.items())

    @property
    def notices(self) -> list[str]:
        return list(dict.fromkeys(notice for upload in self.uploads for notice in upload.notices))

    @property
    def errors(self) -> list[dict]:
        return [upload.error for upload in self.uploads if upload.error]

    @property
    def was_stopped(self) -> bool:
        return not self.is_live and any(upload.status == Upload.CANCELLED for upload in self.uploads)

    @property
    def others(self) -> str:
        """The ids of all but the first, as the addresses carry them."""
        return ",".join(str(upload.id) for upload in self.uploads[1:])

    @property
    def address(self) -> str:
        """Where this panel is read again; `seen` tells it what the page has shown already."""
        query = {"with": self.others, "seen": self.accepted}
        return reverse("ingest:upload", args=[self.first.id]) + "?" + urlencode({name: value for name, value in query.items() if value != ""})

    @property
    def stop_address(self) -> str:
        return reverse("ingest:cancel", args=[self.first.id]) + (f"?with={self.others}" if self.others else "")


def live_panel(project: Project) -> Panel | None:
    """The uploads of a project that are waiting or at work, as one panel."""
    uploads = list(project.uploads.filter(status__in=Upload.LIVE).order_by("created"))
    return Panel(uploads) if uploads else None
