"""Training pictures beside an answer. Only for people who may see the project's pictures: others can ask a shared AI and see none of them."""

from django import template

from webapp.projects.rules import may_edit
from webapp.serving import examples
from webapp.similar.words import how_alike

BUTTONS = 12  # labels that have a button of their own; the others are on the review page

register = template.Library()
register.filter("how_alike", how_alike)


@register.inclusion_tag("serving/_examples.html", takes_context=True)
def answer_examples(context: template.Context) -> dict:
    """The three nearest training pictures, each with a way to put its label right; nothing where there is no picture, or for a stranger."""
    request, project, model, picture = (context.get(name) for name in ("request", "project", "model", "picture"))
    if not (request and project and model and picture) or not may_edit(request.user, project):
        return {}
    found = examples.at_once(model=model, data=picture)
    labels = list(project.labels.all()) if found else []
    return {"project": project, "neighbours": found, "labels": labels[:BUTTONS], "more": len(labels) > BUTTONS, "next": request.path, "csrf_token": context.get("csrf_token")}
