"""Short messages at the foot of the next page, with an Undo where there is one."""

from django.contrib import messages
from django.http import HttpRequest


def say(request: HttpRequest, text: str, *, undo: str = "") -> None:
    """Show a sentence on the page that comes next; `undo` is the address that takes the change back when it is posted to."""
    messages.success(request, text, extra_tags=undo)
