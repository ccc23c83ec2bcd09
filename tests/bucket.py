"""A stand-in for S3 on loopback (moto's server), in which a test has a bucket of its own; made at the first wish, gone with the process."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from uuid import uuid4

import boto3
from django.conf import settings
from django.test import override_settings
from moto.server import ThreadedMotoServer

WHO = {"region_name": "us-east-1"}
KEYS = {"access_key": "tests", "secret_key": "tests"}


@cache
def address() -> str:
    """Where the server of this process listens."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it would tell of every request
    return "http://{}:{}".format(*server.get_host_and_port())


@contextmanager
def bucket(**others) -> Iterator[str]:
    """Let the store be a new bucket for a block, with these other settings; gives its name."""
    name = f"tests-{uuid4()}"
    client = boto3.client("s3", endpoint_url=address(), aws_access_key_id="tests", aws_secret_access_key="tests", **WHO)
    client.create_bucket(Bucket=name)
    with override_settings(STORE_BUCKET=name, STORAGES=storages(name, address()), **others):
        yield name


def storages(name: str, endpoint: str | None) -> dict:
    """STORAGES with a bucket at an endpoint; None: Amazon's."""
    ours = {"BACKEND": "webapp.core.bucket.Bucket", "OPTIONS": {"bucket_name": name, "endpoint_url": endpoint, **WHO, **KEYS}}
    return settings.STORAGES | {"default": ours}
