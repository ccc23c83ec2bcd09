"""Taking a picture down, on the pages of other rooms."""

from django import template

from webapp.images.models import Image

register = template.Library()


@register.inclusion_tag("takedown/_button.html", takes_context=True)
def take_down_button(context: template.Context, image: Image) -> dict:
    """The button, which asks before. Show it to the owner of the project alone: nobody else may."""
    return {"image": image, "csrf_token": context.get("csrf_token")}
