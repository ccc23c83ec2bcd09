"""The addresses of the live process."""

from django.urls import re_path

from webapp.live.socket import Live

ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def sockets() -> list:
    """The patterns of the sockets; one hall for all of them."""
    return [re_path(rf"^ws/(?P<kind>models|projects)/(?P<id>{ID})/live/?$", Live())]
