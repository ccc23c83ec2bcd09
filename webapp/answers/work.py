"""What a worker does for a correction: the picture joins its label by the ordinary intake, and then waits for a training."""

from django.db import transaction
from django.utils.translation import gettext as _

from webapp.answers.corrections import withdraw
from webapp.answers.models import Correction
from webapp.core import jobs, store
from webapp.core.errors import Cancelled
from webapp.core.jobs import Heart
from webapp.images.intake import Candidate, Outcome, take_in
from webapp.images.models import Image
from webapp.images.services import keep_images, move_images, standing
from webapp.projects.models import Label


def run(correction: Correction) -> None:
    """Take the picture of a claimed correction in. Killed and run again, it ends the same. Raises LeaseLost, Cancelled and ShuttingDown."""
    try:
        work(correction)
    except Cancelled:
        # Taken back meanwhile, by somebody who may not have found the picture yet. The row in hand stays what the end of the work is written by.
        jobs.patiently(lambda: withdraw(Correction.objects.get(id=correction.id)))
        raise


def work(correction: Correction) -> None:
    """Take the picture in, and write how it ended."""
    label = Label.objects.filter(id=correction.label_id).first()
    if label is None:
        jobs.fail(correction, _("The label was deleted meanwhile."), _("Say once more what the picture shows."))
    elif outcome := taken_in(correction, label):
        finish(correction, label, outcome)
    else:
        jobs.fail(correction, _("The picture is not there any more."), _("Send it once more."))
    store.delete(correction.file_name)


def taken_in(correction: Correction, label: Label) -> Outcome | None:
    """What the intake made of the picture; None when its file is gone."""
    # A picture that was asked about and corrected is to be learned, and not to test with: it is no stranger to anybody.
    facts = {"source": Image.CORRECTION, "origin": correction.id, "split": "train"}
    outcomes: list[Outcome] = []
    with Heart(correction) as heart:
        try:
            content = store.get(correction.file_name)
        except FileNotFoundError:
            return None
        take_in(correction.project, [Candidate(label, content, facts=facts)], outcomes.append, heart.check)
    return outcomes[0]


def finish(correction: Correction, label: Label, outcome: Outcome) -> None:
    """Write how it ended; a picture that the project had already under another label, or set aside, is put right."""
    image = outcome.image
    if image is None:
        jobs.fail(correction, outcome.message, _("Choose another picture."))
        return
    was = None
    if image.origin != correction.id and (image.label_id != label.id or image.status != Image.READY):
        was = correction.was or standing([image])
        jobs.write(correction, was=was, image=image.id)  # before the change: whoever goes on after a kill, or takes it back, knows how it stood
        with transaction.atomic():
            move_images(images=[image], label=label)
            keep_images(images=[image])
    jobs.finish(correction, image=image.id, waits=True)
