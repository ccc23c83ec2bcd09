"""Where an AI comes from and what is made of it, on the pages of others."""

from django import template
from django.urls import reverse

from webapp.projects.models import Project
from webapp.sharing import remix
from webapp.sharing.models import Remix, Sharing
from webapp.sharing.rules import is_listed

register = template.Library()


@register.inclusion_tag("sharing/_family.html", takes_context=True)
def family(context: template.Context, sharing: Sharing) -> dict:
    """On a play page: the original, the remixes, and the way to make one."""
    user = context["request"].user
    may = {"may": remix.may_remix(sharing, user), "gives": remix.may_have_pictures(sharing, user)}
    return {"sharing": sharing, **may, **remix.family(sharing)}


@register.inclusion_tag("sharing/_origin.html", takes_context=True)
def origin(context: template.Context, project: Project) -> dict:
    """On the page of a project: what it is a version of, and how far its pictures have come. Asks nothing where they are known with it."""
    own, copying = (getattr(project, name, None) for name in ("sharing", "remix"))
    parent = own.remixed_from if own else None
    seen = parent if parent and is_listed(parent) else None  # of what is unlisted, whoever has its address may know it; it may have a new one
    is_news = copying is not None and copying.status != Remix.DONE
    return {
        "is_remix": parent is not None,
        "parent": seen,
        "address": reverse("sharing:play", args=[seen.sharing.code]) if seen else "",
        "remix": copying if is_news else None,
        "csrf_token": context.get("csrf_token"),
    }
