"""A real HTTP server for tests whose client is a program of somebody else's: in this process, and on the database of the test."""

import tempfile
import threading
from pathlib import Path
from unittest.mock import patch

from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer
from django.db import DEFAULT_DB_ALIAS, connections
from django.test.testcases import QuietWSGIRequestHandler

from webapp.accounts.services import create_token
from webapp.api.tests.calls import ApiCast
from webapp.core import jobs
from webapp.keys.services import create_key
from webapp.serving.models import Model
from webapp.serving.tests.small import published
from webapp.training.models import Run


class Server(ThreadedWSGIServer):
    def _close_connections(self) -> None:
        """Leave it open: it is the connection of the test."""


class Served(ApiCast):
    """`self.address` is a server that sees what the test sees; `self.model` is the published model of Alice's project, `self.key` a key of hers."""

    def setUp(self) -> None:
        super().setUp()
        self.address = self.serve()
        self.model = self.ready_model()
        _row, self.key = create_key(project=self.project, user=self.alice, name="a bot")
        _row, self.token = create_token(user=self.alice, name="a program")

    def serve(self) -> str:
        """Start a server until the end of the test; returns its address."""
        connection = connections[DEFAULT_DB_ALIAS]  # one for both, so that the server sees what the test has not committed
        connection.inc_thread_sharing()
        self.addCleanup(connection.dec_thread_sharing)
        self.enterContext(patch.object(connection, "close_if_unusable_or_obsolete"))  # which each request does before and after
        server = Server(("127.0.0.1", 0), QuietWSGIRequestHandler, connections_override={DEFAULT_DB_ALIAS: connection})
        server.set_app(WSGIHandler())
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"http://127.0.0.1:{server.server_port}"

    def ready_model(self) -> Model:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        run = jobs.claim(Run, Run.objects.create(project=self.project, preset="quick", number=1, name="classifyModel").id, "one")
        return published(run, Path(folder.name) / "bundle", ["red", "green", "blue"])
