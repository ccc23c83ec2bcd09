"""Where a person goes after a form that stands on several pages."""

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def way_back(request: HttpRequest, otherwise: str) -> str:
    """The page that the form names as `next` where it is one of ours, else another; a link of a stranger leads nowhere else."""
    back = request.POST.get("next") or request.GET.get("next", "")
    is_ours = back.startswith("/") and back.isprintable() and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return back if is_ours else otherwise
