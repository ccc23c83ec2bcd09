from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from webapp.core.errors import UserError
from webapp.core.trouble import trouble
from webapp.core.views import refuse_page


class UserErrorMiddleware:
    """Turns a UserError that a page did not handle, or trouble of the machine, into a page (or an htmx fragment) that says it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        error = exception if isinstance(exception, UserError) else trouble(exception)
        return refuse_page(request, error) if error else None
