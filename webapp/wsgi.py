import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver
from django.utils.module_loading import import_string

from webapp.core.tracing import Traced

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
pages = get_wsgi_application()
_addresses = get_resolver().url_patterns  # loads every page now, not at the first request: that one is quick, and an error is seen at the start
short = import_string("webapp.api.short.ShortWay")(pages)  # by name: it can be loaded only now
application = Traced(short)
