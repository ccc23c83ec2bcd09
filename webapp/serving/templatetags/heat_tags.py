"""The heat of a model on pages of other rooms."""

from django import template
from django.urls import reverse

from webapp.core.errors import UserError
from webapp.images.models import Image
from webapp.serving.heat import maps
from webapp.serving.models import Model
from webapp.training.models import Run

register = template.Library()


@register.inclusion_tag("serving/_heat.html")
def where_it_looked(run: Run, image: Image, said: str, actual: str) -> dict:
    """A picture of a run beside the heat for what was said to it and, when that was wrong, for its label; or why there is none."""
    model = Model.objects.filter(run_id=run.id).first()
    try:
        heats = [shown(model, image, name) for name in dict.fromkeys((said, actual)) if name in model.labels] if model and maps(model, image).size else []
    except UserError as error:
        return {"image": image, "refused": str(error)}
    return {"image": image, "heats": heats, "said": said, "actual": actual}


def shown(model: Model, image: Image, name: str) -> dict:
    """The heat for one label: its address, and whether anything in the picture spoke for the label at all."""
    place = model.labels.index(name)
    address = reverse("serving:heat", args=[model.id, image.id]) + f"?label={place}"
    return {"name": name, "address": address, "is_blank": not maps(model, image)[place].max() > 0}
