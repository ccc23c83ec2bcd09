"""Words and numbers of the list of runs and of comparisons."""

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trainer.metrics import wilson_interval
from webapp.training import words
from webapp.training.compare import Pair, Setting
from webapp.training.compare_answers import Score
from webapp.training.compare_pictures import Moves
from webapp.training.models import Run
from webapp.training.templatetags.training_tags import accuracy

register = template.Library()


@register.filter
def interval(run: Run) -> list[float] | None:
    """Where its accuracy on new pictures probably lies, [low, high] with 95 %; None before there is one."""
    share = accuracy(run)
    return None if share is None or not run.val_images else wilson_interval(round(share * run.val_images), run.val_images)


@register.filter
def setting_name(name: str) -> str:
    """A setting as the start form calls it, or as programs do."""
    ours = {"preset": _("Preset"), "device": _("Trained on")}
    return ours.get(name) or words.OPTIONS.get(name, name)


@register.filter
def setting_value(value: object) -> object:
    """A value as the start form calls it; a dash for none."""
    if value in (None, ""):
        return "–"
    return (words.PRESET_NAMES | words.CHOICES).get(value, value) if isinstance(value, str) else value


@register.filter
def signed(number: int) -> str:
    """A difference with its sign: +3, −2, ±0."""
    return f"+{number}" if number > 0 else f"−{-number}" if number else "±0"


@register.filter
def p_words(p: float) -> str:
    """How often chance does this: "0.4%", "38%"."""
    return "<0.1%" if p < 0.001 else f"{100 * p:.1f}%" if p < 0.1 else f"{100 * p:.0f}%"


@register.filter
def verdict(pair: Pair) -> str:
    """What came of it, as an honest sentence: who names more right, and whether that is more than chance."""
    score = pair.score
    if score is None:
        return _("One of the two kept no answers, so there is nothing to hold against each other.")
    if not score.count:
        return _("They share no test picture, so their shares of right answers say little about each other.")
    return f"{counted(pair, score)} {weighed(score)}"


def counted(pair: Pair, score: Score) -> str:
    values = {"base": pair.base.title, "other": pair.other.title, "before": score.before, "after": score.after, "count": score.count}
    return _("Of %(count)d test pictures that both have, %(base)s names %(before)d right and %(other)s %(after)d.") % values


def weighed(score: Score) -> str:
    if not score.gained + score.lost:
        return _("No right or wrong answer changed.")
    if not score.change:
        return _("So neither is better.")
    if score.is_chance:
        return _("That may well be chance: a difference like this comes by itself in %(p)s of cases.") % {"p": p_words(score.p)}
    return _("That is more than chance: it would come by itself in only %(p)s of cases.") % {"p": p_words(score.p)}


@register.filter
def moved(pair: Pair) -> str:
    """What became of the pictures of the first run in the other one, as sentences."""
    moves = pair.moves
    if moves.is_same:
        return _("Exactly the same pictures, split in the same way.")
    told = [
        (moves.only_before, ngettext("%(count)d picture is only in %(base)s.", "%(count)d pictures are only in %(base)s.", moves.only_before)),
        (moves.only_after, ngettext("%(count)d picture is only in %(other)s.", "%(count)d pictures are only in %(other)s.", moves.only_after)),
        (moves.to_train, ngettext("%(count)d went from unseen to learned from.", "%(count)d went from unseen to learned from.", moves.to_train)),
        (moves.to_val, ngettext("%(count)d went from learned from to unseen.", "%(count)d went from learned from to unseen.", moves.to_val)),
        (relabelled(moves), ngettext("%(count)d has another label.", "%(count)d have another label.", relabelled(moves))),
    ]
    return " ".join(text % {"count": count, "base": pair.base.title, "other": pair.other.title} for count, text in told if count)


def relabelled(moves: Moves) -> int:
    return sum(change.count for change in moves.relabelled)


@register.filter
def name_among(run: Run, runs: list[Run]) -> str:
    """The title of a run, with the name of its project where they are of several."""
    return run.title if len({other.project_id for other in runs}) == 1 else f"{run.project.name} ・ {run.title}"


@register.filter
def first_among(run: Run, runs: list[Run]) -> str:
    """The address of the same comparison with this run as the first."""
    return ",".join(str(other.id) for other in [run, *(other for other in runs if other.id != run.id)])


@register.filter
def different(settings: list[Setting]) -> list[Setting]:
    return [setting for setting in settings if setting.differs]


@register.filter
def same(settings: list[Setting]) -> list[Setting]:
    return [setting for setting in settings if not setting.differs]
