"""nginx as deploy/nginx.conf makes it, before the web process of a house."""

import http.client
import os
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme

from deploy import nginx
from tests.load.asking import Answer
from tests.waiting import free_ports, wait_for

PROGRAM = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


class Front:
    """Its port, and what makes a line to it safe."""

    def __init__(self, folder: Path, web_port: int):
        signer = trustme.CA()
        self.trust = ssl.create_default_context()
        signer.configure_trust(self.trust)
        plain, self.port = free_ports()
        certificate = signer.issue_cert("127.0.0.1")
        folder.mkdir()
        certificate.private_key_pem.write_to_path(folder / "key")
        certificate.cert_chain_pems[0].write_to_path(folder / "certificate")
        command = nginx.in_folder(
            folder / "nginx", SITE_HTTP_PORT=str(plain), SITE_HTTPS_PORT=str(self.port), SITE_WEB=f"server 127.0.0.1:{web_port} max_fails=0;",
            SITE_CERTIFICATE=str(folder / "certificate"), SITE_CERTIFICATE_KEY=str(folder / "key"),
        )
        self.process = subprocess.Popen([PROGRAM, *command[1:]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def ask(self, path: str, **headers: str) -> Answer:
        """What a page is answered through it."""
        line, began = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=self.trust), time.monotonic()
        try:
            line.request("GET", path, headers=headers)
            answer = line.getresponse()
            answer.read()
            return Answer(answer.status, time.monotonic() - began)
        except OSError:
            return Answer(0, time.monotonic() - began)
        finally:
            line.close()


@contextmanager
def nginx_before(folder: Path, web_port: int) -> Iterator[Front]:
    front = Front(folder, web_port)
    try:
        wait_for(lambda: front.ask("/healthz").status == 200, 30)
        yield front
    finally:
        front.process.terminate()
        front.process.wait(timeout=10)
