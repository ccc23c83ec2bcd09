"""A machine of Amazon's spot market is taken back with two minutes' notice: its worker hears that, gives its work back and leaves.

The notice stands in the metadata service of the machine, which is asked every five seconds, as Amazon advises
(https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html), always by token (IMDSv2).
"""

import json
import logging
import os
import signal
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from threading import Event, Thread
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from webapp.core import jobs
from webapp.fleet.leaving import taken_back
from worker import nursery

LOOK_EVERY = 5.0
SAVE_SECONDS = 60.0  # of the two minutes; the rest is for bringing checkpoints to the store
ANSWER_SECONDS = 2.0
MOST_BYTES = 10_000
NOTICE = "/latest/meta-data/spot/instance-action"

log = logging.getLogger(__name__)


def leave() -> None:
    """Begin nothing more, and end this worker as soon as what it trains is saved; does not wait for that."""
    jobs.soon_gone.set()
    Thread(target=end_when_saved, name="leave", daemon=True).start()


def end_when_saved() -> None:
    """End this worker as anybody ends one, when its trainings have gone back, each after the epoch that it was in, or would take too long for that."""
    ends = time.monotonic() + SAVE_SECONDS
    while nursery.is_training() and time.monotonic() < ends:
        time.sleep(0.1)
    os.kill(os.getpid(), signal.SIGTERM)


def watch(left: Event, leave: Callable[[], None] = leave) -> None:
    """Leave when the machine is taken back; until then, or until this worker left for another reason, look again and again."""
    trouble = ""
    while True:
        try:
            action, now = notice(), ""
        except (OSError, HTTPException, ValueError) as error:
            action, now = "", f"the metadata service does not answer, so a notice would not be heard: {error}"
        if now and not trouble:
            log.warning(now)
        trouble = now
        if action:
            log.warning("this machine is taken back (%s): what is in hand is given back, and this worker leaves", action)
            leave()
            return say_so()
        if left.wait(LOOK_EVERY):
            return None


def say_so() -> None:
    """Tell the fleet, after the worker was told to leave: a database that is away must not hold that up."""
    try:
        close_old_connections()
        taken_back()
    except (DatabaseError, InterfaceError) as error:
        log.warning("the fleet does not hear that this machine is taken back: %s", error)
    finally:
        connection.close()


def notice() -> str:
    """What is about to happen to this machine (terminate, stop, hibernate), or nothing. Raises OSError, HTTPException, ValueError."""
    token = asked("PUT", "/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds": "60"})
    said = asked("GET", NOTICE, {"X-aws-ec2-metadata-token": token})
    return str(json.loads(said).get("action", "taken back")) if said else ""


def asked(method: str, path: str, headers: dict[str, str]) -> str:
    """What the metadata service says; nothing where it knows nothing of it. Raises OSError and HTTPException."""
    line = HTTPConnection(urlsplit(settings.METADATA_URL).netloc, timeout=ANSWER_SECONDS)  # never through a proxy
    try:
        line.request(method, path, headers=headers)
        answer = line.getresponse()
        if answer.status not in (200, 404):
            raise HTTPException(f"{path} was answered with {answer.status}")
        return answer.read(MOST_BYTES).decode() if answer.status == 200 else ""
    finally:
        line.close()
