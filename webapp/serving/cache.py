"""Models loaded for use, a few at a time: a web process has 200 MB for everything."""

import logging
from collections import OrderedDict
from concurrent.futures import Future
from functools import cache
from threading import Lock
from uuid import UUID

from django.utils.translation import gettext as _

from trainer.bundle import BundleError
from trainer.predict import Predictor
from trainer.sessions import give_back
from webapp.core import store
from webapp.core.errors import UserError
from webapp.serving.models import Model, Variant

MOST = 8
MOST_BYTES = 64_000_000  # of model files; onnxruntime holds about as much again

log = logging.getLogger(__name__)


class Predictors:
    """Predictors by model, the least recently asked one dropped first. Safe between threads; a model is loaded once however many ask.

    threads: how many cores one question may take; None for the predictor's own choice.
    """

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES, threads: int | None = None):
        self.most, self.most_bytes, self.threads = most, most_bytes, threads
        self._lock = Lock()
        self._held: OrderedDict[tuple[UUID, UUID | None], tuple[Future, int]] = OrderedDict()

    def of(self, model: Model) -> Predictor:
        """The predictor of a model as it answers now; raises UserError 503 when its file is damaged or gone.

        Where it is packed for speed and that cannot be loaded, here or any more, it answers as it was trained: nobody is left without an answer.
        """
        if model.variant_id:
            try:
                return self.packed(model, model.variant_id)
            except UserError:
                log.error("model %s answers as it was trained: what it is packed in cannot be loaded", model.id)
        return self.packed(model, None)

    def packed(self, model: Model, variant_id: UUID | None) -> Predictor:
        """The predictor of a model in one of its variants, or as it was trained; raises UserError 503 when just this cannot be loaded."""
        key = model.id, variant_id
        mine, future = self._future_of(key, model.size_bytes)
        if mine:
            self._load(model, key, future)
        return future.result()

    def __len__(self) -> int:
        return len(self._held)

    def _future_of(self, key: tuple[UUID, UUID | None], size_bytes: int) -> tuple[bool, Future]:
        """Whether this thread is to load the model, and where the predictor will be."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return False, self._held[key][0]
            self._held[key] = (Future(), size_bytes)
            self._drop_oldest()
            return True, self._held[key][0]

    def _load(self, model: Model, key: tuple[UUID, UUID | None], future: Future) -> None:
        try:
            future.set_result(load_variant(model, key[1], self.threads) if key[1] else load(model, self.threads))
        except BaseException as error:
            # A model that could not be loaded is tried again next time: its file may be back.
            with self._lock:
                self._held.pop(key, None)
            future.set_exception(error)

    def _drop_oldest(self) -> None:
        while len(self._held) > 1 and (len(self._held) > self.most or sum(size for _future, size in self._held.values()) > self.most_bytes):
            self._held.popitem(last=False)


def load(model: Model, threads: int | None = None) -> Predictor:
    """Load the model as it was trained from the store and check it against its row; raises UserError 503."""
    if model.get_deferred_fields():
        model.refresh_from_db()
    return checked(model, threads, model)


def load_variant(model: Model, variant_id: UUID, threads: int | None = None) -> Predictor:
    """Load a variant of a model, on as many threads as it was measured with unless told otherwise; raises UserError 503."""
    variant = Variant.objects.select_related("model").filter(id=variant_id, model=model.id).first()
    if variant is None:
        log.error("model %s has no variant %s any more", model.id, variant_id)
        raise unpackable()
    try:
        return checked(variant, threads or variant.threads, variant.model)
    except UserError as error:
        raise unpackable() from error


def checked(row: Model | Variant, threads: int | None, model: Model) -> Predictor:
    """Load the files of a row, which must be just those of the row and know the labels of the model; raises UserError 503."""
    kind = row._meta.model_name
    try:
        files = [store.local_path(f"{row.folder}/{name}") for name in row.files]
        predictor = Predictor(next(file for file in files if file.name == "bundle.json").parent, threads)
    except (BundleError, OSError, ImportError, RuntimeError, StopIteration) as error:  # an engine may be missing on this machine, or refuse it
        log.error("%s %s is damaged: %s", kind, row.id, error)
        raise damaged() from error
    if (predictor.bundle.sha256, predictor.labels) != (row.sha256, model.labels):
        log.error("%s %s is damaged: its files are whole, and not those of its row", kind, row.id)
        raise damaged()
    give_back()
    return predictor


def damaged() -> UserError:
    return UserError(_("The model file is damaged. Train again to make a new one."), code="model_damaged", status=503)


def unpackable() -> UserError:
    message = _("The model cannot answer packed like this here: its files are damaged, or its engine is missing. Choose another way, or measure again.")
    return UserError(message, code="variant_damaged", status=503)


@cache
def predictors() -> Predictors:
    """The predictors of this process, made when the first question comes."""
    return Predictors()
