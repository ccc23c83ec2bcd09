"""Models loaded for use, a few at a time: a web process has 200 MB for everything."""

import logging
import os
import time
from collections import OrderedDict
from concurrent.futures import Future
from functools import cache
from threading import Lock
from uuid import UUID

from django.utils.translation import gettext as _

from trainer.bundle import ENGINE, BundleError
from trainer.memory import give_back
from trainer.predict import Predictor
from webapp.core import store
from webapp.core.errors import UserError
from webapp.serving.models import Model, Variant

MOST = 8
MOST_BYTES = 128_000_000  # of memory
COMPILED_BYTES = 50_000_000  # that OpenVINO holds of a network besides its files
BROKEN_SECONDS = 60.0  # until a variant that could not be loaded is tried again

log = logging.getLogger(__name__)


class Predictors:
    """Predictors by model, the least recently asked one dropped first. Safe between threads; a model is loaded once however many ask.

    threads: how many cores one question may take; None for the predictor's own choice.
    """

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES, threads: int | None = None):
        self.most, self.most_bytes, self.threads = most, most_bytes, threads
        self._lock = Lock()
        self._broken: dict[tuple[UUID, UUID], float] = {}  # until when a variant is not tried again
        self._held: OrderedDict[tuple[UUID, UUID | None], tuple[Future, int]] = OrderedDict()

    def of(self, model: Model) -> Predictor:
        """The predictor of a model as it answers now; raises UserError 503 when its file is damaged or gone.

        Where it is packed for speed and that cannot be loaded, here or any more, it answers as it was trained: nobody is left without an answer.
        """
        key = model.id, model.variant_id
        if model.variant_id and self._broken.get(key, 0.0) < time.monotonic():
            try:
                return self.packed(model, model.variant_id)
            except UserError:
                self._remember_broken(key)
                log.error("model %s answers as it was trained: what it is packed in cannot be loaded", model.id)
        return self.packed(model, None)

    def packed(self, model: Model, variant_id: UUID | None) -> Predictor:
        """The predictor of a model in one of its variants, or as it was trained; raises UserError 503 when just this cannot be loaded. It is tried in any case."""
        key = model.id, variant_id
        mine, future = self._future_of(key, 2 * model.size_bytes)
        if mine:
            self._load(model, key, future)
            self._broken.pop(key, None)
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
            predictor = load_variant(model, key[1], self.threads) if key[1] else load(model, self.threads)
            self._weigh(key, future, predictor)
            future.set_result(predictor)
        except BaseException as error:
            # A model that could not be loaded is tried again next time: its file may be back.
            with self._lock:
                self._held.pop(key, None)
            future.set_exception(error)

    def _weigh(self, key: tuple[UUID, UUID | None], future: Future, predictor: Predictor) -> None:
        """Count what a predictor really holds, now that its files are known."""
        with self._lock:
            if key in self._held:
                self._held[key] = future, held_bytes(predictor)
                self._drop_oldest()

    def _remember_broken(self, key: tuple[UUID, UUID]) -> None:
        now = time.monotonic()
        with self._lock:
            self._broken = {one: until for one, until in self._broken.items() if until > now} | {key: now + BROKEN_SECONDS}

    def _drop_oldest(self) -> None:
        while len(self._held) > 1 and (len(self._held) > self.most or sum(size for _future, size in self._held.values()) > self.most_bytes):
            self._held.popitem(last=False)


def held_bytes(predictor: Predictor) -> int:
    """Memory of a loaded network: OpenVINO compiles it, onnxruntime holds its file about twice."""
    size = predictor.bundle.size_bytes
    return 2 * size if predictor.bundle.engine == ENGINE else size + COMPILED_BYTES


def load(model: Model, threads: int | None = None) -> Predictor:
    """Load the model as it was trained from the store and check it against its row; raises UserError 503."""
    if model.get_deferred_fields():
        model.refresh_from_db()
    return checked(model, threads, model)


def load_variant(model: Model, variant_id: UUID, threads: int | None = None) -> Predictor:
    """Load a variant of a model, on as many threads as it was measured with, as far as this machine has cores, unless told otherwise; raises UserError 503."""
    variant = Variant.objects.select_related("model").filter(id=variant_id, model=model.id).first()
    if variant is None:
        log.error("model %s has no variant %s any more", model.id, variant_id)
        raise unpackable()
    try:
        return checked(variant, threads or min(variant.threads, os.cpu_count()), variant.model)
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
