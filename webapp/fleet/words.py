"""Sentences about the fleet, in the language of whoever reads them."""

from django.utils.translation import gettext as _

from webapp.fleet import events
from webapp.fleet.models import Event, Machine


def state(name: str) -> str:
    """The state of a machine, as a word."""
    return {
        Machine.WISHED: _("asked for"),
        Machine.STARTING: _("starting"),
        Machine.RUNNING: _("running"),
        Machine.STOPPING: _("stopping"),
        Machine.STOPPED: _("stopped"),
        Machine.GONE: _("gone"),
    }.get(name, _("unknown"))


def why(word: str, facts: dict) -> str:
    """Why something is done, or nothing is."""
    sentences = {
        "nothing_waits": _("No training waits, so nothing needs to be started."),
        "at_work": _("Trainings are under way and none waits."),
        "coming": _("A machine is on its way; it takes some minutes until it can train."),
        "enough": _("The machines that run will get through what waits in good time."),
        "paused": _("It is paused: nothing is started or stopped by itself."),
        "quiet": _("The provider wants to be left alone for a moment."),
        "most": _("As many machines run as may run at once (%(most)s)."),
        "starts": _("Six machines were started within the last hour, which is the most."),
        "kept": _("There are many stopped machines that are of no use now. Delete some at the provider: each has a disk that costs."),
        "budget": _("The budget of the month (%(budget)s) leaves too little: %(spent)s is spent, and a start needs %(reserve)s in reserve for the longest training."),
        "no_capacity": _("The provider has none of these machines to give at this moment. In a few minutes it is asked again."),
        "too_dear": _("The budget of the month (%(budget)s) leaves too little for it to begin another training: %(spent)s is spent."),
        "no_zones": _("It is not known in which zones machines may be made. Set FLEET_ZONES, or try fleet --check."),
        "no_types": _("No types of machines are set. Set FLEET_TYPES."),
        "work": _("A training waits."),
        "person": _("A person wants it."),
        "idle": _("It had nothing to do for %(minutes)s minutes."),
        "done": _("Its work has ended."),
        "no_worker": _("No worker came up on it within %(minutes)s minutes. Look at its log at the provider."),
        "takes_nothing": _("Work waits and it takes none. Look at the log of its worker."),
        "affordable": _("There is money for more work."),
    }
    known = {"most": "?", "budget": "?", "spent": "?", "reserve": "?", "minutes": "?"} | {name: number(value) for name, value in facts.items()}
    return sentences.get(word, word) % known


def number(value: object) -> object:
    """A number as people write it."""
    return f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else value


def event(row: Event) -> str:
    """What happened, as a sentence."""
    said = {
        events.START: _("Started."),
        events.CREATE: _("Made and started."),
        events.TRIED: _("Tried to start, in vain."),
        events.STOP: _("Told to stop."),
        events.LEAVE: _("Begins nothing new, and stops when its work has ended."),
        events.STAY: _("May begin new work again."),
        events.HOLD: _("Not started."),
        events.FOUND: _("Found: somebody else has made it."),
        events.GONE: _("It does not exist any more."),
        events.SWITCHED_ON: _("Somebody else has switched it on."),
        events.STOPPED: _("Stopped."),
        events.ENDED_BY_ITSELF: _("It ended by itself, or somebody else has stopped it."),
        events.NEVER_CAME_UP: _("It never came up."),
        events.TAKEN: _("Its provider takes it back; what it had in hand goes to another one."),
        events.NO_CAPACITY: _("There is none to be had there."),
        events.LIMITED: _("The provider was asked too often."),
        events.NOT_ALLOWED: _("The provider did not allow it."),
        events.UNREACHABLE: _("The provider did not answer."),
        events.WISHED_ON: _("A person wants it on."),
        events.WISHED_OFF: _("A person wants it off."),
        events.WANTED: _("A person wants one machine more."),
        events.PAUSED: _("Paused by a person."),
        events.RESUMED: _("Goes on, by a person."),
        events.TAKEN_BACK: _("A person has taken a wish back."),
    }.get(row.kind, row.kind)
    reason = why(row.facts["why"], row.facts) if row.facts.get("why") else row.facts.get("said", "")
    return f"{said} {reason}".strip()
