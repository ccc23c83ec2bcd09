"""Asking models."""

from django.utils.translation import gettext as _

from trainer.pixels import PictureError
from trainer.predict import Prediction
from webapp.core.errors import UserError
from webapp.projects.models import Project
from webapp.serving.answered import API, answered
from webapp.serving.cache import predictors
from webapp.serving.models import Model
from webapp.serving.publish import publish
from webapp.training.models import Run

__all__ = ["predict", "publish", "published_model", "set_keep"]

MAX_PICTURE_BYTES = 20_000_000
LEAST_KEEP = 0.8


def published_model(project: Project) -> Model | None:
    """The model that answers for a project; None before the first training has ended well."""
    return Model.objects.filter(project=project, published=True).select_related("run").defer(*Run.BIG_OF_RUN).first()


def predict(*, model: Model, data: bytes, top: int = 5, door: str = API, key: str = "") -> Prediction:
    """The answers of a model for a JPG or PNG file, best first. Raises UserError: no picture, too large, or the model is damaged.

    door: by which way it was asked, see `serving.answered`; key: the name of the API key that asked, if one did.
    """
    if not data:
        raise UserError(_("The picture is empty. Choose a JPG or PNG file."), code="empty", status=422)
    if len(data) > MAX_PICTURE_BYTES:
        raise UserError(_("The picture is larger than %(megabytes)d MB. Make it smaller and try again.") % {"megabytes": MAX_PICTURE_BYTES // 1_000_000}, code="too_large", status=413)
    predictor = predictors().of(model)
    try:
        prediction = predictor.predict(data, top, model.keep)
    except PictureError as error:
        raise refused(error) from error
    answered.send_robust(Model, model=model, data=data, prediction=prediction, door=door, key=key)
    return prediction


def set_keep(*, model: Model, keep: float) -> None:
    """Choose how sure a model has to be; counts from its next answer on. Raises UserError."""
    if not LEAST_KEEP <= keep <= 1:
        raise UserError(_("Choose a share between 80 and 100 percent."), code="keep", field="keep", status=422)
    model.keep = round(keep, 2)
    model.save(update_fields=["keep"])


def refused(error: PictureError) -> UserError:
    """The error of the decoder in the person's language."""
    sentences = {
        "not_a_picture": _("This is not a JPG or PNG picture. Convert it to JPG and try again."),
        "too_many_pixels": _("The picture has more than 40 megapixels. Make it smaller and try again."),
        "too_large_for_png": _("This PNG has more than 12 megapixels. Make it smaller, or send it as JPG."),
        "too_complex": _("This JPG is saved in a way that takes too long to read. Make it smaller, or save it as a plain JPG."),
        "damaged": _("The picture is damaged or cut short. Save or send it again."),
    }
    status = 415 if error.reason == "not_a_picture" else 422
    return UserError(sentences.get(error.reason, str(error)), code=error.reason, status=status)
