"""Every call of the API, once: `Client` and `AsyncClient` are made of these."""

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

from aimaker_client.errors import Failed, TimedOut
from aimaker_client.pictures import Picture, batches, labelled, question
from aimaker_client.rows import Answer, Collection, Epoch, Evaluation, Image, Job, Model, Prediction, Project, Row, Run, Upload
from aimaker_client.steps import Call, Reply, Request, Wait

Id = str | UUID | Row
A = TypeVar("A", bound=Answer)
J = TypeVar("J", bound=Job)
KIND_PATHS = {Upload: "/uploads", Collection: "/collections", Run: "/runs"}
PAGE = 200  # rows that are asked for at once, as many as the server gives
FIRST_POLL, SLOWEST_POLL = 0.5, 5.0  # seconds


def id_of(thing: Id) -> str:
    return str(thing) if isinstance(thing, str | UUID) else thing.id


def get(path: str, **params: Any) -> Call[Any]:
    reply: Reply = yield Request("GET", path, params={name: value for name, value in params.items() if value is not None})
    return reply.json()


def post(path: str, body: Mapping[str, Any] | None = None) -> Call[Any]:
    """POST with an Idempotency-Key: however often it is sent, it is done once."""
    reply: Reply = yield Request("POST", path, json={} if body is None else dict(body), headers={"Idempotency-Key": str(uuid4())})
    return reply.json()


def pages(path: str, kind: type[A], **params: Any) -> Call[list[A]]:
    """All rows of a list, over all its pages."""
    rows: list[A] = []
    cursor: str | None = None
    while True:
        page = yield from get(path, cursor=cursor, limit=PAGE, **params)
        rows += [kind.of(item) for item in page["items"]]
        cursor = page["next"]
        if not cursor:
            return rows


def create_project(labels: Iterable[str], name: str = "") -> Call[Project]:
    """Make a project with these labels; without a name it is called by them."""
    return Project.of((yield from post("/projects", {"name": name, "labels": list(labels)})))


def projects() -> Call[list[Project]]:
    """All your projects, newest first."""
    return (yield from pages("/projects", Project))


def project(project: Id) -> Call[Project]:
    return Project.of((yield from get(f"/projects/{id_of(project)}")))


def change_project(project: Id, *, name: str | None = None, description: str | None = None, visibility: str | None = None) -> Call[Project]:
    """Change what is given; `visibility` is private, unlisted or public."""
    given = {"name": name, "description": description, "visibility": visibility}
    body = {field: value for field, value in given.items() if value is not None}
    reply: Reply = yield Request("PATCH", f"/projects/{id_of(project)}", json=body)
    return Project.of(reply.json())


def delete_project(project: Id) -> Call[None]:
    """Delete a project with its pictures, runs and models."""
    yield Request("DELETE", f"/projects/{id_of(project)}")


def upload(project: Id, *sources: str | Path, label: str | None = None) -> Call[list[Upload]]:
    """Send pictures, folders of pictures and ZIPs; wait for what comes back with `wait`.

    Without `label`, folders in a folder or ZIP are the labels. Files are sent at most 100 in a request, so there may be several uploads.
    """
    uploads = []
    for of_label, paths in batches(labelled(sources, label)):
        reply: Reply = yield Request(
            "POST",
            f"/projects/{id_of(project)}/uploads",
            form={"label": of_label} if of_label else {},
            files=[("file", (path.name, path)) for path in paths],
            headers={"Idempotency-Key": str(uuid4())},
        )
        uploads.append(Upload.of(reply.json()))
    return uploads


def upload_bytes(project: Id, content: bytes, *, label: str, name: str = "picture.jpg") -> Call[Upload]:
    """Send one picture that lies in memory."""
    reply: Reply = yield Request(
        "POST", f"/projects/{id_of(project)}/uploads", form={"label": label}, files=[("file", (name, content))], headers={"Idempotency-Key": str(uuid4())}
    )
    return Upload.of(reply.json())


