"""Light, dark, or like the device: kept in a cookie, so that the first paint is right."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.views.decorators.http import require_POST

from webapp.core.ways_back import way_back


@require_POST
def choose(request: HttpRequest) -> HttpResponseRedirect:
    """Remember the chosen theme and go back to the page."""
    response = HttpResponseRedirect(way_back(request, "/"))
    if request.POST.get("theme") in ("light", "dark"):
        response.set_cookie("theme", request.POST["theme"], max_age=settings.SESSION_COOKIE_AGE, secure=settings.HTTPS, samesite="Lax")
    else:
        response.delete_cookie("theme", samesite="Lax")
    return response
