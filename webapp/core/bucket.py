"""The bucket of S3 as a store: django-storages with calls that end, one request for a small file, and errors in the house's own words."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3File, S3Storage

from webapp.core.errors import StoreAway

ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")  # boto3's own names for the address of an S3 that is not Amazon's
MISSING = ("404", "NoSuchKey")
# Whoever waits for a bucket that is away waits for less than a page does: three tries of three seconds each until somebody takes the call.
CALLS = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3}, signature_version="s3v4", max_pool_connections=20)
# Pictures go in one request each; only what is larger than that goes in parts beside one another.
PARTS = TransferConfig(multipart_threshold=16 * 2**20, multipart_chunksize=16 * 2**20, max_concurrency=4)
SPOOL_BYTES = 20_000_000  # that a file which is read may take of the memory


@contextmanager
def told(name: str) -> Iterator[None]:
    """Errors of S3 in the words of the store: FileNotFoundError for what is not there, StoreAway for the rest."""
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in MISSING:
            raise FileNotFoundError(name) from error
        raise StoreAway(f"{name}: {error}") from error
    except (BotoCoreError, Boto3Error) as error:
        raise StoreAway(f"{name}: {error}") from error


class Content(S3File):
    """A file of the bucket; its content is fetched when it is first read, and then tells of errors as the bucket does."""

    def _get_file(self):
        with told(self.name):
            return super()._get_file()

    file = property(_get_file, S3File._set_file)


class Bucket(S3Storage):
    """A bucket, asked with time-outs. Every method raises StoreAway where it does not answer as it should."""

    def get_default_settings(self) -> dict:
        ours = {"default_acl": None, "file_overwrite": True, "max_memory_size": SPOOL_BYTES, "transfer_config": PARTS}
        return super().get_default_settings() | ours

    def __init__(self, **options):
        super().__init__(**options)
        # With its own name for a host, a signed address is one of the bucket's region; boto3 else signs for a host that only sends on. Others than Amazon may know no such names.
        style = "path" if self.endpoint_url or any(os.environ.get(name) for name in ENDPOINTS) else "virtual"
        self.client_config = CALLS.merge(Config(s3={"addressing_style": style}))
        self._lock, self._connection = Lock(), None

    @property
    def connection(self):
        """One for all threads: what asks is a client, which threads may share, and making one takes a fifth of a second of the processor."""
        with self._lock:
            if self._connection is None:
                self._connection = super().connection
            return self._connection

    def _open(self, name: str, mode: str = "rb") -> Content:
        with told(name):
            return Content(self._normalize_name(name), mode, self)

    def _save(self, name: str, content) -> str:
        with told(name):
            return super()._save(name, content)

    def delete(self, name: str) -> None:
        with told(name):
            super().delete(name)

    def exists(self, name: str) -> bool:
        with told(name):
            return super().exists(name)

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        with told(name):
            return super().listdir(name)

    def size(self, name: str) -> int:
        with told(name):
            return super().size(name)

    def get_modified_time(self, name: str):
        with told(name):
            return super().get_modified_time(name)

    def url(self, name: str, parameters: dict | None = None, expire: int | None = None, http_method: str | None = None) -> str:
        with told(name):
            return super().url(name, parameters, expire, http_method)

    def check(self) -> None:
        """Nothing where the bucket is there and lets us in; raises FileNotFoundError where there is none."""
        with told(self.bucket_name):
            self.connection.meta.client.head_bucket(Bucket=self.bucket_name)

    def below(self, folder: str) -> Iterator[str]:
        """The names of all files below a folder, a thousand in one call."""
        with told(folder):
            yield from (found.key for found in self.bucket.objects.filter(Prefix=f"{folder}/"))

    def delete_below(self, folder: str) -> None:
        """Delete all files below a folder, a thousand in one call."""
        with told(folder):
            refused = [error for answer in self.bucket.objects.filter(Prefix=f"{folder}/").delete() for error in answer.get("Errors", [])]
        if refused:
            raise StoreAway(f"{folder}: {len(refused)} files were not deleted, the first because: {refused[0].get('Message')}")

    def fetch(self, name: str, path: Path) -> None:
        """Write the content of a file into one of this machine; large ones never lie in memory."""
        with told(name), open(path, "wb") as out:
            self.bucket.Object(name).download_fileobj(out, Config=PARTS)
