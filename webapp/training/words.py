"""What training is called on pages: presets, stages, times and the options of a run, in plain words."""

from collections.abc import Mapping

from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from trainer.sentences import Refusal, said

PRESETS = [
    ("auto", _("Choose for me"), _("Takes what suits your pictures and this machine. Right for nearly everyone.")),
    ("quick", _("Quick"), _("Uses what the network knows already and learns only the last step.")),
    ("balanced", _("Balanced"), _("Learns the details of your pictures, with a good start, so that a few rounds are enough.")),
    ("accurate", _("Accurate"), _("Looks again and again, at varied pictures. Pays off when things look alike.")),
]
PRESET_NAMES = {name: title for name, title, _what in PRESETS}

# The four steps that a person sees, and the stages of a run that belong to each.
STEPS = [
    (_("Sort"), ("preparing",)),
    (_("Learn"), ("training",)),
    (_("Check"), ("evaluating",)),
    (_("Pack"), ("exporting", "publishing")),
]
STAGES = {
    "waiting": _("Waiting for a free hand"),
    "preparing": _("Sorting the pictures"),
    "training": _("Learning from %(count)d pictures"),
    "evaluating": _("Checking itself on pictures it has never seen"),
    "exporting": _("Packing what it learned"),
    "publishing": _("Packing what it learned"),
}
STATUSES = {
    "queued": _("Waiting"),
    "running": _("Now"),
    "ready": _("Finished"),
    "failed": _("Failed"),
    "cancelled": _("Cancelled"),
}

# The options that the folded part of the start form offers, by a short title; what they do and their bounds are said by the trainer.
OPTIONS = {
    "epochs": _("Epochs"),
    "augment": _("Vary the pictures"),
    "image_size": _("Picture size"),
    "backbone": _("Network"),
    "class_weights": _("Even out the labels"),
    "patience": _("Patience"),
    "batch_size": _("Batch"),
    "learning_rate": _("Learning rate"),
    "weight_decay": _("Weight decay"),
    "seed": _("Seed"),
}
CHOICES = {
    "none": _("No"),
    "light": _("A little"),
    "strong": _("A lot"),
    "balanced": _("Balanced"),
}

SIZES = {
    "small": _("small"),
    "medium": _("medium"),
    "large": _("large"),
}

# What the live page says by itself between two answers of the server; {names} are filled in there.
LIVE = {
    "epoch": gettext_noop("{epoch} of {epochs}"),
    "minutes": gettext_noop("{minutes} min {seconds} s"),
    "seconds": gettext_noop("{seconds} s"),
    "right": gettext_noop("{percent} right ({right} of {count})"),
    "status": gettext_noop("Epoch {epoch} of {epochs}. {right}."),
    "training": gettext_noop("Training pictures, run {number}"),
    "unseen": gettext_noop("Unseen pictures, run {number}"),
}


def live_words() -> dict[str, str]:
    """The sentences that the page's own modules fill in, in the language of the request."""
    return {name: gettext(text) for name, text in LIVE.items()}


def percent(share: float) -> str:
    """A share from 0 to 1 as whole percent: "90%". Only all is 100 and only nothing is 0."""
    whole = round(100 * share)
    if 0 < share < 1:
        whole = min(99, max(1, whole))
    return f"{whole}%"


def right_of(share: float, count: int) -> str:
    """"90% right (36 of 40)"."""
    return gettext(LIVE["right"]).format(percent=percent(share), right=round(share * count), count=count)


def duration(seconds: float | None) -> str:
    """Seconds in words; nothing when they are not known."""
    if seconds is None:
        return ""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    return gettext(LIVE["minutes"]).format(minutes=minutes, seconds=rest) if minutes else gettext(LIVE["seconds"]).format(seconds=rest)


def about(seconds: float) -> str:
    """A forecast, as exact as it can be: "about 40 s", "about 3 min", "about 2 h"."""
    if seconds < 90:
        return gettext("about %(seconds)d s") % {"seconds": max(1, round(seconds) if seconds < 20 else 5 * round(seconds / 5))}
    if seconds < 90 * 60:
        return gettext("about %(minutes)d min") % {"minutes": round(seconds / 60)}
    return gettext("about %(hours)d h") % {"hours": round(seconds / 3600)}


def refusal(error: Refusal, **names: object) -> str:
    """A sentence of the trainer in the language of the request; names replace values, such as `field` by the title of an option."""
    return translated(error.text, error.values | names)


def translated(text: str, values: Mapping[str, object]) -> str:
    """A text of the trainer in the language of the request, with its values."""
    return said(gettext(text), values)


def reason(advice: Mapping | None) -> str:
    """Why `auto` chose what it did (`Run.advice`), as a sentence; nothing where a person chose."""
    if not advice:
        return ""
    values = advice["values"]
    times = {name: about(values[key]) for name, key in (("time", "seconds"), ("instead_time", "instead")) if key in values}
    return translated(advice["reason"], values | times)


def stage(run) -> str:
    """What a live run does at the moment, as a headline."""
    return str(STAGES.get(run.stage, STAGES["waiting"])) % {"count": run.train_images}
