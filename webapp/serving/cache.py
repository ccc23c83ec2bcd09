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
from webapp.serving.models import Model

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
        self._held: OrderedDict[UUID, tuple[Future, int]] = OrderedDict()

    def of(self, model: Model) -> Predictor:
        """The predictor of a model; raises UserError 503 when its file is damaged or gone."""
        mine, future = self._future_of(model)
        if mine:
            self._load(model, future)
        return future.result()

    def __len__(self) -> int:
        return len(self._held)

    def _future_of(self, model: Model) -> tuple[bool, Future]:
        """Whether this thread is to load the model, and where the predictor will be."""
        with self._lock:
            if model.id in self._held:
                self._held.move_to_end(model.id)
                return False, self._held[model.id][0]
            self._held[model.id] = (Future(), model.size_bytes)
            self._drop_oldest()
            return True, self._held[model.id][0]

    def _load(self, model: Model, future: Future) -> None:
        try:
            future.set_result(load(model, self.threads))
        except BaseException as error:
            # A model that could not be loaded is tried again next time: its file may be back.
            with self._lock:
                self._held.pop(model.id, None)
            future.set_exception(error)

    def _drop_oldest(self) -> None:
        while len(self._held) > 1 and (len(self._held) > self.most or sum(size for _future, size in self._held.values()) > self.most_bytes):
            self._held.popitem(last=False)


def load(model: Model, threads: int | None = None) -> Predictor:
    """Load the model from the store and check it against its row; raises UserError 503."""
    if model.get_deferred_fields():
        model.refresh_from_db()
    try:
        files = [store.local_path(f"{model.folder}/{name}") for name in model.files]
        predictor = Predictor(next(file for file in files if file.name == "bundle.json").parent, threads)
    except (BundleError, OSError, StopIteration) as error:
        log.error("model %s is damaged: %s", model.id, error)
        raise damaged() from error
    if (predictor.bundle.sha256, predictor.labels) != (model.sha256, model.labels):
        log.error("model %s is damaged: its files are whole, and not those of its row", model.id)
        raise damaged()
    give_back()
    return predictor


def damaged() -> UserError:
    return UserError(_("The model file is damaged. Train again to make a new one."), code="model_damaged", status=503)


@cache
def predictors() -> Predictors:
    """The predictors of this process, made when the first question comes."""
    return Predictors()
