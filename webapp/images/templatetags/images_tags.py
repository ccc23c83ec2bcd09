"""Pictures on the pages of lower rooms: cards of projects."""

from collections.abc import Iterable

from django import template

from webapp.images.rows import covers
from webapp.projects.models import Project

register = template.Library()


@register.inclusion_tag("images/_project_cards.html")
def project_cards(projects: Iterable[Project]) -> dict:
    """A card for each project of `projects.queries.mine`, with its labels and first pictures."""
    rows = list(projects)
    pictures = covers(rows)
    return {"cards": [{"project": project, "pictures": pictures[project.id]} for project in rows]}
