"""Which model answers, on the pages of other rooms: a card of the settings, and a line on the page of a run."""

from django import template
from django.utils.translation import gettext as _

from webapp.projects.models import Project
from webapp.serving import switching
from webapp.serving.finding_words import why
from webapp.serving.models import Publication
from webapp.serving.packing_words import packing
from webapp.serving.services import published_model
from webapp.training.models import Run

register = template.Library()
register.filter("why", why)
register.filter("packing", packing)


@register.inclusion_tag("serving/_publishing.html", takes_context=True)
def publishing_card(context: template.Context, project: Project) -> dict:
    """Which model answers for a project and since when, and what becomes of the next one."""
    request = context["request"]
    rules = [{"value": value, "name": name, "hint": hints()[value]} for value, name in Project.PUBLISHINGS]
    since = switching.latest(project.id)
    return {"project": project, "model": published_model(project), "since": since, "rules": rules, "next": request.path, "csrf_token": context.get("csrf_token")}


def hints() -> dict[str, str]:
    """What each rule means."""
    return {
        "always": _("The newest model answers as soon as it has been trained."),
        "better": _("Both models are asked about the pictures that neither of them has learned from. The new one answers only if it names more of them right."),
        "never": _("A new model waits until you put it in use."),
    }


@register.inclusion_tag("serving/_in_use.html", takes_context=True)
def in_use_line(context: template.Context, run: Run) -> dict:
    """Whether the model of a run is the one that answers, and the button that makes it so; nothing where a run left no model."""
    model = getattr(run, "model", None)
    return {"run": run, "model": model, "next": context["request"].path, "csrf_token": context.get("csrf_token")} if model else {}


@register.filter
def cause_words(publication: Publication) -> str:
    """How a model came into use."""
    words = {
        Publication.TRAINED: _("after its training"),
        Publication.CHOSEN: _("chosen"),
        Publication.UNDONE: _("gone back to"),
        Publication.REMOVED: _("because a run was deleted"),
        Publication.RESTORED: _("brought back"),
        Publication.PACKED: _("packed for speed") if publication.packing else _("as it was trained"),
    }
    return words.get(publication.cause, "")


@register.filter
def run_name(publication: Publication) -> str:
    """The name of the run whose model answered; also of one that is deleted."""
    if publication.number is None:
        return _("No model")
    return publication.model.run.title if publication.model else _("Run %(number)d") % {"number": publication.number}
