"""What may be done with a model that is taken away: whose weights it began with, whose pictures it learned from, and whose travel with it."""

from collections import Counter
from collections.abc import Iterator, Mapping

from django.db.models import Count

from trainer import catalogue
from trainer.config import DEFAULT_BACKBONE
from webapp.images.licenses import BY, BY_SA, NC, ND, OWN, PUBLIC, UNKNOWN, group_of
from webapp.images.models import Image
from webapp.serving.models import Model
from webapp.training.models import Run

NAME = "LICENCES.md"
# In English, as all that is in a ZIP: it goes to people whom we do not know.
MEANING = {
    OWN: "brought by the people of the project, without a licence being named",
    PUBLIC: "public domain or CC0: free for anything",
    BY: "CC BY: say who made them",
    BY_SA: "CC BY-SA: say who made them, and share changed versions under the same terms",
    NC: "not for commercial use (NC)",
    ND: "no changed versions (ND)",
    UNKNOWN: "licence not known",
}


def notes(model: Model, there: Mapping[str, Image], inside: str = "") -> str:
    """The content of LICENCES.md. there: the pictures that travel with it, by their names in `golden/`; inside: the file that they lie in, where that is no folder."""
    return "\n".join([*weights(model.run), "", *pictures(model.run), "", *travelling(there, inside), "", *programs()]) + "\n"


def tally(model: Model) -> list[list]:
    """What `pictures` depends on, without asking which pictures the run had: how many there are of each licence from its time. A delete or a new licence changes it."""
    rows = Image.objects.filter(project=model.project_id, created__lte=model.created).order_by().values_list("license", "source")
    return sorted(list(row) for row in rows.annotate(count=Count("id")))


def weights(run: Run) -> Iterator[str]:
    name = DEFAULT_BACKBONE if run.preset == "quick" else run.config.get("backbone", DEFAULT_BACKBONE)
    known = catalogue.find(name)
    yield "# What may be done with this model\n\n## The network\n"
    if known:
        yield f"It began with pretrained weights of {known.title} (`{name}` in timm), which were pretrained on ImageNet and are under {known.license}."
    else:
        yield f"It began with pretrained weights of `{name}` (timm); their licence stands where these come from."


def pictures(run: Run) -> Iterator[str]:
    counts, gone = groups(run)
    yield "## The pictures that it learned from and was tested with\n\nThey are not in here, but for those listed below.\n"
    for group, meaning in MEANING.items():
        if counts[group]:
            yield f"* {counts[group]} {meaning}"
    if gone:
        yield f"* {gone} were deleted since"
    if run.taken_down:
        yield f"* {run.taken_down} of those were taken down because somebody asked for it; train again to be without them"
    if counts[NC] or counts[ND] or counts[UNKNOWN]:
        yield "\nWhether terms of a picture reach a model that learned from it is not settled everywhere. Before you use it for business, train it without those pictures."


def groups(run: Run) -> tuple[Counter, int]:
    """How many pictures of each group of licences a run learned from or was tested with, and how many of its pictures are gone."""
    snapshot = Run.everything.values_list("snapshot", flat=True).get(id=run.id)
    wanted = {image_id for image_id, _label, _part in snapshot}
    counts: Counter = Counter()
    for image_id, source, license in Image.objects.filter(project=run.project_id).order_by().values_list("id", "source", "license").iterator():
        if str(image_id) in wanted:
            counts[group_of(source, license)] += 1
    return counts, len(wanted) - counts.total()


def travelling(there: Mapping[str, Image], inside: str) -> Iterator[str]:
    """The golden pictures, with the credits that they are under."""
    yield "## Pictures that travel with it\n"
    yield f"They are inside `{inside}`; the others there are drawn by a program." if inside else "Those in `awkward/` are drawn by a program."
    for name, image in there.items():
        yield f"* `{name if inside else f'golden/{name}'}`: {credit(image)}"


def credit(image: Image) -> str:
    """Whose picture it is, in a line."""
    if image.source != Image.WEB and not image.license:
        return MEANING[group_of(image.source, image.license)]
    parts = [image.title, image.creator and f"by {image.creator}", image.license or MEANING[UNKNOWN], image.license_url, image.page_url or image.source_url]
    return ", ".join(" ".join(part.split()) for part in parts if part)


def programs() -> Iterator[str]:
    yield "## Programs\n\nThe scripts in here are part of AI Maker. What they run with comes from elsewhere:"
    yield "onnxruntime (MIT), OpenVINO (Apache-2.0), NumPy (BSD-3-Clause), Pillow (MIT-CMU)."
