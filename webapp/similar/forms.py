"""What is searched for, as addresses of the page "Find similar" say it, and what its form brings."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, QueryDict
from django.utils.translation import gettext as _

from webapp.core.errors import UserError
from webapp.images.changes import picked
from webapp.similar import services
from webapp.similar.address import packed

COUNTS = (12, 24, 48, 96)
USUAL = COUNTS[1]
MOST_PICTURES = 12  # that can be searched with together


@dataclass(frozen=True)
class Asked:
    """One of: some pictures (with several, what lies between them), the middle of a label, or a look; nothing at first. `duplicates`: only what is nearly the same as the one picture."""

    pictures: tuple[UUID, ...] = ()
    label: UUID | None = None
    look: str = ""
    count: int = USUAL
    duplicates: bool = False

    def __bool__(self) -> bool:
        return bool(self.pictures or self.label or self.look)

    @property
    def kept(self) -> str:
        """What the address of the next picture takes over from this one."""
        return "" if self.count == USUAL else f"&k={self.count}"


def read(values: QueryDict) -> Asked:
    """What an address asks for; raises Http404 for ids that are none."""
    pictures = tuple(map(known, dict.fromkeys(values.getlist("picture")[:MOST_PICTURES])))
    label = known(values["label"]) if values.get("label") else None
    return Asked(pictures, label, values.get("look", ""), count_of(values), values.get("show") == "duplicates" and len(pictures) == 1)


def count_of(values: QueryDict) -> int:
    """The number of pictures that is wished, made one that can be had."""
    asked = values.get("k", "")
    return min(max(int(asked), 1), COUNTS[-1]) if asked.isdecimal() and len(asked) < 5 else USUAL


def known(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error


def posted(request: HttpRequest) -> str:
    """The query of the address where pictures like those that were sent are found: a file, or chosen pictures of the project. Raises UserError."""
    count = count_of(request.POST)
    kept = {} if count == USUAL else {"k": count}
    if ids := picked(request):
        if len(ids) > MOST_PICTURES:
            raise UserError(_("Choose %(count)d pictures at most to search with.") % {"count": MOST_PICTURES}, field="pick")
        return urlencode({"picture": ids} | kept, doseq=True)
    file = request.FILES.get("image")
    if file is None:
        raise UserError(_("Choose a picture first: a JPG or PNG file."), field="image")
    return urlencode({"look": packed(services.vector_of(file.read()))} | kept)
