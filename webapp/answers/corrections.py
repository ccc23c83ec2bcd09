"""Fix and flip: a picture gets the label that is right, a quick training learns it, and all of it can be taken back."""

import logging
from functools import partial
from uuid import uuid4

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from webapp.accounts.models import User
from webapp.answers import keeping
from webapp.answers.models import Answer, Correction
from webapp.core import jobs, store
from webapp.core.errors import UserError
from webapp.core.jobs import Job
from webapp.core.limits import spend
from webapp.images.guard import Refused, check_kind
from webapp.images.models import Image
from webapp.images.reasons import sentence
from webapp.images.services import delete_images, restore
from webapp.images.space import check_space
from webapp.projects.models import Label, Project
from webapp.projects.names import clean_name, key_of
from webapp.projects.services import add_labels, lock
from webapp.serving import services as serving
from webapp.serving import switching
from webapp.serving.answered import AGAIN
from webapp.serving.models import Model, Publication
from webapp.training import services as training
from webapp.training.models import Run

log = logging.getLogger(__name__)


def correct(*, project: Project, user: User, label: str, picture: bytes, model: Model | None = None, answer: Answer | None = None) -> Correction:
    """Say what a picture shows, about which a model (or a kept answer) was wrong. The label is made where there is none of that name.

    A worker takes the picture in, and a quick training learns it (`order`). Raises UserError: no picture, no label, too much, or the disk is full.
    """
    if not label.strip():
        raise UserError(_("Choose the label that is right, or type a new one."), code="no_label", field="label")
    name = clean_name(label)
    check_picture(project, picture)
    answer = answer or keeping.about(project, picture)
    said = before(model, answer, picture)
    spend("files", project.owner_id)
    row = Correction(id=uuid4(), project=project, user=user, language=get_language() or "", model=model, answer=answer, **said)
    store.put(row.file_name, picture)
    try:
        with transaction.atomic():
            row.made_label = not project.labels.filter(key=key_of(name)).exists()
            row.label = add_labels(project=project, names=[name])[0]
            row.label_name = row.label.name
            row.save(force_insert=True)
    except BaseException:
        store.delete(row.file_name)
        raise
    return row


def check_picture(project: Project, picture: bytes) -> None:
    """Raise UserError for what is no picture by its first bytes, too large, or more than there is room for."""
    try:
        check_kind(picture)
    except Refused as refused:
        raise UserError(sentence(refused.reason), code=refused.reason, status=415, field="image") from refused
    check_space(project, len(picture))


def before(model: Model | None, answer: Answer | None, picture: bytes) -> dict:
    """What was said that is wrong, as columns of a correction: what was kept, or else what the model says now. Nothing where it cannot be asked."""
    if answer:
        return {"said": "" if answer.unknown else answer.best, "confidence": answer.confidence}
    if model is None:
        return {}
    prediction = serving.predict(model=model, data=picture, top=1, door=AGAIN)
    label, confidence = prediction.answers[0]
    return {"said": "" if prediction.unknown else label, "confidence": confidence}


def order() -> int:
    """Start a quick training where corrected pictures wait for one; gives for how many projects. Asked several times a second.

    Corrections that come in a row are learned together: none is started while more of them are on their way, and what comes while a training is at
    work waits for its end.
    """
    waiting = Correction.objects.filter(waits=True)
    if not waiting.exists():
        return 0
    coming = Correction.objects.filter(status__in=Job.LIVE).values("project")
    projects = Project.objects.select_related("owner").filter(id__in=waiting.exclude(project__in=coming).values("project"))
    return sum(learn(project) for project in projects)


def learn(project: Project) -> bool:
    """Have the waiting corrections of a project learned: by a run that waits already, or by a new one. False while a run is at work."""
    rows = list(Correction.objects.filter(project=project, waits=True).select_related("user"))
    if not rows:
        return False
    run, began = training.live_run(project), False
    try:
        if run is None:
            with translation.override(rows[-1].language or None):
                run, began = training.start(project=project, preset="quick", settings=quick_settings(project), user=rows[0].user)
    except UserError as error:
        settle(rows, problem=str(error))
        return False
    # Only a run that no worker has yet is sure to choose its pictures after these came.
    if run.status != Run.QUEUED:
        return False
    settle(rows, run=run, began_run=began)
    return True


