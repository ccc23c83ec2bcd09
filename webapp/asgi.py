"""The live process: web sockets only. HTTP is served by webapp.wsgi."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
get_asgi_application()  # sets Django up; its HTTP side is not routed here

application = ProtocolTypeRouter({"websocket": URLRouter([])})
