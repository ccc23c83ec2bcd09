"""What training is called on pages: presets, stages, times and the options of a run, in plain words."""

from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

PRESETS = [
    ("auto", _("Choose for me"), _("Takes what suits your pictures and this machine. Right for nearly everyone.")),
    ("quick", _("Quick"), _("Uses what the network knows already and learns only the last step. Done in seconds.")),
    ("accurate", _("Accurate"), _("Looks again and again and learns every detail. Takes minutes, and pays off when things look alike.")),
]
PRESET_NAMES = dict((name, title) for name, title, _what in PRESETS) | {"balanced": _("Balanced")}

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

# The options that the folded part of the start form offers, with our words for them; their bounds come from the trainer.
OPTIONS = {
    "epochs": (_("Epochs"), _("How many times all pictures are looked at.")),
    "augment": (_("Vary the pictures"), _("Turns, crops and tints training pictures, so that few go further.")),
    "class_weights": (_("Even out the labels"), _("Balanced lets labels with few pictures count more.")),
    "patience": (_("Patience"), _("Stop after this many epochs without getting better; 0 goes on to the end.")),
    "image_size": (_("Picture size"), _("Width and height in pixels that the network sees.")),
    "batch_size": (_("Batch"), _("How many pictures are learned from at once.")),
    "learning_rate": (_("Learning rate"), _("The largest step of learning.")),
    "weight_decay": (_("Weight decay"), _("Keeps what is learned simple.")),
    "seed": (_("Seed"), _("The same seed and pictures give the same AI.")),
}
CHOICES = {
    "none": _("No"),
    "light": _("A little"),
    "strong": _("A lot"),
    "balanced": _("Balanced"),
}

# What the live page says by itself between two answers of the server; {names} are filled in there.
LIVE = {
    "epoch": gettext_noop("{epoch} of {epochs}"),
    "minutes": gettext_noop("{minutes} min {seconds} s"),
    "seconds": gettext_noop("{seconds} s"),
    "right": gettext_noop("{percent} right ({right} of {count})"),
    "status": gettext_noop("Epoch {epoch} of {epochs}. {right}."),
    "run": gettext_noop("Run {number}"),
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


def stage(run) -> str:
    """What a live run does at the moment, as a headline."""
    return str(STAGES.get(run.stage, STAGES["waiting"])) % {"count": run.train_images}
