"""The addresses of the live process."""

from django.urls import re_path

from webapp.live.socket import Live

ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
CODE = "[0-9a-z]{1,32}"


def sockets() -> list:
    """The patterns of the sockets; one hall for all of them."""
    live = Live()
    return [re_path(rf"^ws/(?P<kind>models|projects)/(?P<id>{ID})/live/?$", live), re_path(rf"^ws/(?P<kind>p)/(?P<id>{CODE})/live/?$", live)]
