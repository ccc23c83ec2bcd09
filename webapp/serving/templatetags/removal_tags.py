"""Deleting a run, on the pages of the training room: which model answers afterwards is known here."""

from django import template

from webapp.serving.removal import successor
from webapp.training.models import Run

register = template.Library()


@register.inclusion_tag("serving/_remove_run.html", takes_context=True)
def remove_run_button(context: template.Context, run: Run) -> dict:
    """The button that deletes a run that has ended; it asks before, and says what answers afterwards where this run's model is in use."""
    model = getattr(run, "model", None)
    is_used = bool(model and model.published)
    return {"run": run, "is_used": is_used, "next": successor(run) if is_used else None, "csrf_token": context.get("csrf_token")}
