"""What a person does with runs that have ended: names them, stars them, trains like them again, takes their numbers away."""

import csv
import io

from django.utils.translation import gettext as _

from webapp.accounts.models import User
from webapp.core.errors import UserError
from webapp.images.models import Image
from webapp.images.tables import harmless
from webapp.projects.names import squeeze
from webapp.training import services
from webapp.training.models import Run
from webapp.training.queries import epochs
from webapp.training.record import EPOCH
from webapp.training.snapshot import VAL

NAME_LENGTH = Run._meta.get_field("name").max_length


def rename(*, run: Run, name: str) -> None:
    """Name a run; an empty name makes it "Run 3" again. Raises UserError for one that is too long."""
    name = squeeze(name)
    if len(name) > NAME_LENGTH:
        raise UserError(_("A name has at most %(count)d characters. Please shorten it.") % {"count": NAME_LENGTH}, code="name_too_long", field="name")
    Run.objects.filter(id=run.id).update(name=name)
    run.name = name


def star(*, run: Run, starred: bool) -> None:
    """Mark a run, or take the mark away."""
    Run.objects.filter(id=run.id).update(is_starred=starred)
    run.is_starred = starred


def again(*, run: Run, user: User) -> tuple[Run, bool]:
    """Train with the settings of a run on the pictures of today: (run, whether it was made now). Raises UserError as `services.start` does."""
    return like(run, user, {})


def again_with_same_pictures(*, run: Run, user: User) -> tuple[Run, bool]:
    """Train with the settings and on the very pictures of a run, split as they were. Raises UserError where pictures of it are gone."""
    if gone := missing_pictures(run):
        message = _("%(gone)d of the %(count)d pictures of this run are not there any more. Train with today's pictures instead.")
        raise UserError(message % {"gone": gone, "count": len(run.snapshot)}, code="pictures_gone", status=409)
    tested = sum(part == VAL for _image, _label, part in run.snapshot)
    return like(run, user, {"snapshot": run.snapshot, "train_images": len(run.snapshot) - tested, "val_images": tested})


def like(run: Run, user: User, columns: dict) -> tuple[Run, bool]:
    settings = {name: value for name, value in run.config.items() if name != "preset"}
    return services.start(project=run.project, preset=run.preset, settings=settings, user=user, columns={"again_of": run} | columns)


def missing_pictures(run: Run) -> int:
    """How many pictures of a run are gone; one that never came to choose any misses them all."""
    there = {str(key) for key in Image.objects.filter(project=run.project_id).values_list("id", flat=True)}
    return sum(image_id not in there for image_id, _label, _part in run.snapshot) if run.snapshot else max(1, run.train_images)


def metrics_csv(run: Run) -> str:
    """The epochs of a run as a table, one line each."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(EPOCH)
    writer.writerows([harmless(value) for value in row] for row in epochs(run).values_list(*EPOCH))
    return out.getvalue()
