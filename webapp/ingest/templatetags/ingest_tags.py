"""Uploads on the page of labels and pictures: the place to drop files, the button of a label, and work in progress."""

from django import template

from webapp.images.rows import is_busy
from webapp.ingest.formats import ACCEPT
from webapp.ingest.panels import live_panel
from webapp.ingest.transfers import unfinished
from webapp.projects.models import Label, Project

register = template.Library()


@register.inclusion_tag("ingest/_drop.html", takes_context=True)
def upload_drop(context: template.Context, project: Project) -> dict:
    """Where files and folders are dropped, and the uploads that are still at work."""
    waiting = unfinished(context["request"].user, project)
    return {"project": project, "panel": live_panel(project) if is_busy(project) else None, "unfinished": waiting, "csrf_token": context.get("csrf_token"), "shelf": context.get("shelf"), "accept": ACCEPT}


@register.inclusion_tag("ingest/_label_button.html", takes_context=True)
def upload_button(context: template.Context, label: Label) -> dict:
    """Upload for one label."""
    return {"label": label, "csrf_token": context.get("csrf_token"), "accept": ACCEPT}
