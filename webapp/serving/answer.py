"""An answer in words: what the model thinks, and how sure it is."""

import json

from django.utils.translation import gettext as _

from trainer.predict import Prediction

SURE, LIKELY, PERHAPS = 0.9, 0.7, 0.5
TOP = 8  # bars of an answer


def answer_of(prediction: Prediction) -> dict:
    """What the page shows of a prediction: bars in percent, best first, a sentence about the best, and `facts` for scripts, in JSON."""
    bars = [{"label": label, "share": share, "value": round(100 * share, 1), "percent": percent(share)} for label, share in prediction.answers[:TOP]]
    return {
        "bars": bars,
        "best": bars[0],
        "shares": prediction.answers,
        "facts": json.dumps({"shares": prediction.answers, "familiarity": prediction.familiarity, "unknown": prediction.unknown}, ensure_ascii=False),
        "unknown": prediction.unknown,
        "words": how_sure(bars[0]["share"]),
        "ms": prediction.decode_ms + prediction.infer_ms,
        "decode_ms": prediction.decode_ms,
        "infer_ms": prediction.infer_ms,
    }


def percent(share: float) -> str:
    """Whole percent, 100 only for what is as good as certain."""
    return f"{min(round(100 * share), 100 if share > 0.9995 else 99)}%"


def how_sure(share: float) -> str:
    if share >= SURE:
        return _("I am quite sure.")
    if share >= LIKELY:
        return _("I think so.")
    if share >= PERHAPS:
        return _("Perhaps. I am not sure.")
    return _("I can hardly tell. These are my best guesses.")
