"""What the pages of a project share: the three steps that are always visible."""

from django import template

from webapp.projects.models import Project

register = template.Library()


@register.inclusion_tag("projects/_stepper.html")
def stepper(project: Project, current: int, oob: str = "") -> dict:
    """The steps of a project; `current` is 1 labels and pictures, 2 train, 3 try; `oob` when htmx shall swap them where they stand."""
    return {
        "project": project,
        "current": current,
        "oob": oob,
        "pictures": project.images.filter(status="ready").count(),
        "live": project.runs.filter(active=True).exists(),
        "trained": project.models.filter(published=True).exists(),
    }
