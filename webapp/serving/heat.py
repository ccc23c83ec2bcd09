"""Where a model looked: heat over a picture for each label, drawn when somebody asks."""

import io
import logging
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from threading import Lock
from uuid import UUID

import numpy as np
from django.utils.translation import gettext as _
from PIL import Image as Picture

from trainer.bundle import BundleError
from trainer.heatmap import Heater, HeatError, normalised, seen
from trainer.memory import give_back
from trainer.pixels import PictureError, decode
from webapp.core import store
from webapp.core.errors import UserError
from webapp.images.models import Image
from webapp.serving.cache import damaged
from webapp.serving.models import Model
from webapp.serving.services import refused

SIDE = 256  # pixels of the longer side; a browser makes it as large as the picture
MOST_BYTES = 64_000_000  # of model files whose networks a process holds; a larger one is held alone
MOST_PICTURES = 64
COLD, HOT = (255, 205, 60), (200, 30, 10)  # the same over dark and light pages: it lies on photos
MOST_ALPHA = 190  # of 255: the picture stays visible below
UNSEEN = (20, 26, 23, 150)  # over what was cut off before the network looked

log = logging.getLogger(__name__)
_lock = Lock()  # a network is loaded once, and not two at a time
_turn = Lock()  # somebody's pictures are looked at one after another: each needs a few decoded pictures' worth of memory for a moment
_heaters: OrderedDict[UUID, tuple[Heater, int]] = OrderedDict()  # with the bytes of each, the latest asked last


@lru_cache(MOST_PICTURES)
def maps(model: Model, image: Image) -> np.ndarray:
    """Heat from 0 to 1 for each label of a model, float32 [labels, h, w], over what it sees of a picture. Raises UserError: no such map, or files are gone."""
    try:
        with told(model):
            return heater(model).heat(store.get(image.file_name))
    except (FileNotFoundError, PictureError) as error:
        raise UserError(_("That picture cannot be read any more."), code="no_picture") from error


def look(model: Model, data: bytes, place: int) -> tuple[bytes, bool]:
    """A PNG to lay over a picture that is kept nowhere, with the heat for the label at that place among the model's, and whether there is any. Raises UserError."""
    try:
        with told(model), _turn:
            network = heater(model)
            picture = decode(data, network.bundle.input_size)
            heat = normalised(network.slopes(picture))[place]
            give_back()  # each thread would keep what its pictures needed
    except PictureError as error:
        raise refused(error) from error
    height, width = picture.shape[:2]
    return overlay(heat, width, height), bool(heat.max() > 0)


@contextmanager
def told(model: Model) -> Iterator[None]:
    """What is wrong with a model is told to the person who asked where it looked."""
    try:
        yield
    except HeatError as error:
        raise UserError(_("This network keeps no map of the picture, so that nobody can see where it looked."), code="no_heat") from error
    except BundleError as error:
        log.error("model %s is damaged: %s", model.id, error)
        raise damaged() from error


def heater(model: Model) -> Heater:
    """The network of a model, from those that this process holds or loaded now; raises BundleError, HeatError."""
    with _lock:
        if model.id not in _heaters:
            folder = folder_of(model)
            size = (folder / "model.onnx").stat().st_size
            while _heaters and size + sum(held for _heater, held in _heaters.values()) > MOST_BYTES:
                _heaters.popitem(last=False)
            _heaters[model.id] = Heater(folder), size
        _heaters.move_to_end(model.id)
        return _heaters[model.id][0]


def folder_of(model: Model) -> Path:
    files = [store.local_path(f"{model.folder}/{name}") for name in model.files]
    folder = next((file.parent for file in files if file.name == "bundle.json"), None)
    if folder is None:
        raise BundleError("it has no files")
    return folder


def overlay(heat: np.ndarray, width: int, height: int) -> bytes:
    """A PNG with the proportions of a picture of that size, to be laid over it: heat [h, w], and a shade over what the network did not see."""
    scale = SIDE / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    left, top, right, bottom = (round(edge * scale) for edge in seen(width, height))
    layer = Picture.new("RGBA", size, UNSEEN)
    layer.paste(coloured(heat, (max(1, right - left), max(1, bottom - top))), (left, top))
    out = io.BytesIO()
    layer.save(out, "PNG")
    return out.getvalue()


def coloured(heat: np.ndarray, size: tuple[int, int]) -> Picture.Image:
    """Heat in colour, smooth between its places: clear where there is none, red where there is most."""
    smooth = np.asarray(Picture.fromarray(heat.astype(np.float32)).resize(size, Picture.Resampling.BICUBIC)).clip(0, 1)[..., None]
    colour = np.array(COLD) * (1 - smooth) + np.array(HOT) * smooth
    return Picture.fromarray(np.concatenate([colour, MOST_ALPHA * smooth**0.8], axis=2).round().astype(np.uint8), "RGBA")
