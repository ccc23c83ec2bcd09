"""What the pages of a project share: the three steps that are always visible."""

from django import template

from webapp.projects.models import Project
from webapp.projects.queries import with_steps

register = template.Library()


@register.inclusion_tag("projects/_stepper.html")
def stepper(project: Project, current: int, oob: str = "") -> dict:
    """The steps of a project; `current` is 1 labels and pictures, 2 train, 3 try; `oob` when htmx shall swap them where they stand."""
    known = project if hasattr(project, "is_trained") else with_steps(Project.objects.filter(id=project.id)).get()
    return {"project": project, "current": current, "oob": oob, "pictures": known.ready_count, "live": known.is_live, "trained": known.is_trained}
