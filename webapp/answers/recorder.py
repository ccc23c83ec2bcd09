"""Keeping answers off the hot path: whoever answers puts it into a queue, and a thread of the same process writes it.

What a process has not written yet when it is killed is lost, and so is what comes while the queue is full: an answer is worth more to
whoever asked than to the list.
"""

import hashlib
import logging
import time
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from queue import Empty, Full, SimpleQueue
from threading import Lock, Thread
from uuid import UUID

from django.db import DatabaseError, InterfaceError, close_old_connections, connection, transaction
from django.utils import timezone

from trainer.predict import Prediction
from webapp.answers import keeping
from webapp.answers.models import Answer
from webapp.answers.pictures import shrunk
from webapp.core import store
from webapp.core.polite import step_back
from webapp.core.prepared import EXAMPLE_IDS, Prepared
from webapp.images.space import floor_bytes
from webapp.projects.models import NAME_LENGTH, Project
from webapp.serving.answered import AGAIN, LIVE, UNKEPT
from webapp.serving.models import Model

MOST, MOST_BYTES = 64, 16_000_000  # answers and their files that wait in a process
BATCH = 8
KNOWN_SECONDS = 1.0  # so long a process believes what it knows of a project; the writer asks again
LIVE_SECONDS = 1.0  # of a live camera, one answer in so many
MOST_KNOWN = 1000  # models
SHARES = 5  # labels of an answer that are kept
TIDY_SECONDS = 60.0

log = logging.getLogger(__name__)
_keeping_model = Prepared(lambda model_id: Model.everything.filter(id=model_id, project__answers_days__gt=0).only("id"), EXAMPLE_IDS[0])


@dataclass
class Heard:
    """An answer that shall be kept."""

    model_id: UUID
    data: bytes
    prediction: Prediction
    door: str
    key: str
    created: datetime = field(default_factory=timezone.now)


class Recorder:
    """Hears of all answers of this process, and keeps those that shall be kept."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._queue: SimpleQueue[Heard] = SimpleQueue()
        self._count = self._bytes = 0
        self._thread: Thread | None = None
        self._known: dict[UUID, tuple[float, bool]] = {}  # until when it holds, whether the answers of a model are kept
        self._live: dict[UUID, float] = {}  # when a model answered a camera last and that was kept

    def hear(self, *, model: Model, data: bytes, prediction: Prediction, door: str, key: str, **_sent) -> None:
        """Take an answer, where its project keeps them. Costs microseconds, and once a second for each model a query."""
        if door in (AGAIN, UNKEPT) or not self._keeps(model.id) or (door == LIVE and self._too_soon(model.id)):
            return
        try:
            self._put(Heard(model.id, bytes(data), prediction, door, key[:100]))
        except Full:
            log.warning("an answer was not kept: too many wait already")

    def _keeps(self, model_id: UUID) -> bool:
        now = time.monotonic()
        until, keeps = self._known.get(model_id, (0.0, False))
        if now > until:
            if len(self._known) > MOST_KNOWN:
                self._known.clear()
                self._live.clear()
            keeps = is_kept(model_id)
            self._known[model_id] = now + KNOWN_SECONDS, keeps
        return keeps

    def _too_soon(self, model_id: UUID) -> bool:
        now = time.monotonic()
        if now - self._live.get(model_id, 0.0) < LIVE_SECONDS:
            return True
        self._live[model_id] = now
        return False

    def _put(self, heard: Heard) -> None:
        with self._lock:
            if self._count >= MOST or self._bytes + len(heard.data) > MOST_BYTES:
                raise Full
            self._count, self._bytes = self._count + 1, self._bytes + len(heard.data)
            if self._thread is None:
                self._thread = Thread(target=self._run, name="answers", daemon=True)
                self._thread.start()
        self._queue.put(heard)

    def _run(self) -> None:
        step_back()
        tidied = 0.0
        while True:
            batch = [self._queue.get()]
            batch += self._more(BATCH - 1)
            close_old_connections()
            try:
                projects = write(batch)
                if time.monotonic() - tidied > TIDY_SECONDS:
                    tidied = time.monotonic()
                    keeping.tidy(projects)
            except (DatabaseError, InterfaceError, OSError) as error:
                log.warning("%d answers could not be kept: %s", len(batch), error)
            close_old_connections()
            with self._lock:
                self._count, self._bytes = self._count - len(batch), self._bytes - sum(len(heard.data) for heard in batch)

    def _more(self, count: int) -> list[Heard]:
        """What else waits, at most so many."""
        found = []
        try:
            while len(found) < count:
                found.append(self._queue.get_nowait())
        except Empty:
            pass
        return found


def is_kept(model_id: UUID) -> bool:
    """Whether the answers of a model are kept, asked of the database; no, while that does not answer."""
    try:
        return _keeping_model.first(model_id) is not None
    except (DatabaseError, InterfaceError) as error:
        log.warning("answers are not kept just now: %s", error)
        if not connection.in_atomic_block:
            connection.close()  # threads of the live process have nobody who does it for them
        return False


def write(batch: list[Heard]) -> set[UUID]:
    """Write answers with their pictures, those whose projects keep them still; gives the projects. Raises OSError and the errors of the database."""
    of_model = keeping_now({heard.model_id for heard in batch})
    made = [(answer_of(heard, of_model[heard.model_id]), shrunk(heard.data)) for heard in batch if heard.model_id in of_model]
    made = [(answer, picture) for answer, picture in made if picture]
    if not made or store.free_bytes() - sum(len(picture) for _answer, picture in made) < floor_bytes():
        return set()
    for answer, picture in made:
        answer.size_bytes = len(picture)
    store.put_many([(answer.file_name, picture) for answer, picture in made])
    with transaction.atomic():
        hold({answer.project_id for answer, _picture in made})
        still = keeping_now({answer.model_id for answer, _picture in made})  # somebody may have turned it off while the files were written
        kept = [answer for answer, _picture in made if answer.model_id in still]
        Answer.objects.bulk_create(kept)
    for answer, _picture in made:
        if answer.model_id not in still:
            store.delete(answer.file_name)
    return {answer.project_id for answer in kept}


def hold(project_ids: set[UUID]) -> None:
    """Let nobody turn keeping on or off in this transaction: `keeping.set_days` would not see the answers, and they would stay."""
    list(Project.objects.select_for_update().filter(id__in=project_ids).order_by("id").values_list("id"))


def keeping_now(model_ids: set[UUID]) -> dict[UUID, UUID]:
    """Those of these models whose projects keep answers, with their projects."""
    return dict(Model.everything.filter(id__in=model_ids, project__answers_days__gt=0).values_list("id", "project"))


def answer_of(heard: Heard, project_id: UUID) -> Answer:
    """The row of an answer, not yet in the database."""
    best, confidence = heard.prediction.answers[0]
    return Answer(
        project_id=project_id,
        model_id=heard.model_id,
        created=heard.created,
        door=heard.door,
        key=heard.key,
        best=best[:NAME_LENGTH],
        confidence=confidence,
        unknown=heard.prediction.unknown,
        shares=[[label, round(share, 4)] for label, share in heard.prediction.answers[:SHARES]],
        digest=hashlib.sha256(heard.data).hexdigest(),
    )


@cache
def recorder() -> Recorder:
    """The recorder of this process."""
    return Recorder()


def hear(sender: object, **sent) -> None:
    """What `serving.answered` calls."""
    recorder().hear(**sent)
