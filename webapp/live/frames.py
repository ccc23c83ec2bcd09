"""One frame: what may be looked at, and looking at it."""

import io
import time
from dataclasses import dataclass
from functools import cache

from PIL import Image

from trainer.pixels import DAMAGE, PictureError
from trainer.predict import Prediction
from webapp.live.rules import FRAME_PIXELS, SCANS, TOO_BIG, UNSUPPORTED, Refused
from webapp.serving.answered import LIVE, answered
from webapp.serving.cache import Predictors
from webapp.serving.models import Model

JPEG, SCAN = b"\xff\xd8\xff", b"\xff\xda"


@dataclass(frozen=True)
class Frame:
    """The nth frame of a socket, and when it came."""

    seq: int
    data: bytes
    came: float


@cache
def predictors() -> Predictors:
    """The predictors of the live process: each looks with one core, so that frames of several people are looked at side by side."""
    return Predictors(threads=1)


def look(model: Model, data: bytes, top: int, key: str) -> Prediction:
    """The answer about a frame that came with the key of this name, "" without one. Raises Refused: what is never looked at; PictureError: a damaged frame; UserError: a damaged model."""
    measure(data)
    prediction = predictors().of(model).predict(data, top, model.keep)
    answered.send_robust(Model, model=model, data=data, prediction=prediction, door=LIVE, key=key)
    return prediction


def measure(data: bytes) -> None:
    """Read the head of a JPEG before anything of it is decoded. Raises Refused and PictureError."""
    if not data.startswith(JPEG):
        raise Refused(UNSUPPORTED, "Send each frame as one binary JPEG.")
    if data.count(SCAN) > SCANS:
        raise Refused(UNSUPPORTED, "This JPEG is built to take long. Send a plain one.")
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as picture:
            width, height = picture.size
    except Image.DecompressionBombError as error:
        raise too_many_pixels() from error
    except DAMAGE as error:
        raise PictureError("damaged", "The frame is damaged or cut short.") from error
    if width * height > FRAME_PIXELS:
        raise too_many_pixels()


def too_many_pixels() -> Refused:
    return Refused(TOO_BIG, "The frame has too many pixels. Send it as small as the model looks at it.")


def answer(frame: Frame, model: Model, prediction: Prediction, began: float) -> dict:
    """What a socket is sent about a frame. Times are in milliseconds: waiting, decoding, inference, and all from its coming on."""
    return {
        "seq": frame.seq,
        "predictions": [{"label": label, "confidence": round(share, 4)} for label, share in prediction.answers],
        "unknown": prediction.unknown,
        "model_id": str(model.id),
        "timing": {
            "queue_ms": round(1000 * (began - frame.came), 2),
            "decode_ms": round(prediction.decode_ms, 2),
            "infer_ms": round(prediction.infer_ms, 2),
            "total_ms": round(1000 * (time.perf_counter() - frame.came), 2),
        },
    }
