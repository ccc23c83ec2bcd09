"""The ways to train that the start form offers, each with the time that it will take for this project on this machine."""

from collections.abc import Sequence
from dataclasses import dataclass

from trainer.advice import Forecast
from trainer.config import ConfigError
from webapp.projects.models import Label
from webapp.training import words
from webapp.training.advising import Plan, forecast, plan
from webapp.training.forms import StartForm


@dataclass(frozen=True)
class Offer:
    """A preset with its title and what it does; `seconds` it will take, and for "choose for me" what that chooses (`takes`) and why."""

    name: str
    title: str
    what: str
    is_chosen: bool
    seconds: float | None = None
    takes: str = ""
    reason: str = ""


def offers(form: StartForm, labels: Sequence[Label]) -> list[Offer]:
    """All presets, for these labels (`counted`) and the options in the form as far as they make sense."""
    settings = form.changed() if form.is_bound and form.is_valid() else {}
    wanted, expected = form["preset"].value() or "auto", forecast(labels)
    return [offer(name, title, what, name == wanted, settings, expected) for name, title, what in words.PRESETS]


def offer(name: str, title: str, what: str, is_chosen: bool, settings: dict, expected: Forecast) -> Offer:
    planned = planned_or_none(name, settings, expected)
    if planned is None:
        return Offer(name, title, what, is_chosen)
    takes = words.PRESET_NAMES[planned.config.preset] if planned.advice else ""
    return Offer(name, title, what, is_chosen, planned.seconds, takes, words.reason(planned.advice and planned.advice.to_dict()))


def planned_or_none(name: str, settings: dict, expected: Forecast) -> Plan | None:
    """What a preset would do, or None where it cannot be had with these options."""
    try:
        return plan(name, settings, expected)
    except ConfigError:
        return None
