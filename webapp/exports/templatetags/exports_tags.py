"""Exporting on the pages of other rooms, and addresses from the web as links."""

from django import template

from webapp.projects.models import Project

register = template.Library()


@register.inclusion_tag("exports/_button.html", takes_context=True)
def export_button(context: template.Context, project: Project) -> dict:
    """One press makes the ZIP."""
    return {"project": project, "csrf_token": context.get("csrf_token")}


@register.filter
def web_address(address: str) -> str:
    """An address that may be a link: of the web, and nothing that would run here."""
    return address if address.lower().startswith(("https://", "http://")) else ""
