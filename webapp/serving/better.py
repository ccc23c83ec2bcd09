"""Whether a new model may take the place of the one in use by itself, where a project wants that only when it is better.

Two runs are seldom tested on the same pictures: each sets its own tenth aside, and that changes when pictures come. Their accuracies are then of
different tests and say little about each other, and a picture that one of them has learned from flatters it. So both are judged by the same
pictures: those that tested the new model and of which the one in use has learned neither itself nor a near duplicate. What the model in use said to
them in its own test counts; where it was never asked, it is asked now. Better is who names more of them right; with equally many, or no such picture,
everything stays as it is and a person may choose.
"""

import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from trainer.pixels import PictureError
from trainer.predict import Predictor
from webapp.core import store
from webapp.core.errors import UserError
from webapp.images.models import Image
from webapp.images.services import chunks
from webapp.projects.models import Project
from webapp.serving.cache import load
from webapp.serving.models import Model
from webapp.training.compare_answers import Said, Score, said, score, shared
from webapp.training.models import Run
from webapp.training.snapshot import TRAIN

MOST_ASKED = 300  # pictures that the model in use is asked about; some seconds
FIRST, ALWAYS, NEVER, BETTER, NOT_BETTER, NO_PICTURES, DAMAGED = "first", "always", "never", "better", "not_better", "no_pictures", "damaged"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Finding:
    """Whether a new model is used, why, and where it was held against another one: which run's, and how many of `count` pictures each names right."""

    used: bool
    reason: str
    against: int | None = None
    count: int = 0
    before: int = 0
    after: int = 0
    gained: int = 0
    lost: int = 0

    @property
    def is_held(self) -> bool:
        """Whether it depends on what is in use."""
        return self.reason not in (ALWAYS, NEVER)

    @property
    def score(self) -> Score:
        return Score(self.count, self.before, self.after, self.gained, self.lost)

    def as_json(self) -> dict:
        return asdict(self)

    def line(self) -> str:
        """What the log of the run says."""
        used = "Published." if self.used else "Not put in use."
        counted = f" Of {self.count} pictures that neither has learned from, run {self.against} names {self.before} right and this one {self.after}."
        return used + (counted if self.count else "")


def finding(project_id, in_use: Model | None, answers: list[list]) -> Finding:
    """Whether a new model takes the place of the one in use. answers: what it said to its test pictures, as runs keep them."""
    rule = Project.objects.values_list("publishing", flat=True).get(id=project_id)
    if rule == "never":
        return Finding(False, NEVER)
    if rule == "always":
        return Finding(True, ALWAYS)
    return held_against(in_use, answers) if in_use else Finding(True, FIRST)


def held_against(in_use: Model, answers: list[list]) -> Finding:
    """Judge both by the pictures that neither of them has learned from."""
    run = Run.everything.defer("evaluation", "log").get(id=in_use.run_id)
    try:
        pairs = list(both(in_use, said(run.answers or [], {}), unlearned(run, said(answers, {}))))
    except UserError as error:
        log.warning("model %s of project %s cannot be asked, and is replaced: %s", in_use.id, in_use.project_id, error)
        return Finding(True, DAMAGED, run.number)
    if not pairs:
        return Finding(False, NO_PICTURES, run.number)
    found = score(pairs)
    is_better = found.change > 0
    return Finding(is_better, BETTER if is_better else NOT_BETTER, run.number, **asdict(found))


def unlearned(run: Run, answers: dict[str, Said]) -> dict[str, Said]:
    """Those of the answers that are about pictures of which a run has learned neither itself nor a near duplicate."""
    learned = {key for key, _label, part in run.snapshot if part == TRAIN}
    grouped = Image.objects.filter(project=run.project_id, group__isnull=False).values_list("id", "group")
    groups = {str(key): group for key, group in grouped}
    known = {groups[key] for key in learned if key in groups}
    return {key: answer for key, answer in answers.items() if key not in learned and groups.get(key) not in known}


def both(in_use: Model, before: dict[str, Said], after: dict[str, Said]) -> Iterator[tuple[Said, Said]]:
    """What the model in use and the new one say to each picture; raises UserError when the model in use cannot be asked."""
    yield from shared(before, after)
    # By id, which is random: those that are asked are of all labels.
    new = sorted(key for key, answer in after.items() if key not in before or before[key].actual != answer.actual)[:MOST_ASKED]
    if new:
        yield from ((now, after[now.image_id]) for now in asked(load(in_use), {key: after[key] for key in new}))


def asked(predictor: Predictor, answers: dict[str, Said]) -> Iterator[Said]:
    """What a model says now to pictures that are still there."""
    for some in chunks(list(answers)):
        for image in Image.objects.filter(id__in=some):
            key = str(image.id)
            try:
                label, confidence = predictor.predict(store.get(image.file_name), 1).answers[0]
            except (FileNotFoundError, PictureError) as error:
                log.warning("picture %s is left out: %s", key, error)
                continue
            yield Said(key, answers[key].actual, label, confidence)
