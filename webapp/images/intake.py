"""How pictures come into a project: one stream for uploads, collections and samples.

children decode -> a thread makes vectors -> a thread writes files -> the caller's thread writes rows and tells. Each stage works while
the others do, the disk is waited for beside the work, and none runs far ahead: however long the stream is, few pictures are in memory.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from concurrent.futures import TimeoutError as NotYet
from dataclasses import asdict, dataclass, field

from django.db import DatabaseError, IntegrityError, InterfaceError, transaction

from webapp.core.again import again
from webapp.images import files, seals, vectors
from webapp.images.blocks import blocked
from webapp.images.decoders import COUNT, Decoders, decoders
from webapp.images.guard import Prepared, Refused
from webapp.images.models import Embedding, Image
from webapp.images.reasons import sentence
from webapp.images.services import changed
from webapp.projects.models import Label, Project

BATCH = 16
BATCHES = 3  # under way behind the children: one at each stage
AHEAD, AHEAD_BYTES = 8 * COUNT, 80_000_000  # files handed to the children that nobody has taken back yet
FLUSH_SECONDS = 0.4  # a slow stream is told of at least this often
LOOK_SECONDS = 0.25
RACES = 5

Known = dict[str, Image]

log = logging.getLogger(__name__)


@dataclass
class Candidate:
    """A file that may become a picture of a label. `facts` are columns of Image: source, origin, license, split, ...

    With the `seal` of its bytes it is kept as it is; see `images.seals`.
    """

    label: Label
    content: bytes  # let go as soon as it is decoded
    name: str = ""
    facts: dict = field(default_factory=dict)
    seal: str = ""


@dataclass
class Outcome:
    """What became of a candidate: a new image, one that the project had already (`duplicate`), or none, for a reason."""

    candidate: Candidate
    image: Image | None = None
    duplicate: bool = False
    reason: str = ""
    message: str = ""


@dataclass
class Item:
    """A candidate on its way. `image` has no row yet."""

    candidate: Candidate
    prepared: Prepared | None = None
    image: Image | None = None
    vector: bytes = b""
    reason: str = ""


class Unfinished(Exception):
    """Items that need rows have no vector and no files yet."""

    def __init__(self, items: list[Item]):
        super().__init__(len(items))
        self.items = items


def take_in(
    project: Project, candidates: Iterable[Candidate], on_outcome: Callable[[Outcome], None], check: Callable[[], None] = lambda: None
) -> None:
    """Take candidates into a project, in their order; `on_outcome` hears of each exactly once, after its row is committed.

    The iterable is consumed lazily, in the calling thread. `check` is called a few times a second and may raise to stop: what has a row
    then stays, what has none leaves nothing behind.
    """
    with decoders.ready() as children, ThreadPoolExecutor(1, "vectors") as embedding, ThreadPoolExecutor(1, "files") as writing:
        stream = _Stream(project, children, (embedding, writing), on_outcome, check)
        try:
            for candidate in candidates:
                stream.feed(candidate)
            stream.drain()
        finally:
            stream.abandon()


class _Stream:
    """The pictures of one `take_in` that are under way."""

    def __init__(self, project: Project, children: Decoders, stages: tuple[ThreadPoolExecutor, ThreadPoolExecutor], tell: Callable, check: Callable):
        self.project, self.children, self.tell, self.check = project, children, tell, check
        self.embedding, self.writing = stages
        self.decoding: deque[tuple[Candidate, Future]] = deque()
        self.batch: list[Item] = []
        self.finishing: deque[tuple[list[Item], Future]] = deque()  # batches whose vectors and files are being made
        self.flushed = time.monotonic()

    def feed(self, candidate: Candidate) -> None:
        """Start one more; waits while too many are under way."""
        self.check()
        self.decoding.append((candidate, self.children.submit(candidate.content)))
        while self.finishing and self.finishing[0][1].done():
            self.settle()
        while self.decoding and (self.is_far_ahead() or self.decoding[0][1].done()):
            self.take_decoded()
        if len(self.batch) >= BATCH or (self.batch and time.monotonic() - self.flushed > FLUSH_SECONDS):
            self.flush()

    def drain(self) -> None:
        """Finish all that is under way."""
        while self.decoding:
            self.take_decoded()
        self.flush()
        while self.finishing:
            self.settle()

    def abandon(self) -> None:
        """Let go of what has not ended: files that got no row go away again, as soon as nobody writes them any more."""
        for _candidate, future in self.decoding:
            future.cancel()
        wait([future for _batch, future in self.finishing])
        try:
            discard([item for batch, _future in self.finishing for item in batch])
        except (DatabaseError, InterfaceError) as error:  # why we stop is told already, and the janitor finds these files
            log.warning("files of unfinished pictures stay until they are swept: %s", error)

    def is_far_ahead(self) -> bool:
        return len(self.decoding) > AHEAD or sum(len(candidate.content) for candidate, _future in self.decoding) > AHEAD_BYTES

    def take_decoded(self) -> None:
        candidate, future = self.decoding.popleft()
        item = Item(candidate)
        try:
            item.prepared = self.wait(future)
            if seals.fits(candidate.content, candidate.seal):
                item.prepared.jpeg = candidate.content
            item.image = new_image(self.project, item)
        except Refused as refused:
            item.reason = refused.reason
        candidate.content = b""
        self.batch.append(item)

    def wait(self, future: Future):
        """The result of a future, asking all the while whether to stop."""
        while True:
            try:
                return future.result(timeout=LOOK_SECONDS)
            except NotYet:
                self.check()

    def flush(self) -> None:
        """Send the batch on, when there is room for it."""
        while len(self.finishing) >= BATCHES:
            self.settle()
        batch, self.batch, self.flushed = self.batch, [], time.monotonic()
        if batch:
            embedded = self.embedding.submit(embed, batch, known(self.project, batch))
            self.finishing.append((batch, self.writing.submit(lambda: write(embedded.result()))))

    def settle(self) -> None:
        """Wait for the oldest batch, write its rows and tell of it."""
        outcomes = record(self.project, self.wait(self.finishing[0][1]))
        self.finishing.popleft()  # only now: until it has rows, its files are those of nobody
        for outcome in outcomes:
            self.tell(outcome)


def new_image(project: Project, item: Item) -> Image:
    """The image, without a row yet, of a decoded candidate."""
    prepared, candidate = item.prepared, item.candidate
    return Image(
        project=project,
        label=candidate.label,
        sha256=prepared.sha256,
        name=candidate.name[:255],
        width=prepared.width,
        height=prepared.height,
        size_bytes=len(prepared.jpeg),
        **asdict(prepared.looks),
        **candidate.facts,
    )


def known(project: Project, batch: list[Item]) -> Known:
    """The images of a batch that the project has already, by hash."""
    wanted = {item.image.sha256 for item in batch if item.image}
    return {image.sha256: image for image in project.images.filter(sha256__in=wanted)} if wanted else {}


def embed(batch: list[Item], there: Known) -> list[Item]:
    """Make the vectors of what is new in a batch. Runs beside the calling thread and touches no row."""
    new = list({item.image.sha256: item for item in reversed(batch) if item.image and item.image.sha256 not in there}.values())
    for item, vector in zip(new, vectors.embed([item.prepared.pixels for item in new]), strict=True):
        item.vector = vector
    return batch


def write(batch: list[Item]) -> list[Item]:
    """Write the files of what has vectors in a batch. Runs beside the calling thread and touches no row."""
    files.write([(item.image, item.prepared) for item in batch if item.vector])
    return batch


def record(project: Project, batch: list[Item]) -> list[Outcome]:
    """Write the rows of a batch in one transaction, whoever else brings the same pictures at the same moment."""
    for attempt in range(RACES):
        try:
            outcomes = write_rows(project, batch)
            break
        except Unfinished as unfinished:  # the project had these when the batch was finished, and has them no more
            write(embed(unfinished.items, {}))
        except IntegrityError:  # another worker was faster with one of them: look again
            if attempt == RACES - 1:
                raise
    else:
        raise RuntimeError(f"the pictures of project {project.id} change faster than they can be taken in")
    new = {outcome.image.sha256 for outcome in outcomes if outcome.image and not outcome.duplicate}
    files.write_missing([(item.image, item.prepared) for item in batch if item.vector and item.image.sha256 in new])
    discard([item for item in batch if item.vector and item.image.sha256 not in new])
    return outcomes


def discard(items: list[Item]) -> None:
    """Take away the files of items that got no row."""
    files.discard([(item.image, item.prepared) for item in items if item.vector])


@again
@transaction.atomic
def write_rows(project: Project, batch: list[Item]) -> list[Outcome]:
    """The outcome of each item; new images get their rows and vectors."""
    labels = set(Label.objects.select_for_update().filter(id__in={item.candidate.label.id for item in batch}).values_list("id", flat=True))
    there, refused = known(project, batch), blocked(project, [item.image for item in batch if item.image])
    outcomes, new = [], []
    for item in batch:
        outcome = judge(item, there, labels, refused)
        if outcome.image and not outcome.duplicate:
            there[item.image.sha256] = item.image
            new.append(item)
        outcomes.append(outcome)
    if unfinished := [item for item in new if not item.vector]:
        raise Unfinished(unfinished)
    Image.objects.bulk_create([item.image for item in new])
    Embedding.objects.bulk_create([Embedding(image=item.image, vector=item.vector) for item in new])
    if new:
        changed.send(Image, projects={project.id: len(new)})
    return outcomes


def judge(item: Item, there: Known, labels: set, refused: set) -> Outcome:
    """Whether an item is refused, there already, or new."""
    reason = "taken_down" if item.image and item.image.id in refused else item.reason
    if not reason and (image := there.get(item.image.sha256)):
        return Outcome(item.candidate, image=image, duplicate=True)
    if not reason and item.candidate.label.id not in labels:
        reason = "label_gone"
    if reason:
        return Outcome(item.candidate, reason=reason, message=sentence(reason))
    return Outcome(item.candidate, image=item.image)
