"""A stand-in for Amazon: moto's server on loopback, with troubles that it has none of by itself."""

import uuid
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from socket import SHUT_RDWR
from threading import Event, Thread
from urllib.parse import parse_qsl

import pytest
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from deploy.ec2 import render

ZONES = ("eu-central-1a", "eu-central-1b")
# Done, and the answer gets lost; done, and nothing answers; not done, for the line is cut; not done, and nothing answers.
LOST, STUCK, CUT, SILENT = "lost", "stuck", "cut", "silent"
OWN = {"AWS_DEFAULT_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "secret", "MOTO_EC2_LOAD_DEFAULT_AMIS": "false", "AWS_EC2_METADATA_DISABLED": "true"}
EXAMPLE = Path(render.__file__).parent / "pool.env.example"


class Quiet(WSGIRequestHandler):
    def log(self, *_args) -> None:
        """Silent."""


class Cloud:
    """`troubles` of an action befall its next calls, one each: a word from above, or (code, HTTP status).

    `calls`: every call that came, with its parameters.
    """

    def __init__(self):
        self.troubles: dict[str, deque] = defaultdict(deque)
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.ended = Event()
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.server = make_server("127.0.0.1", 0, self, threaded=True, request_handler=Quiet)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def end(self) -> None:
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()

    def __call__(self, environ, start_response):
        body = Request(environ).get_data()
        asked = dict(parse_qsl(body.decode()))
        action = asked.get("Action", "")
        self.calls.append((action, asked))
        trouble = self.troubles[action].popleft() if self.troubles[action] else None
        if isinstance(trouble, tuple):
            return refusal(*trouble)(environ, start_response)
        answer = Response.from_app(self.moto, {**environ, "wsgi.input": BytesIO(body)}) if trouble in (None, LOST, STUCK) else Response()
        if trouble in (STUCK, SILENT):
            self.ended.wait()
        if trouble:
            environ["werkzeug.socket"].shutdown(SHUT_RDWR)
        return answer(environ, start_response)

    def actions(self) -> list[str]:
        """The names of all calls, in order."""
        return [action for action, _asked in self.calls]

    def pool(self, client) -> str:
        """The name of a new pool that is set up as deploy/ec2 says, launch template and subnets, by a client of the whole account."""
        name = f"pool-{uuid.uuid4().hex[:8]}"
        group = client.describe_security_groups()["SecurityGroups"][0]["GroupId"]
        values = render.read(EXAMPLE) | {"POOL": name, "AMI": "ami-12345678", "SECURITY_GROUP": group}
        client.create_launch_template(**render.launch_template(values))
        subnets = client.describe_subnets(Filters=[{"Name": "availability-zone", "Values": list(ZONES)}])["Subnets"]
        client.create_tags(Resources=[subnet["SubnetId"] for subnet in subnets], Tags=[{"Key": "aimaker:pool", "Value": name}])
        return name


@contextmanager
def account(patch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """A stand-in that boto3 takes for Amazon until the end of the block."""
    for name, value in OWN.items():
        patch.setenv(name, value)
    cloud = Cloud()
    patch.setenv("AWS_ENDPOINT_URL_EC2", cloud.url)
    try:
        yield cloud
    finally:
        cloud.end()


def refusal(code: str, status: int, headers: dict | None = None) -> Response:
    """An answer of EC2 that refuses something."""
    body = f"<Response><Errors><Error><Code>{code}</Code><Message>{code} for a test</Message></Error></Errors><RequestID>1</RequestID></Response>"
    return Response(body, status, headers or {}, mimetype="text/xml")
