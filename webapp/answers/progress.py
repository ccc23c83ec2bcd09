"""How far a correction is, and what came of it, for a page."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from webapp.answers import flips
from webapp.answers.flips import Flip
from webapp.answers.models import Correction
from webapp.projects.models import Project
from webapp.serving import services as serving
from webapp.serving.models import Model
from webapp.training import services as training
from webapp.training.models import Run
from webapp.training.words import STAGES

TAKING, WAITING, LEARNING, READY, STOPPED, UNDONE = "taking", "waiting", "learning", "ready", "stopped", "undone"


@dataclass
class Progress:
    """A correction with what is said of it; `is_moving` while more is to come by itself. `value` of `most` epochs are done."""

    correction: Correction
    state: str
    words: str
    next_step: str = ""
    value: int | None = None
    most: int | None = None
    run: Run | None = None
    result: "Result | None" = None

    @property
    def is_moving(self) -> bool:
        return self.state in (TAKING, WAITING, LEARNING)


@dataclass
class Result:
    """What came of a correction: what is said to its picture now, which model answers, and which kept answers changed, of how many."""

    new: Model
    in_use: Model | None
    picture: Flip | None
    kept: list[Flip] = field(default_factory=list)
    asked: int = 0
    is_last: bool = True  # of those that were learned together, the one that shows what changed

    @property
    def used(self) -> bool:
        return bool(self.new.published)

    @property
    def is_right(self) -> bool:
        return bool(self.picture and self.picture.after.label)


def progress(correction: Correction, live_run: Callable[[Project], Run | None] = training.live_run) -> Progress:
    """How far a correction is; what came of it is added by `with_result`. live_run: whoever has several asks it once for their project."""
    if correction.undone:
        return Progress(correction, UNDONE, correction.problem or _("Taken back. The picture has left again."))
    if correction.is_live:
        return Progress(correction, TAKING, _("Taking the picture in"))
    if correction.error:
        return Progress(correction, STOPPED, correction.error["cause"], correction.error["next_step"])
    if correction.problem:
        return Progress(correction, STOPPED, _("The picture is in, and not learned yet."), correction.problem)
    if correction.waits:
        return waiting(correction, live_run(correction.project))
    return of_run(correction)


def waiting(correction: Correction, live: Run | None) -> Progress:
    """A correction whose training does not begin yet, or in a moment."""
    if live is None:
        return Progress(correction, WAITING, _("A quick training starts in a moment"))
    return Progress(correction, WAITING, _("%(run)s is learning just now. This picture comes right after it.") % {"run": live.title}, run=live)


def of_run(correction: Correction) -> Progress:
    """A correction that a run learns or has learned."""
    run = correction.run
    if run is None or run.removed:
        return Progress(correction, STOPPED, _("The picture is in. The training that learned it is deleted."), _("Train again."))
    if run.is_live:
        words = STAGES.get(run.stage, "") % {"count": run.train_images} if run.stage != "waiting" else _("The quick training waits for a free hand")
        return Progress(correction, LEARNING, words, value=run.epoch, most=run.epochs, run=run)
    if run.status == Run.FAILED:
        return Progress(correction, STOPPED, run.error["cause"], run.error["next_step"], run=run)
    if run.status == Run.CANCELLED:
        return Progress(correction, STOPPED, _("The picture is in. The training was stopped."), _("Train when you like."), run=run)
    return Progress(correction, READY, "", run=run)


def with_result(shown: Progress) -> Progress:
    """The same with what came of it, where it has ended well: models are asked for that, which takes up to a few seconds."""
    correction = shown.correction
    new = Model.objects.filter(run=correction.run_id).select_related("run").defer(*Run.BIG_OF_RUN).first() if shown.state == READY else None
    if new is None:
        return shown
    result = Result(new, serving.published_model(correction.project), flips.of_picture(correction, new))
    result.is_last = not Correction.objects.filter(run=correction.run_id, undone=None, created__gt=correction.created).exists()
    if result.is_last:
        result.kept, result.asked = flips.of_kept(correction, new)
    shown.result = result
    return shown
