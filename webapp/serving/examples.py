"""An answer explained by example: the pictures that its model learned from and that look most like the one that was asked about."""

import logging
from collections.abc import Callable
from functools import lru_cache
from subprocess import CalledProcessError
from uuid import UUID

import numpy as np

from trainer.embed import DIMENSIONS
from trainer.pixels import PictureError
from webapp.core.errors import UserError
from webapp.images import vectors
from webapp.images.models import Image
from webapp.projects.models import Project
from webapp.serving.cache import predictors
from webapp.serving.models import Model
from webapp.serving.services import published_model, refused
from webapp.similar import services
from webapp.similar.services import Neighbour
from webapp.training.models import Run
from webapp.training.snapshot import TRAIN

COUNT = 3

log = logging.getLogger(__name__)


def neighbours(*, model: Model, data: bytes, count: int = COUNT) -> list[Neighbour]:
    """The training pictures of a model nearest to a picture file that it has answered about, the nearest first. Raises UserError for no picture."""
    if not Image.objects.filter(project=model.project_id).exists():
        return []
    return services.nearest(project_id=model.project_id, vector=question(model, data), count=count, allowed=learned_by(model.run_id))


def at_once(*, model: Model, data: bytes) -> list[Neighbour]:
    """The same for an answer on a page: none rather than having somebody wait for what this machine lacks."""
    if not has_vectors(model) and not vectors.is_made():
        return []
    return if_ready(model=model, data=data)


def if_ready(*, model: Model, data: bytes, count: int = COUNT) -> list[Neighbour]:
    """The same beside an answer that must not be lost for them: none where they cannot be had now."""
    try:
        return neighbours(model=model, data=data, count=count)
    except (UserError, CalledProcessError, OSError) as error:
        log.warning("no examples for an answer of model %s: %s", model.id, error)
        return []


def question(model: Model, data: bytes) -> np.ndarray:
    """The vector [1280] of a picture file: from the model itself where its network is the one of the stored vectors, so that no second one is loaded."""
    return predictors().packed(model, None).features(data) if has_vectors(model) else services.vector_of(data)


def vector_of(project: Project, data: bytes) -> np.ndarray:
    """The vector [1280] of a picture file for whoever asks a project; raises UserError."""
    model = published_model(project)
    if model is None or not has_vectors(model):
        return services.vector_of(data)
    try:
        return question(model, data)
    except PictureError as error:
        raise refused(error) from error


def has_vectors(model: Model) -> bool:
    """Whether what the last layer of a model, as it was trained, sees is comparable with the stored vectors: only of preset quick, which leaves the network as it is."""
    return predictors().of(model).bundle.preset == "quick" and predictors().packed(model, None).feature_count == DIMENSIONS


def learned_by(run_id: UUID) -> Callable[[list[UUID]], list[UUID]]:
    """Lets through the pictures that a run learned from."""
    return lambda ids: [key for key, is_in in zip(ids, among(halves(ids), learned(run_id)), strict=True) if is_in]


@lru_cache(8)
def learned(run_id: UUID) -> np.ndarray:
    """The pictures that a run learned from, as sorted halves of their ids: 100,000 take 1 MB."""
    snapshot = Run.everything.values_list("snapshot", flat=True).get(id=run_id)
    return np.sort(halves([UUID(key) for key, _label, part in snapshot if part == TRAIN]))


def halves(ids: list[UUID]) -> np.ndarray:
    """Half of each id, uint64 [N]: ids are random, so that half is enough to tell them apart."""
    return np.array([key.int & (2**64 - 1) for key in ids], np.uint64)


def among(some: np.ndarray, of: np.ndarray) -> np.ndarray:
    """Which of some numbers are among sorted others, bool [N]."""
    if not len(of):
        return np.zeros(len(some), bool)
    return of[np.minimum(np.searchsorted(of, some), len(of) - 1)] == some
