"""What this room puts on the pages of others: the correction beside an answer, what was corrected lately, what is kept, and for how long."""

from datetime import timedelta
from functools import cache

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from webapp.answers import corrections
from webapp.answers.keeping import DAYS, current
from webapp.answers.progress import progress
from webapp.projects.models import Project
from webapp.projects.rules import may_edit
from webapp.serving.answer import percent
from webapp.training import services as training

BUTTONS = 12  # labels that have a button of their own; the others are chosen from a list
LATELY = timedelta(hours=12)
LISTED = 5

register = template.Library()


@register.inclusion_tag("answers/_fix.html", takes_context=True)
def answer_correction(context: template.Context) -> dict:
    """ "This is wrong", in the answer about a picture: which label is right. Nothing where there is no picture, or this person may not change the project."""
    request, project, model, answer = context.get("request"), context.get("project"), context.get("model"), context.get("answer")
    if not (request and project and model and answer) or not may_edit(request.user, project):
        return {}
    said = "" if answer["unknown"] else answer["best"]["label"]
    labels = [label for label in project.labels.all() if label.name != said]
    likely = {label: place for place, (label, _share) in enumerate(answer["shares"])}
    labels.sort(key=lambda label: likely.get(label.name, len(likely)))
    return {
        "project": project,
        "model": model,
        "buttons": labels[:BUTTONS],
        "others": labels[BUTTONS:],
        "has_script": request.htmx,
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("answers/_lately.html", takes_context=True)
def corrections_lately(context: template.Context, project: Project) -> dict:
    """What was corrected within the last hours, and where the page's module puts what is corrected now. Nothing for whoever may not change the project."""
    request = context["request"]
    if not may_edit(request.user, project):
        return {}
    rows = corrections.shown(project).filter(created__gte=timezone.now() - LATELY, undone=None)[:LISTED]
    live_run = cache(training.live_run)
    return {"project": project, "lately": [progress(row, live_run) for row in rows], "may": True, "csrf_token": context.get("csrf_token"), "request": request}


@register.simple_tag
def answers_kept(project: Project) -> str:
    """What becomes of a picture that is asked about, in a sentence that is true."""
    if not project.answers_days:
        return _("The picture is looked at and forgotten. It is kept nowhere.")
    days = project.answers_days
    text = ngettext(
        "The picture and the answer are kept for %(days)d day, for those who work on this AI.",
        "The picture and the answer are kept for %(days)d days, for those who work on this AI.",
        days,
    )
    return text % {"days": days}


@register.inclusion_tag("answers/_card.html", takes_context=True)
def answers_card(context: template.Context, project: Project) -> dict:
    """For how long answers are kept; only the owner may choose."""
    owns = project.owner_id == context["request"].user.id
    return {"project": project, "owns": owns, "days": [(days, days_words(days)) for days in DAYS], "kept": current(project).count(), "csrf_token": context.get("csrf_token")}


@register.filter
def in_percent(share: float) -> str:
    """A confidence as the try page shows it."""
    return percent(share)


@register.filter
def days_words(days: int) -> str:
    return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}
