"""The bucket of S3 as a store: django-storages with calls that end, one request for a small file, and errors in the house's own words."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore import exceptions
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from s3transfer.exceptions import RetriesExceededError
from storages.backends.s3 import S3File, S3Storage

from webapp.core import patience
from webapp.core.errors import StoreAway
from webapp.core.patience import Fuse, Patience, Resting

ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")  # boto3's own names for the address of an S3 that is not Amazon's
MISSING = ("404", "NoSuchKey")
SILENCE = (exceptions.ConnectionError, exceptions.HTTPClientError)  # botocore's words for everything that is no answer
LARGE_BYTES = 16 * 2**20  # pictures go in one request each; only what is larger goes in parts of this size, some beside one another
SPOOL_BYTES = 20_000_000  # that a file which is read may take of the memory


def calls(patience: Patience) -> Config:
    times = {"connect_timeout": patience.connect, "read_timeout": patience.read, "retries": {"mode": "standard", "total_max_attempts": patience.tries}}
    return Config(signature_version="s3v4", max_pool_connections=20, **times)


def parts(patience: Patience) -> TransferConfig:
    """A file that breaks off while it comes is begun anew as often; by itself s3transfer does so five times, each with all tries of a call."""
    again = 1 if patience.rest else patience.tries
    return TransferConfig(multipart_threshold=LARGE_BYTES, multipart_chunksize=LARGE_BYTES, max_concurrency=4, num_download_attempts=again)


def is_silence(error: BaseException) -> bool:
    """Whether S3 said nothing, or fell silent while it sent a file."""
    return isinstance(error.last_exception if isinstance(error, RetriesExceededError) else error, SILENCE)


@contextmanager
def told(name: str) -> Iterator[None]:
    """Errors of S3 in the words of the store: FileNotFoundError for what is not there, StoreAway for the rest."""
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in MISSING:
            raise FileNotFoundError(name) from error
        raise StoreAway(f"{name}: {error}") from error
    except (BotoCoreError, Boto3Error, RetriesExceededError, Resting) as error:
        raise StoreAway(f"{name}: {error}") from error


class Content(S3File):
    """A file of the bucket; its content is fetched when it is first read, and then tells of errors as the bucket does."""

    def _get_file(self):
        if self._file is not None:
            return self._file
        try:
            with self._storage.asked(self.name):
                return super()._get_file()
        except (FileNotFoundError, StoreAway):
            self._file = None  # else whoever reads again reads an empty one
            raise

    file = property(_get_file, S3File._set_file)


class Bucket(S3Storage):
    """A bucket, asked with time-outs. Every method raises StoreAway where it does not answer as it should."""

    def get_default_settings(self) -> dict:
        ours = {"default_acl": None, "file_overwrite": True, "max_memory_size": SPOOL_BYTES, "transfer_config": parts(patience.ours())}
        return super().get_default_settings() | ours

    def __init__(self, **options):
        super().__init__(**options)
        # With its own name for a host, a signed address is one of the bucket's region; boto3 else signs for a host that only sends on. Others than Amazon may know no such names.
        style = "path" if self.endpoint_url or any(os.environ.get(name) for name in ENDPOINTS) else "virtual"
        self.client_config = calls(patience.ours()).merge(Config(s3={"addressing_style": style}))
        self._lock, self._connection, self._fuse = Lock(), None, Fuse(patience.ours())

    @contextmanager
    def asked(self, name: str) -> Iterator[None]:
        """Around what calls S3: StoreAway at once where a call has had no answer just before."""
        with told(name):
            self._fuse.ask()
            try:
                yield
            except Exception as error:
                self._fuse.silent() if is_silence(error) else self._fuse.answered()
                raise
            self._fuse.answered()

    @property
    def connection(self):
        """One for all threads: what asks is a client, which threads may share, and making one takes a fifth of a second of the processor."""
        with self._lock:
            if self._connection is None:
                self._connection = super().connection
            return self._connection

    def _open(self, name: str, mode: str = "rb") -> Content:
        with self.asked(name):
            return Content(self._normalize_name(name), mode, self)

    def _save(self, name: str, content) -> str:
        with self.asked(name):
            return super()._save(name, content)

    def delete(self, name: str) -> None:
        with self.asked(name):
            super().delete(name)

    def exists(self, name: str) -> bool:
        with self.asked(name):
            return super().exists(name)

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        with self.asked(name):
            return super().listdir(name)

    def size(self, name: str) -> int:
        with self.asked(name):
            return super().size(name)

    def get_modified_time(self, name: str):
        with self.asked(name):
            return super().get_modified_time(name)

    def url(self, name: str, parameters: dict | None = None, expire: int | None = None, http_method: str | None = None) -> str:
        with told(name):
            return super().url(name, parameters, expire, http_method)

    def check(self) -> None:
        """Nothing where the bucket is there and lets us in; raises FileNotFoundError where there is none."""
        with self.asked(self.bucket_name):
            self.connection.meta.client.head_bucket(Bucket=self.bucket_name)

    def below(self, folder: str) -> Iterator[str]:
        """The names of all files below a folder, a thousand in one call."""
        with self.asked(folder):
            yield from (found.key for found in self.bucket.objects.filter(Prefix=f"{folder}/"))

    def delete_below(self, folder: str) -> None:
        """Delete all files below a folder, a thousand in one call."""
        with self.asked(folder):
            refused = [error for answer in self.bucket.objects.filter(Prefix=f"{folder}/").delete() for error in answer.get("Errors", [])]
        if refused:
            raise StoreAway(f"{folder}: {len(refused)} files were not deleted, the first because: {refused[0].get('Message')}")

    def fetch(self, name: str, path: Path) -> None:
        """Write the content of a file into one of this machine; large ones never lie in memory."""
        with self.asked(name), open(path, "wb") as out:
            self.bucket.Object(name).download_fileobj(out, Config=self.transfer_config)