def settle(rows: list[Correction], **values) -> None:
    """End the waiting of corrections."""
    Correction.objects.filter(id__in=[row.id for row in rows], waits=True).update(waits=None, **values)


def quick_settings(project: Project) -> dict:
    """The settings of the quick run whose model answers now, if one does: a person may have chosen them."""
    model = serving.published_model(project)
    config = model.run.config if model and model.run.preset == "quick" else {}
    return {name: value for name, value in config.items() if name != "preset"}


def undo(*, correction: Correction, user: User) -> None:
    """Take a correction back: its picture leaves, or stands as it stood. What has learned it no longer answers: the model before does where that is
    exactly as before, and else a training without the picture follows.
    """
    with transaction.atomic():
        if not Correction.objects.filter(id=correction.id, undone=None).update(undone=timezone.now(), waits=None, problem=""):
            return
        jobs.request_cancel(correction)
        correction.refresh_from_db()
        if not withdraw(correction) and not correction.is_live:
            correction.problem = _("Taken back. The picture was changed since, and stays as it is.")
            correction.save(update_fields=["problem"])
        transaction.on_commit(partial(store.delete, correction.file_name), robust=True)
    if correction.run_id:
        unlearn(correction, user)


@transaction.atomic
def withdraw(correction: Correction) -> bool:
    """Take the picture of a correction out again, or put it back to where it stood, and the label that came with it; false where somebody has changed
    the picture since: then it stays as it is.
    """
    images = Image.objects.select_for_update().filter(project=correction.project_id)
    came = list(images.filter(origin=correction.id))
    found = came or (list(images.filter(id=correction.image)) if correction.was else [])
    ours = [image for image in found if stands(correction, image)]
    if ours and came:
        delete_images(images=ours)
    elif ours:
        restore(images=ours, before=correction.was)
    forget_label(correction)
    return ours == found


def stands(correction: Correction, image: Image) -> bool:
    """Whether a picture stands as a correction left it: with its label, and nobody has moved it, set it aside or said something else of it since."""
    later = Correction.objects.filter(project=correction.project_id, image=image.id, undone=None, created__gt=correction.created)
    was_set_aside = bool(correction.was) and image.status != Image.READY  # a check does this too, but only to one that has just come
    return image.label_id == correction.label_id and not was_set_aside and not later.exists()


def forget_label(correction: Correction) -> None:
    """Delete the label that came with a correction, unless it is used by now or another picture is on its way to it."""
    lock(correction.project_id)  # nobody corrects to that label at the same moment
    label = Label.objects.filter(id=correction.label_id).first() if correction.made_label else None
    if label is None:
        return
    others = Correction.objects.filter(label=label, undone=None)
    others.update(made_label=True)  # the last one that is taken back takes the label along
    if not any(rows.exists() for rows in (others.filter(status__in=Job.LIVE), label.images, label.uploads, label.collections)):
        label.delete()


def unlearn(correction: Correction, user: User) -> None:
    """Have nothing answer that has learned what was taken back."""
    run = Run.objects.filter(id=correction.run_id).defer(*Run.BIG).first()
    others = Correction.objects.filter(run=correction.run_id, undone=None)
    if run is None or run.status in (Run.FAILED, Run.CANCELLED):
        return
    if others.exists():
        if run.status != Run.QUEUED:  # else its pictures are not chosen yet
            others.update(waits=True)
    elif not run.is_live:
        go_back(run, user)
    elif correction.began_run and training.cancel(run=run).status == Run.READY:  # it ended in this very moment
        go_back(run, user)


def go_back(run: Run, user: User) -> None:
    """Have the model answer again that the one of a run took the place of, unless another one was put in use since."""
    publication = Publication.objects.filter(model__run=run, cause=Publication.TRAINED).first()
    try:
        if publication and publication.before_id:
            switching.take_back(publication=publication, by=user)
    except UserError as error:
        log.info("run %s stays as it is after an undo: %s", run.id, error)


def shown(project: Project) -> QuerySet[Correction]:
    """The corrections of a project with what a page says of them."""
    rows = Correction.objects.filter(project=project).select_related("project", "run")
    return rows.defer(*Run.BIG_OF_RUN)
