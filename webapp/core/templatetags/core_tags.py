"""What every page uses: icons and faces out of one sprite."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str, css: str = "icon") -> SafeString:
    """A decorative icon of the sprite; the words beside it, or the aria-label of its button, say what it means."""
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#i-{}"/></svg>', css, static("core/icons.svg"), name)


@register.simple_tag
def face(mood: str, css: str = "face") -> SafeString:
    """The face of the AI: happy (ready, answered), think (working, empty) or puzzled (nothing found)."""
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#face-{}"/></svg>', css, static("core/icons.svg"), mood)


@register.simple_tag
def hanamaru(css: str = "well-done") -> SafeString:
    """The teacher's red flower, for a finished run with 90% or more; once on a page."""
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#mark-hanamaru"/></svg>', css, static("core/icons.svg"))


@register.simple_tag(takes_context=True)
def back_address(context: template.Context) -> str:
    """The page a refused form was sent from, when it is one of ours."""
    request = context.get("request")
    came_from = request.META.get("HTTP_REFERER", "") if request and request.method == "POST" else ""
    return came_from if url_has_allowed_host_and_scheme(came_from, {request.get_host()} if request else set()) else ""
