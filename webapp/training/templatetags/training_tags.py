"""Words and numbers of runs on pages."""

from django import template

from webapp.training import words
from webapp.training.models import Run

register = template.Library()
register.filter("percent", words.percent)
register.filter("duration", words.duration)
register.filter("stage_words", words.stage)
register.filter("about", words.about)


@register.filter
def preset_name(run: Run) -> str:
    return words.PRESET_NAMES.get(run.preset, run.preset)


@register.filter
def advice_words(run: Run) -> str:
    """Why `auto` chose the preset and the epochs of a run, as a sentence; nothing where a person chose."""
    return words.reason(run.advice)


@register.filter
def estimate_words(run: Run) -> str:
    """How long a run was expected to take: "about 40 s", or nothing where that is not known."""
    return "" if run.estimate_seconds is None else words.about(run.estimate_seconds)


@register.filter
def status_name(run: Run) -> str:
    return words.STATUSES.get(run.status, run.status)


@register.filter
def accuracy(run: Run) -> float | None:
    """The share of unseen pictures that it gets right: of the finished model, or of the best epoch so far."""
    model = getattr(run, "model", None)
    if model:
        return model.accuracy
    return run.best["val_accuracy"] if run.best else None


@register.filter
def right_of(run: Run) -> str:
    """"90% right (36 of 40)", or nothing before the first epoch."""
    share = accuracy(run)
    return "" if share is None else words.right_of(share, run.val_images)


@register.filter
def right_count(run: Run) -> int:
    return round((accuracy(run) or 0) * run.val_images)


@register.filter
def pictures(run: Run) -> int:
    """How many pictures it learned from or was checked with."""
    return run.train_images + run.val_images


@register.simple_tag
def run_steps(run: Run) -> list[dict]:
    """The steps of a live run: its name, and whether it is done or the current one."""
    at = next((place for place, (_name, stages) in enumerate(words.STEPS) if run.stage in stages), -1)
    return [{"name": name, "done": place < at, "current": place == at} for place, (name, _stages) in enumerate(words.STEPS)]