def collect(project: Id, label: str, *, query: str | None = None, count: int = 50, providers: list[str] | None = None) -> Call[Collection]:
    """Search the web for pictures of a label."""
    given = {"label": label, "query": query, "count": count, "providers": providers}
    body = {field: value for field, value in given.items() if value is not None}
    return Collection.of((yield from post(f"/projects/{id_of(project)}/collections", body)))


def images(project: Id, *, label: str | None = None, status: str | None = None) -> Call[list[Image]]:
    """All pictures of a project; `status` is ready or set_aside."""
    return (yield from pages(f"/projects/{id_of(project)}/images", Image, label=label, status=status))


def train(project: Id, *, preset: str = "auto", **options: Any) -> Call[Run]:
    """Start a training, or get the one that is under way. Options are those of the form: epochs, batch_size, learning_rate, backbone, ..."""
    return Run.of((yield from post(f"/projects/{id_of(project)}/runs", {"preset": preset, **options})))


def runs(project: Id) -> Call[list[Run]]:
    """All runs of a project, newest first."""
    return (yield from pages(f"/projects/{id_of(project)}/runs", Run))


def run(run: Id) -> Call[Run]:
    return Run.of((yield from get(f"/runs/{id_of(run)}")))


def epochs(run: Id, *, after: int = 0) -> Call[list[Epoch]]:
    """The epochs of a run that came after one: its curves."""
    return [Epoch.of(item) for item in (yield from get(f"/runs/{id_of(run)}/epochs", after=after))["items"]]


def evaluation(run: Id) -> Call[Evaluation]:
    """How good a run that is ready is on pictures that it has not learned from."""
    return Evaluation.of((yield from get(f"/runs/{id_of(run)}/evaluation")))


def cancel(run: Id) -> Call[Run]:
    """Stop a run."""
    return Run.of((yield from post(f"/runs/{id_of(run)}/cancel")))


def model(model: Id) -> Call[Model]:
    return Model.of((yield from get(f"/models/{id_of(model)}")))


def bundle(model: Id) -> Call[bytes]:
    """A model to take away: a ZIP with the network, its labels, and scripts that run and check it."""
    reply: Reply = yield Request("GET", f"/models/{id_of(model)}/bundle")
    return reply.content


def predict(picture: Picture, *, project: Id | None = None, model: Id | None = None, top: int = 5) -> Call[Prediction]:
    """What a picture (a path, bytes, or an address on the web) shows, as the published model of a project or a certain model sees it."""
    if (project is None) == (model is None):
        raise ValueError("Say which project or which model is to answer.")
    path = f"/models/{id_of(model)}" if model is not None else f"/projects/{id_of(project or '')}"
    # Asking changes nothing, so it needs no Idempotency-Key to be sent again.
    reply: Reply = yield Request("POST", f"{path}/predict", params={"top": top}, **question(picture))
    return Prediction.of(reply.json())


def wait(row: J, *, on_progress: Callable[[J], None] | None = None, timeout: float | None = None) -> Call[J]:
    """Wait until an upload, a collection or a run has ended; returns its last state, which may be cancelled.

    `on_progress` is called with each new state, `timeout` is in seconds. Raises Failed or TimedOut.
    """
    ends = time.monotonic() + timeout if timeout is not None else float("inf")
    path, pause, etag = f"{KIND_PATHS[type(row)]}/{row.id}", FIRST_POLL, ""
    while not row.ended:
        reply: Reply = yield Request("GET", path, headers={"If-None-Match": etag} if etag else {})
        if reply.status != 304:
            row, etag, pause = type(row).of(reply.json()), reply.headers.get("etag", ""), FIRST_POLL
            if on_progress:
                on_progress(row)
        if not row.ended:
            if time.monotonic() >= ends:
                raise TimedOut(f"After {timeout:g} seconds it is still {row.status}.", row)
            yield Wait(min(pause, max(ends - time.monotonic(), 0.0)))
            pause = min(pause * 1.5, SLOWEST_POLL)
    if row.status == "failed":
        raise Failed(row.problem or "It failed.", row)
    return row
