"""What the speed lab calls things on pages: engines, times, shares, and the sentences that the page's own module fills in too."""

import math

from django.utils.translation import gettext, gettext_noop, ngettext
from django.utils.translation import gettext_lazy as _

from webapp.serving.packing_words import ENGINES, engine

__all__ = ["ENGINES", "engine"]

PRECISIONS = ("fp32", "bf16", "fp16", "int8")  # in the order of the table's columns

# What the board says. {names} are filled in here for a page as it comes, and by lab.js while a person moves the limit.
SENTENCES = {
    "fits": gettext_noop("{name} fits best: {time}, {right} right."),
    "none": gettext_noop("Nothing here answers within {limit}. The fastest is {name}: {time}, {right} right."),
    "picked": gettext_noop("You chose {name}: {time}, {right} right."),
    "inside": gettext_noop("Inside {limit}"),
    "over": gettext_noop("Over {limit}"),
}

# What a time feels like, up to a number of milliseconds.
FEELS = [
    (33, _("Fast enough for 30 pictures a second: smooth on a live camera.")),
    (100, _("Feels instant to a person; a live camera follows with small jumps.")),
    (1000, _("A person notices the wait, but not for long.")),
    (float("inf"), _("A person waits. Good enough for work that runs by itself.")),
]


def sentences() -> dict[str, str]:
    """What the page's module fills in, in the language of the request."""
    return {name: gettext(text) for name, text in SENTENCES.items()}


def milliseconds(value: float | None) -> str:
    """A time with its unit, as exactly as it was measured: "0.42 ms", "14.2 ms", "120 ms"."""
    return "–" if value is None else f"{number(value)} ms"


def number(value: float) -> str:
    """A number of milliseconds: two digits behind the point below one, one below a hundred."""
    return f"{value:.2f}" if value < 1 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def limit(value: float) -> str:
    """A limit as it was typed, with its unit."""
    return f"{value:g} ms"


def share(value: float | None) -> str:
    """A share of pictures to a tenth of a percent; all and none are said only when it was all or none."""
    if value is None:
        return "–"
    if value in (0, 1):
        return f"{100 * value:.0f}%"
    return f"{min(99.9, max(0.1, 100 * value)):.1f}%"


def way_name(row, native: int) -> str:
    """A row or variant by engine and precision, and by its input where that is smaller than the model's own: "OpenVINO int8, 192 px"."""
    name = f"{engine(row.engine)} {row.precision}"
    return name if row.input_size == native else f"{name}, {row.input_size} px"


def full_name(row) -> str:
    """A row with all that tells it from others."""
    threads = ngettext("%(count)d thread", "%(count)d threads", row.threads) % {"count": row.threads}
    return f"{engine(row.engine)} {row.precision}, {row.input_size} px, {threads}"


def gain(row, baseline) -> str:
    """How a row's time compares with that of the model as it was trained; nothing where that was not measured. The clock of another moment may have told another load, so it is not compared."""
    if baseline is None:
        return ""
    if row == baseline:
        return gettext("The model as it was trained.")
    if row.measured_in != baseline.measured_in:
        return gettext("Timed at another moment than the model as it was trained. To compare the two, measure again.")
    times = baseline.p50_ms / row.p50_ms
    if times >= 1.05:
        return gettext("%(times).1f times as fast as the model as it was trained.") % {"times": times}
    return gettext("As fast as the model as it was trained.") if times > 0.95 else ""


def sentence(kind: str, **values: str) -> str:
    """One of the board's sentences, filled in."""
    return gettext(SENTENCES[kind]).format(**values)


def rounded_up(value: float) -> float:
    """A time as the next number of two digits, which is easy to say."""
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    return float(f"{unit * math.ceil(round(value / unit, 6)):.6g}")


def machine(facts: dict) -> str:
    """A machine by its name and how many cores it has."""
    cores = facts.get("cores") or 0
    return ngettext("%(name)s, %(cores)d core", "%(name)s, %(cores)d cores", cores) % {"name": facts.get("name", ""), "cores": cores}
