"""What the sharing room puts on pages of others: the card that shares a project."""

from django import template
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from webapp.projects.models import Project
from webapp.serving.models import Model
from webapp.sharing.addresses import public_address
from webapp.sharing.models import Sharing
from webapp.sharing.rules import is_shared

register = template.Library()


@register.inclusion_tag("sharing/_share.html", takes_context=True)
def share_card(context: template.Context, project: Project) -> dict:
    """Who may ask a project, what they are shown, and how they get there."""
    sharing = Sharing.objects.filter(project=project).first()
    values = {"project": project, "sharing": sharing, "owns": context.get("owns"), "csrf_token": context.get("csrf_token"), "choices": choices(), "extras": extras(sharing)}
    if sharing and is_shared(project):
        embed = public_address(context["request"], "embed", sharing.code)
        values |= {
            "is_shared": True,
            "model": Model.objects.filter(project=project, published=True).only("id").first(),
            "address": public_address(context["request"], "play", sharing.code),
            "embed": embed,
            "frame": render_to_string("sharing/frame.txt", {"embed": embed, "project": project}),
        }
    return values


def choices() -> list[tuple[str, str, str]]:
    """(value, name, what it means) of each visibility."""
    sentences = {
        "private": _("Nobody but you and your members."),
        "unlisted": _("Whoever has the link, without an account. Search engines are asked to leave it out."),
        "public": _("Also those who look through the gallery of this site."),
    }
    return [(value, name, sentences[value]) for value, name in Project.VISIBILITIES]


def extras(sharing: Sharing | None) -> list[tuple[str, str, str, bool]]:
    """(field, name, what it means, whether it is chosen) of what others get besides answers."""
    words = {
        "shows_examples": (_("Some pictures to try"), _("A few of the pictures that tested it are shown on the page, and played with in the game. Never tick this where people could be recognised.")),
        "allows_remix": (_("The labels, to start an AI of their own"), _("Others begin with your labels. What they make is theirs.")),
        "gives_pictures": (_("And the pictures whose licences allow it"), _("They go along into the AI that somebody starts with your labels.")),
    }
    return [(name, *texts, bool(sharing and getattr(sharing, name))) for name, texts in words.items()]
