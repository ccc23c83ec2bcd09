"""Pages of whoever runs the site."""

from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse


def for_staff(view: Callable) -> Callable:
    """The page of an admin of the site; for everybody else it does not exist."""

    @wraps(view)
    def guarded(request: HttpRequest, *args, **values) -> HttpResponse:
        if not (request.user.is_authenticated and request.user.is_staff):
            raise Http404
        return view(request, *args, **values)

    return guarded
