"""Which model answers for a project: putting another in use, going back, and what answered when.

The address that programs ask is the project's. The change is one transaction on rows, so that whoever asks finds the one model or the other and never none.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from webapp.accounts.models import User
from webapp.core.errors import UserError
from webapp.projects.models import Project
from webapp.projects.services import lock
from webapp.serving.cache import predictors
from webapp.serving.models import Model, Publication, Variant
from webapp.training.models import Run


def put_in_use(*, model: Model, by: User) -> Publication | None:
    """Have a model answer for its project from now on; None when it does already. Raises UserError 503 when its files are damaged: then nothing changes."""
    predictors().packed(model, model.variant_id)  # before anybody is sent to it: it can be loaded, and is loaded here already
    with transaction.atomic():
        lock(model.project_id)
        if not Model.objects.filter(id=model.id).exists():
            raise UserError(_("This model was deleted just now. Choose another one."), code="model_gone", status=409)
        return switch(model.project_id, model, Publication.CHOSEN, by)


def take_back(*, publication: Publication, by: User) -> Publication | None:
    """Have the model answer again that a publication took the place of, or none where there was none.

    Raises UserError 409: another one was chosen since, or it is gone; and 503 when its files are damaged: then nothing changes.
    """
    earlier = Model.objects.filter(id=publication.before_id).first()
    if earlier:
        predictors().packed(earlier, packing_before(publication, earlier))  # as above; the transaction is no place for loading
    with transaction.atomic():
        lock(publication.project_id)
        if latest(publication.project_id) != publication:
            raise UserError(_("Another model has been put in use since. Choose the one you want from the list."), code="overtaken", status=409)
        before = Model.objects.filter(id=publication.before_id).first()
        if before is None and had_one(publication):
            raise UserError(_("The model that answered before is deleted. Choose another one from the list."), code="model_gone", status=409)
        variant = before and Variant.objects.filter(id=packing_before(publication, before)).first()
        leaving = current(publication.project_id)
        done = switch(publication.project_id, before, Publication.UNDONE, by, variant=variant)
        if done and leaving and leaving != before:
            leave(leaving, publication, done)
        return done


def packing_before(publication: Publication, before: Model) -> UUID | None:
    """How the model that answered before a publication answers again: as it was packed then where that was what changed, else as it is packed."""
    changed = publication.model_id == before.id or publication.cause == Publication.UNDONE
    return publication.variant_before_id if changed else before.variant_id


def leave(leaving: Model, publication: Publication, done: Publication) -> None:
    """Have the model that an Undo took out of use be packed as it was before it was put in use; the row of the Undo notes how it was then, for the way back."""
    Publication.objects.filter(id=done.id).update(variant_before=leaving.variant)
    done.variant_before = leaving.variant
    pressed = Publication.objects.filter(project=publication.project_id, id__lte=publication.id).exclude(cause=Publication.UNDONE).first()  # what was undone, and done again
    if pressed and pressed.cause == Publication.PACKED and pressed.model_id == leaving.id and pressed.before_id != leaving.id:
        Model.everything.filter(id=leaving.id).update(variant=pressed.variant_before)


def switch(project_id, model: Model | None, cause: str, by: User | None = None, **packing: Variant | None) -> Publication | None:
    """Change what answers for a project and note it; None when nothing changed. Call it in a transaction that holds `lock` of the project.

    variant=: how the model is packed from now on; without it, that stays as it is.
    """
    before = current(project_id)
    earlier = model and model.variant
    variant = packing.get("variant", earlier)
    if before == model and earlier == variant:
        return None
    if before and before != model:
        Model.everything.filter(project_id=project_id, published=True).update(published=None)
    if model:
        Model.everything.filter(id=model.id).update(published=True, variant=variant)
        model.published, model.variant = True, variant
    return note(project_id, model, before, cause, by, earlier)


def note(project_id, model: Model | None, before: Model | None, cause: str, by: User | None = None, variant_before: Variant | None = None) -> Publication:
    """Write down what answers from now on."""
    number = model and Run.everything.values_list("number", flat=True).get(id=model.run_id)
    variant = model.variant if model else None
    return Publication.objects.create(
        project_id=project_id, model=model, before=before, number=number, cause=cause, by=by,
        variant=variant, variant_before=variant_before, packing=variant.name if variant else "",
    )


def current(project_id) -> Model | None:
    """The model in use, also that of a run that is just being deleted."""
    return Model.everything.filter(project_id=project_id, published=True).first()


def latest(project_id) -> Publication | None:
    return Publication.objects.filter(project_id=project_id).first()


def had_one(publication: Publication) -> bool:
    """Whether something answered before a publication, though it may be gone."""
    earlier = Publication.objects.filter(project_id=publication.project_id, id__lt=publication.id).first()
    return bool(earlier and earlier.number)


def history(project: Project) -> QuerySet[Publication]:
    """What answered for a project, the newest first, with what its lines show."""
    rows = Publication.objects.filter(project=project).select_related("model__run", "by")
    return rows.defer(*(f"model__{name}" for name in Run.BIG_OF_RUN))


def before_last(project_id, leaving: Model) -> Model | None:
    """What answers when a model leaves: the one that answered last before it, or the newest of the others where none of them ever did."""
    others = Model.objects.filter(project_id=project_id).exclude(id=leaving.id).select_related("run").defer(*Run.BIG_OF_RUN)
    return others.filter(publications__isnull=False).order_by("-publications__id").first() or others.first()


def may_go_back(publication: Publication | None) -> bool:
    """Whether there is a model to go back to by taking a publication back."""
    return bool(publication and publication.before_id and Model.objects.filter(id=publication.before_id).exists())


def periods(rows: list[Publication]) -> list[tuple[Publication, datetime | None]]:
    """Each publication with the moment when the next one ended it, None for the one that lasts; `rows` are the newest first."""
    ends = [None, *(row.created for row in rows)]
    return list(zip(rows, ends, strict=False))
