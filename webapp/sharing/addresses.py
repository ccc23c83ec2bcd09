"""Addresses as others need them: whole, with the name that this site has for the world."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse


def public_address(request: HttpRequest, name: str, *args: object) -> str:
    """The address of a page of this room: https://ai.example.org/p/..."""
    path = reverse(f"sharing:{name}", args=args)
    return f"{settings.PUBLIC_URL}{path}" if settings.PUBLIC_URL else request.build_absolute_uri(path)
