import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from importlib.metadata import version
from pathlib import Path

from webapp.bundles.tests.making import ModelCast, made
from webapp.serving.services import predict
from webapp.serving.tests.small import coloured

FORM = b'--b\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n--b\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n%s\r\n--b--\r\n'


@contextmanager
def serving(folder: Path, **variables: str) -> Iterator[tuple[subprocess.Popen, int]]:
    """The server of a folder as somebody starts it who has nothing else of ours, and its port."""
    environment = {"PATH": os.environ["PATH"], "PORT": "0", "AT_ONCE": "1"} | variables
    process = subprocess.Popen([sys.executable, "server.py"], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield process, int(re.search(r":(\d+)/", process.stdout.readline())[1])
    finally:
        process.kill()
        process.wait()


def ask(port: int, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, dict]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read() or "{}")


class ServerZip(ModelCast):
    def test_its_server_answers_as_the_page_does_refuses_what_is_no_picture_and_ends_when_told_to(self) -> None:
        folder, picture = self.unpacked(made(self.model, "server")), coloured("lime")
        with serving(folder, MAX_MB="0.5") as (process, port):
            assert ask(port, "GET", "/healthz") == (200, {"status": "ok"}) and ask(port, "GET", "/")[1]["labels"] == ["red", "green", "blue"]
            page = predict(model=self.model, data=picture, top=3)
            status, answer = ask(port, "POST", "/predict", picture)
            assert status == 200 and [row["label"] for row in answer["predictions"]] == [label for label, _ in page.answers] and answer["unknown"] == page.unknown
            assert all(abs(row["confidence"] - share) < 1e-6 for row, (_, share) in zip(answer["predictions"], page.answers, strict=True))
            assert len(ask(port, "POST", "/predict?top=1", FORM % picture, Content_Type="multipart/form-data; boundary=b")[1]["predictions"]) == 1
            refused = [ask(port, "POST", "/predict", body)[1]["error"]["code"] for body in (b"hello", picture[:-90], bytes(600_000))]
            assert refused == ["not_a_picture", "damaged", "too_large"]
            assert [ask(port, method, path)[0] for method, path in (("GET", "/predict"), ("POST", "/"), ("GET", "/../bundle.json"))] == [405, 405, 404]
            with socket.create_connection(("127.0.0.1", port)):  # a caller that says nothing is not waited for
                process.send_signal(signal.SIGTERM)
                assert process.wait(timeout=30) == 0, process.stdout.read()

    def test_with_a_token_it_answers_only_whoever_has_it_and_its_own_check_does(self) -> None:
        folder = self.unpacked(made(self.model, "server"))
        with serving(folder, TOKEN="hush") as (_process, port):
            address, picture = f"http://127.0.0.1:{port}", coloured("red")
            assert [ask(port, "POST", "/predict", picture, Authorization=f"Bearer {token}")[0] for token in ("hush", "hus", "")] == [200, 401, 401]
            checked = subprocess.run([sys.executable, "check_server.py", address], cwd=folder, env={"TOKEN": "hush"}, capture_output=True, text=True)
            assert checked.returncode == 0 and checked.stdout.count("agrees") > 20 and "DIFFERS" not in checked.stdout, checked.stdout + checked.stderr
            golden = folder / "golden" / "golden.json"
            golden.write_text(golden.read_text().replace('"red": ', '"red": 0.5, "was": '))
            assert subprocess.run([sys.executable, "check_server.py", address], cwd=folder, env={"TOKEN": "hush"}, capture_output=True).returncode == 1
        self.look_at_the_container(folder)

    def look_at_the_container(self, folder: Path) -> None:
        """It has the versions of this machine, and runs without rights."""
        recipe = (folder / "Dockerfile").read_text()
        assert set((folder / "requirements.txt").read_text().split()) == {f"{name}=={version(name)}" for name in ("numpy", "onnxruntime", "pillow")}
        assert f"python:{sys.version_info.major}.{sys.version_info.minor}-slim" in recipe and "$" not in recipe
        assert re.search(r"^USER 10001$", recipe, re.M) and recipe.index("USER") < recipe.index("check_server.py") < recipe.index("CMD")
