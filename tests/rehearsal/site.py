"""Everything at once: the servers, and our processes, as one house that is reached by https."""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import boto3
import trustme

from fixtures import stub_answers, stub_server
from tests.rehearsal import servers
from tests.rehearsal.plan import Part, Plan
from tests.rehearsal.process import Process
from tests.source import ROOT
from trainer.__main__ import DEFAULT_CACHE
from trainer.embed import embedder_name

LEASE_SECONDS = 5  # after which the work of a dead worker is taken over; 30 unless an operator says otherwise
BUCKET = "aimaker"
LOGS = ROOT / "test-results" / "rehearsal"
HTTPS, HTTP = "SITE_HTTPS_PORT", "SITE_HTTP_PORT"


class Site:
    """All processes by name. `settings` are the operator's; `address` is what people type, `plain` the same without TLS."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="aim-"))
        self.folder.chmod(0o711)  # nginx reads the static files as somebody else
        network = f"127.{100 + os.getpid() % 100}.{1 + os.getpid() % 250}"
        self.settings: dict[str, str] = {}
        self.plan = Plan(self.folder, network, self.settings)
        front = self.plan.part("nginx")
        self.address, self.plain = f"https://{front.address}:{front.environment[HTTPS]}", f"http://{front.address}:{front.environment[HTTP]}"
        self.stub = stub_server.running(host=f"{network}.9")
        self.parts: dict[str, Part] = {}
        self.processes: dict[str, Process] = {}

    def start(self) -> "Site":
        """Servers first, then tables, then everything that is ours; comes back when all of it is well."""
        self.settings |= self.written() | stub_answers.settings(self.stub.__enter__().url)
        self.write_secrets()
        self.processes |= servers.start(self.plan)
        self.bucket().create_bucket(Bucket=BUCKET)
        self.run_once("migrate")
        self.manage("collectstatic", "--no-input", "--verbosity", "0")
        self.processes["nginx"] = servers.front(self.plan).start()
        self.start_ours()
        self.processes["nginx"].wait()
        return self

    def written(self) -> dict[str, str]:
        """What an operator writes into .env."""
        hosts = [self.plan.address(*name) for name in self.plan.names]
        front = {"PUBLIC_URL": self.address, "ALLOWED_HOSTS": ",".join(["localhost", *hosts])}
        bucket = f"http://{self.plan.address('s3')}:{servers.s3_port(self.plan)}"
        store = {"STORE_BUCKET": BUCKET, "AWS_ENDPOINT_URL_S3": bucket, "AWS_DEFAULT_REGION": "us-east-1", "SITE_BUCKET": bucket}
        tests = {"OUTGOING_ALLOW": "127.0.0.0/8", "COLLECT_CONTACT": "rehearsal@example.org", "LEASE_SECONDS": str(LEASE_SECONDS), "STATIC_ROOT": str(self.folder / "static")}
        return front | store | tests

    def write_secrets(self) -> None:
        """The files that containers find in /run/secrets, and the certificate of whoever signed ours in ca.pem."""
        password, signer = secrets.token_urlsafe(12), trustme.CA()
        certificate = signer.issue_cert(self.plan.address("nginx"))
        texts = {
            "mysql_password": password,
            "database_url": f"mysql://aimaker:{password}@{self.plan.address('mysql')}/aimaker",
            "secret_key": secrets.token_urlsafe(60),
            "aws_credentials": f"[default]\naws_access_key_id = rehearsal\naws_secret_access_key = {secrets.token_urlsafe(12)}\n",
            "certificate": certificate.cert_chain_pems[0].bytes().decode(),
            "certificate_key": certificate.private_key_pem.bytes().decode(),
        }
        (self.folder / "secrets").mkdir()
        for name, text in texts.items():
            (self.folder / "secrets" / name).write_text(text)
        signer.cert_pem.write_to_path(self.folder / "ca.pem")

    def bucket(self):
        """boto3's client of the S3 that is here."""
        return boto3.client("s3", endpoint_url=self.settings["AWS_ENDPOINT_URL_S3"], aws_access_key_id="rehearsal", aws_secret_access_key="-", region_name="us-east-1")

    def start_ours(self) -> None:
        """Everything of ours, all at the same time."""
        for part in self.plan.ours():
            self.parts[part.name] = part
            self.furnish(part)
            self.processes[part.name] = Process(part.name, part.command, part.environment, part.folder / "log", lambda process, part=part: is_well(part, process), part.grace).start()
        for name in self.parts:
            self.processes[name].wait()

    def furnish(self, part: Part) -> None:
        """Folders of its own, with the embedder in them that takes ten seconds to make."""
        for place in part.places:
            place.mkdir(parents=True, exist_ok=True)
        made = DEFAULT_CACHE / f"{embedder_name()}.onnx"
        if made.exists():
            (part.data / "cache").mkdir()
            (part.data / "cache" / made.name).symlink_to(made)

    def run_once(self, service: str) -> None:
        """A service that ends by itself."""
        part = self.plan.part(service)
        self.furnish(part)
        subprocess.run(part.command, cwd=ROOT, env=part.environment, check=True, stdout=subprocess.DEVNULL)

    def manage(self, *words: str) -> str:
        """What a command of manage.py prints, run where `migrate` ran."""
        part = self.plan.part("migrate")
        return subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, env=part.environment, check=True, capture_output=True, text=True).stdout

    def of(self, service: str) -> list[Process]:
        """The processes of a service of ours."""
        return [self.processes[name] for name, part in self.parts.items() if part.service == service]

    def check(self) -> None:
        """What must hold whatever befell; raises AssertionError."""
        places = [str(place) for name, part in self.parts.items() for place in (part.data, self.processes[name].log)]
        asked = subprocess.run([sys.executable, "-m", "tests.rehearsal.check", *places], cwd=ROOT, env=self.plan.part("migrate").environment, capture_output=True, text=True)
        assert asked.returncode == 0, asked.stderr[-1500:]

    def end(self) -> None:
        """Stop what still runs, the servers last, and leave nothing behind but the logs in test-results."""
        for process in reversed(list(self.processes.values())):
            if process.runs():
                process.kill()
        self.stub.__exit__(None, None, None)
        self.keep_logs()
        shutil.rmtree(self.folder, ignore_errors=True)

    def keep_logs(self) -> None:
        LOGS.mkdir(parents=True, exist_ok=True)
        for name, process in self.processes.items():
            shutil.copy(process.log, LOGS / f"{name}.log")
        for log in (self.folder / "nginx").glob("*.log"):
            shutil.copy(log, LOGS / f"nginx-{log.name}")


def is_well(part: Part, process: Process) -> bool:
    """As its health check says. A worker is warm as well, so that what is timed is not the loading of torch."""
    program = {"CMD": part.health[1:], "CMD-SHELL": ["sh", "-c", *part.health[1:]]}[part.health[0]]
    healthy = subprocess.run(program, cwd=ROOT, env=part.environment, capture_output=True).returncode == 0
    return healthy and ("io" not in part.command or "embedder is warm" in process.log.read_text(errors="replace"))
