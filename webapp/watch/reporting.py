"""Errors told to a service like Sentry, where SENTRY_DSN names one: what is logged as an error, with its traceback and the number of its request.

It gets no values of variables, no body, header, cookie, query or address of a request, and no person. So nobody's picture and no secret goes there.
"""

from django.conf import settings

from webapp.core import logs
from webapp.core.masks import masked_deep

SENT = ("event_id", "timestamp", "platform", "level", "logger", "logentry", "message", "exception", "release", "server_name", "sdk", "contexts", "threads")
FACTS = ("request", "work", "row")


def begin() -> None:
    """Report what is logged as an error from now on, where somebody wants that."""
    if not settings.SENTRY_DSN:
        return
    # Only here: most servers report to nobody, and need not load it.
    import sentry_sdk
    from sentry_sdk.integrations import atexit, dedupe, excepthook, logging, threading

    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        default_integrations=False,  # they look into requests, command lines and whatever library is installed
        integrations=[atexit.AtexitIntegration(), dedupe.DedupeIntegration(), excepthook.ExcepthookIntegration(), threading.ThreadingIntegration(), logging.LoggingIntegration()],
        before_send=without_secrets,
        max_breadcrumbs=0,
        include_local_variables=False,
        send_default_pii=False,
        traces_sample_rate=None,
    )


def without_secrets(event: dict, _hint: dict) -> dict:
    """What is sent of an error: what is listed above and nothing else, with every secret masked."""
    told = {name: value for name, value in event.items() if name in SENT}
    return masked_deep(told | {"tags": {name: value for name in FACTS if (value := logs.carried(name))}})
