"""The line to a database server, where an authority vouches for its other end (DATABASE_CA)."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from unittest.mock import patch

import pytest
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

from tests import mariadb
from webapp import environment

pytestmark = pytest.mark.skipif(not mariadb.is_installed(), reason="needs the Debian package mariadb-server")


@pytest.fixture(scope="module")
def vouched(tmp_path_factory) -> Iterator[tuple[mariadb.MariaDB, Path]]:
    """A server with a certificate for 127.0.0.1, and that certificate, which vouches for itself."""
    folder = tmp_path_factory.mktemp("line")
    server = mariadb.MariaDB(f"--ssl-cert={certificate(folder / 'server')}", f"--ssl-key={folder / 'server.key'}")
    try:
        yield server.start(), folder / "server.pem"
    finally:
        server.end()


@pytest.fixture(autouse=True)
def open_lines(django_db_blocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield


def certificate(name: Path) -> Path:
    """Make a key and a certificate of it beside one another; gives the certificate."""
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    subprocess.run([*words, "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{name}.key", "-out", f"{name}.pem"], check=True, capture_output=True)
    return Path(f"{name}.pem")


def line(url: str, authority: Path | None, tmp_path: Path) -> BaseDatabaseWrapper:
    """A connection as our settings make it, not yet open."""
    with patch.dict(os.environ, {"DATABASE_URL": url, "DATABASE_CA": str(authority or "")}):
        return ConnectionHandler({"default": environment.database(tmp_path)})["default"]


def test_is_encrypted_and_taken_where_the_authority_vouches_for_it(vouched, tmp_path):
    server, authority = vouched
    with closing(line(server.url, authority, tmp_path)) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW STATUS LIKE 'Ssl_cipher'")
        assert cursor.fetchone()[1].startswith("TLS")


def test_is_refused_where_another_authority_is_named(vouched, tmp_path):
    server, _authority = vouched
    with closing(line(server.url, certificate(tmp_path / "other"), tmp_path)) as connection, pytest.raises(OperationalError, match="certificate"):
        connection.ensure_connection()
