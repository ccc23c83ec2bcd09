"""What a worker does around its tasks: warm up, say that it is there, notice that it hears nothing any more, and leave."""

import logging
import os
import socket
import time
from contextlib import suppress
from threading import Event, Thread

import redis
from celery import signals
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from webapp.core import alive, broker, jobs
from webapp.core.errors import ShuttingDown
from webapp.images.vectors import embedder
from webapp.training import work
from worker import gpus, nursery, signs, spot
from worker.slots import shares

NAME = f"{(settings.WORKER_NAME or socket.gethostname())[:80]}:{os.getpid()}"  # the part before the colon is the machine
SAY_EVERY = 5.0
SILENCE = 60.0  # seconds in which hints wait and none arrives, before this process is taken for deaf

log = logging.getLogger(__name__)
_left = Event()
_heard = [0.0]


@signals.setup_logging.connect
def keep_our_logging(**_kwargs) -> None:
    """Celery leaves logging alone when somebody listens to this; each hint is worth no line of its own."""
    logging.getLogger("celery").setLevel(logging.WARNING)


@signals.worker_init.connect
def warm_up(**_kwargs) -> None:
    """Load what the first pictures and the first training would wait for, beside the start."""
    if "train" in settings.WORKER_QUEUES:
        nursery.warm_up()
    if "io" in settings.WORKER_QUEUES:
        Thread(target=_load_embedder, name="embedder", daemon=True).start()


def _load_embedder() -> None:
    with suppress(ShuttingDown):
        embedder()
        log.info("the embedder is warm")


@signals.worker_ready.connect
def arrive(**_kwargs) -> None:
    heard()
    Thread(target=_clear_up, name="clear up", daemon=True).start()
    Thread(target=_stay, name="presence", daemon=True).start()
    if settings.METADATA_URL:
        Thread(target=spot.watch, args=(_left,), name="spot", daemon=True).start()
        Thread(target=signs.watch, args=(_left, NAME), name="signs", daemon=True).start()


def _clear_up() -> None:
    """Folders of runs that have ended are deleted; a database that is away keeps nobody from arriving."""
    try:
        jobs.patiently(work.sweep)
    except (OperationalError, InterfaceError) as error:
        log.warning("folders of ended runs stay until the next start, the database does not answer: %s", error)
    finally:
        connection.close()


@signals.worker_shutting_down.connect
def leave(**_kwargs) -> None:
    """Work in hand is given back, so that another worker goes on with it at once."""
    jobs.shutting_down.set()
    _left.set()


@signals.task_received.connect
def heard(**_kwargs) -> None:
    _heard[0] = time.monotonic()


def _stay() -> None:
    silent = False
    while not _left.is_set():
        nursery.rest()
        alive.tell()
        try:
            broker.present(NAME, shares().get("train.run", 0), strength(), settings.WORKER_QUEUES)
            if is_deaf():
                log.critical("hints wait and none arrives: this worker ends, so that it is started anew")
                os._exit(1)
            silent = False
        except redis.RedisError as error:
            heard()
            if not silent:
                log.warning("Redis does not answer, work in hand goes on: %s", error)
            silent = True
        _left.wait(SAY_EVERY)
    _say_goodbye()


def strength() -> broker.Strength:
    """What this worker trains with; nothing where it does not."""
    trains = "train" in settings.WORKER_QUEUES
    return broker.Strength(len(gpus.found()), len(os.sched_getaffinity(0))) if trains else broker.Strength(0, 0)


def is_deaf() -> bool:
    """Whether hints lie in Redis and none of them reached this worker for a minute; raises redis.RedisError."""
    if not any(broker.waiting(queue) for queue in settings.WORKER_QUEUES):
        heard()
    return time.monotonic() - _heard[0] > SILENCE


def _say_goodbye() -> None:
    try:
        broker.absent(NAME)
    except redis.RedisError as error:
        log.info("could not say goodbye: %s", error)
