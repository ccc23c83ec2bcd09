"""What training is called on pages: presets, stages, times and the options of a run, in plain words."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import gettext_noop as noop

PRESETS = [
    ("auto", lazy("Choose for me"), lazy("Takes what suits your pictures and this machine. Right for nearly everyone.")),
    ("quick", lazy("Quick"), lazy("Uses what the network knows already and learns only the last step. Done in seconds.")),
    ("accurate", lazy("Accurate"), lazy("Looks again and again and learns every detail. Takes minutes, and pays off when things look alike.")),
]
PRESET_NAMES = dict((name, title) for name, title, _what in PRESETS) | {"balanced": lazy("Balanced")}

# The four steps that a person sees, and the stages of a run that belong to each.
STEPS = [
    (lazy("Sort"), ("preparing",)),
    (lazy("Learn"), ("training",)),
    (lazy("Check"), ("evaluating",)),
    (lazy("Pack"), ("exporting", "publishing")),
]
STAGES = {
    "waiting": lazy("Waiting for a free hand"),
    "preparing": lazy("Sorting the pictures"),
    "training": lazy("Learning from %(count)d pictures"),
    "evaluating": lazy("Checking itself on pictures it has never seen"),
    "exporting": lazy("Packing what it learned"),
    "publishing": lazy("Packing what it learned"),
}
STATUSES = {
    "queued": lazy("Waiting"),
    "running": lazy("Now"),
    "ready": lazy("Finished"),
    "failed": lazy("Failed"),
    "cancelled": lazy("Cancelled"),
}

# The options that the folded part of the start form offers, with our words for them; their bounds come from the trainer.
OPTIONS = {
    "epochs": (lazy("Epochs"), lazy("How many times all pictures are looked at.")),
    "augment": (lazy("Vary the pictures"), lazy("Turns, crops and tints training pictures, so that few go further.")),
    "class_weights": (lazy("Even out the labels"), lazy("Balanced lets labels with few pictures count more.")),
    "patience": (lazy("Patience"), lazy("Stop after this many epochs without getting better; 0 goes on to the end.")),
    "image_size": (lazy("Picture size"), lazy("Width and height in pixels that the network sees.")),
    "batch_size": (lazy("Batch"), lazy("How many pictures are learned from at once.")),
    "learning_rate": (lazy("Learning rate"), lazy("The largest step of learning.")),
    "weight_decay": (lazy("Weight decay"), lazy("Keeps what is learned simple.")),
    "seed": (lazy("Seed"), lazy("The same seed and pictures give the same AI.")),
}
CHOICES = {
    "none": lazy("No"),
    "light": lazy("A little"),
    "strong": lazy("A lot"),
    "balanced": lazy("Balanced"),
}

# What the live page says by itself between two answers of the server; {names} are filled in there.
LIVE = {
    "epoch": noop("{epoch} of {epochs}"),
    "minutes": noop("{minutes} min {seconds} s"),
    "seconds": noop("{seconds} s"),
    "right": noop("{percent} right ({right} of {count})"),
    "status": noop("Epoch {epoch} of {epochs}. {right}."),
    "run": noop("Run {number}"),
    "training": noop("Training pictures, run {number}"),
    "unseen": noop("Unseen pictures, run {number}"),
}


def live_words() -> dict[str, str]:
    """The sentences that the page's own modules fill in, in the language of the request."""
    return {name: _(text) for name, text in LIVE.items()}


def percent(share: float) -> str:
    """A share from 0 to 1 as whole percent: "90%". Only all is 100 and only nothing is 0."""
    whole = round(100 * share)
    if 0 < share < 1:
        whole = min(99, max(1, whole))
    return f"{whole}%"


def right_of(share: float, count: int) -> str:
    """"90% right (36 of 40)"."""
    return _(LIVE["right"]).format(percent=percent(share), right=round(share * count), count=count)


def duration(seconds: float | None) -> str:
    """Seconds in words; nothing when they are not known."""
    if seconds is None:
        return ""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    return _(LIVE["minutes"]).format(minutes=minutes, seconds=rest) if minutes else _(LIVE["seconds"]).format(seconds=rest)


def stage(run) -> str:
    """What a live run does at the moment, as a headline."""
    return str(STAGES.get(run.stage, STAGES["waiting"])) % {"count": run.train_images}
