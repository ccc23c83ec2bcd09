"""Reports, on the pages of others."""

from django import template

from webapp.projects.models import Project
from webapp.sharing import reports
from webapp.sharing.models import Sharing

register = template.Library()


@register.inclusion_tag("sharing/_report_link.html")
def report_link(sharing: Sharing) -> dict:
    """The way from a play page to a report."""
    return {"sharing": sharing}


@register.inclusion_tag("sharing/_hidden.html", takes_context=True)
def hidden_notice(context: template.Context, project: Project) -> dict:
    """On the pages of a project: that it is hidden, why, and what to do; nothing, and no question, where it is not."""
    owns = project.owner_id == context["request"].user.id
    return {"project": project, "owns": owns, "hiding": reports.hiding_of(project), "csrf_token": context.get("csrf_token")}
