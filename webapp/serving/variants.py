"""A model that answers packed for speed, in place of the model as it was trained: putting that in use, going back, and letting go of what is not needed.

It is a change of what answers, as another model would be: one transaction on rows, one line of the history, and one Undo (`switching.take_back`).
"""

from datetime import timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from webapp.accounts.models import User
from webapp.core import store
from webapp.core.errors import UserError
from webapp.projects.services import lock
from webapp.serving import switching
from webapp.serving.cache import predictors
from webapp.serving.models import Model, Publication, Variant

KEPT = timedelta(days=1)  # how long a variant stays that nothing answers with


def put_in_use(*, model: Model, variant: Variant | None, by: User) -> Publication | None:
    """Have a model answer for its project from now on, packed so, or as it was trained where that is None; None when it does already.

    Raises UserError 409 when one of them was deleted just now, and 503 when the files are damaged: then nothing changes.
    """
    predictors().packed(model, variant and variant.id)  # before anybody is sent to it: it can be loaded, and is loaded here already
    with transaction.atomic():
        lock(model.project_id)
        now = Model.objects.filter(id=model.id).first()
        if now is None or (variant and not Variant.objects.filter(id=variant.id, model=model).exists()):
            raise UserError(_("This model was deleted just now. Choose another one."), code="model_gone", status=409)
        return switching.switch(model.project_id, now, Publication.PACKED, by, variant=variant)


def as_trained(*, model: Model, by: User) -> Publication | None:
    """Have a model answer as it was trained again; None when it did, or when it is not in use, where there is nothing to take back. Raises UserError as `put_in_use`."""
    if Model.objects.filter(id=model.id, published=True).exists():
        return put_in_use(model=model, variant=None, by=by)
    Model.objects.filter(id=model.id, published=None).update(variant=None)
    return None


def idle() -> QuerySet[Variant]:
    """Variants that nothing answers with, older than a day."""
    answering = Model.everything.exclude(variant=None).values("variant")
    return Variant.objects.filter(~Q(id__in=answering), created__lt=Now() - KEPT)


def unneeded(project_id: UUID) -> QuerySet[Variant]:
    """Those of a project that no Undo brings back either."""
    newest = switching.latest(project_id)
    undoable = [key for key in (newest.variant_id, newest.variant_before_id) if key] if newest else []
    return idle().filter(~Q(id__in=undoable), model__project=project_id)


def sweep() -> int:
    """Delete the rows of variants that are not needed any more; how many. Their files are left to the sweep of files."""
    deleted = 0
    for project_id in set(idle().values_list("model__project", flat=True)):
        with transaction.atomic():
            lock(project_id)  # one of them may be put in use just now
            deleted += unneeded(project_id).delete()[0]
    return deleted


def discard(variant: Variant) -> None:
    """Delete a variant that nothing answers with, and its files when the database has agreed; nothing where something does."""
    with transaction.atomic():
        lock(variant.model.project_id)
        if Model.everything.filter(variant=variant).exists() or Publication.objects.filter(Q(variant=variant) | Q(variant_before=variant)).exists():
            return
        transaction.on_commit(partial(store.delete_folder, variant.folder), robust=True)
        Variant.objects.filter(id=variant.id).delete()
