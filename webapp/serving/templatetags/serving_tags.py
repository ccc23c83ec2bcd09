"""What the serving room puts on pages of its own and of others: the slider for "none of these"."""

import json

from django import template
from django.db.models import F

from webapp.projects.rules import editable
from webapp.serving.models import Model
from webapp.training.models import Run

register = template.Library()


@register.filter
def as_json(value: object) -> str:
    """A value for a script of the page, in an attribute."""
    return json.dumps(value, ensure_ascii=False)


@register.inclusion_tag("serving/_none_of_these.html", takes_context=True)
def none_of_these(context: template.Context, run: Run) -> dict:
    """The slider of a run's model with what each setting means; nothing where the run has no model, or one that cannot tell."""
    request = context["request"]
    model = Model.objects.filter(run_id=run.id).only("keep").annotate(unknown=F("run__evaluation__unknown"), may=editable(request.user, Model)).first()
    if model is None or not (model.unknown or {}).get("curve"):
        return {}
    points = [point_of(point) for point in model.unknown["curve"]]
    chosen = min(points, key=lambda point: abs(point["percent"] - 100 * model.keep))
    return {"model": model, "points": points, "chosen": chosen, "may": model.may, "next": request.path, "csrf_token": context.get("csrf_token")}


def point_of(point: dict) -> dict:
    """A setting in whole percent."""
    return {"percent": round(100 * point["keep"]), "coverage": point["coverage"], "refused": 1 - point["coverage"], "accuracy": point["accuracy"]}
