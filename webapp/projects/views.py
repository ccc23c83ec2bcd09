"""The first page, a person's own AIs, and what can be done to a project and its labels."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET


@require_GET
def front(request: HttpRequest) -> HttpResponse:
    """What this is, in a sentence, and the one field to start with."""
    return render(request, "projects/front.html")


@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """The AIs of this person."""
    return render(request, "projects/mine.html")
