"""A project of 100,000 pictures: every page and list of it, asked in this process, with its queries and its time; the review also where half of them have one label.

    python -m benchmarks.scale [pictures]

The floor is a page without a project: what Django, the session and the template take anyway.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from statistics import median

PICTURES, LABELS = 100_000, 20
MOST_QUERIES, MOST_MS = 8, 300
MOST_STATEMENTS = 30  # of an action, with its transactions and what undoes it again
ROUNDS = 5
BATCH = 2000  # rows sent at once: with their vectors less than the 16 MB that MariaDB takes
LICENSES = ("", "CC0 1.0", "CC BY 4.0", "CC BY-SA 2.0", "CC BY-NC 2.0")


def main() -> None:
    pictures = int(sys.argv[1]) if len(sys.argv) > 1 else PICTURES
    with tempfile.TemporaryDirectory(prefix="aimaker-bench-") as data:
        os.environ |= {"AIMAKER_DATA": data, "STATIC_HASHES": "0", "DJANGO_SETTINGS_MODULE": "webapp.settings", "LOG_LEVEL": "WARNING", "API_RATE": "0"}
        import django  # its settings read the data folder that was just made

        django.setup()
        bad = report(pictures)
    if bad:
        sys.exit("too slow, or too many queries")


def report(pictures: int) -> bool:
    """Print the table; true when a page is over its limit."""
    from django.core.management import call_command  # all imports of ours need the settings

    with redirect_stdout(sys.stderr):
        call_command("migrate", verbosity=0)
    start = time.perf_counter()
    project, client = prepare(pictures)
    print(f"{pictures:,} pictures of {LABELS} labels, made in {time.perf_counter() - start:.0f} s")
    print(f"{'page':44} {'queries':>7} {'median ms':>10} {'worst ms':>9} {'limit':>6}")
    bad = False
    asked = [*((MOST_QUERIES, page) for page in questions(project, client)), *((MOST_STATEMENTS, action) for action in actions(project))]
    for most, (name, ask) in [*asked, *((MOST_QUERIES, page) for page in of_one_label(client, pictures // 2))]:
        queries, times = measure(ask)
        over = queries > most or median(times) > MOST_MS
        bad |= over
        print(f"{name:44} {queries:7d} {median(times):10.1f} {max(times):9.1f} {MOST_MS:6d}{'  OVER' if over else ''}", flush=True)
    return bad


def prepare(pictures: int):
    """A person with a project of so many pictures, some runs and a model; gives the project and their browser."""
    # Ours and Django's need the settings.
    from django.conf import settings
    from django.test import Client

    from webapp.accounts.models import User
    from webapp.projects.services import create_project

    settings.ALLOWED_HOSTS.append("testserver")
    user = User.objects.create_user("bench@example.org", "a password of a bench", is_guest=False)
    project = create_project(owner=user, labels=[f"label {n}" for n in range(LABELS)])
    fill(project, pictures)
    learn(project)
    client = Client(raise_request_exception=True)
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return project, client


def fill(project, pictures: int) -> None:
    """Rows and vectors of pictures, without files; some from the web, some set aside, some in groups."""
    # Ours and Django's need the settings.
    import uuid
    from datetime import timedelta

    from django.utils import timezone

    from webapp.images.models import Embedding, Image
    from webapp.review.models import Suggestion

    labels, vector, now = list(project.labels.all()), bytes(2560), timezone.now()
    many = len(labels)
    Image._meta.get_field("created").auto_now_add = False  # they came one after another, over some weeks
    for start in range(0, pictures, BATCH):
        rows = [image_of(Image, project, labels[n % many], n, uuid.UUID(int=n // 75 + 1)) for n in range(start, min(pictures, start + BATCH))]
        for n, row in enumerate(rows, start):
            row.created = now - timedelta(seconds=10 * (pictures - n))
        Image.objects.bulk_create(rows)
        Embedding.objects.bulk_create([Embedding(image=row, vector=vector) for row in rows])
        doubted = [row for n, row in enumerate(rows, start) if n % 50 == 9]  # 2,000, as many as a check writes
        Suggestion.objects.bulk_create([Suggestion(project=project, image=row, label=labels[-1], score=0.5 + n / 20_000) for n, row in enumerate(doubted)])


def image_of(Image, project, label, n: int, group):
    web = n % 3 == 0
    return Image(
        project=project, label=label, sha256=f"{n * 7919 % 1_000_003:08d}{n:056d}", name=f"{n}.jpg", width=640, height=480, size_bytes=50_000, phash=n,
        status="set_aside" if n % 50 == 7 else "ready", aside_reason="duplicate" if n % 50 == 7 else "", group=group if n % 25 == 0 else None,
        is_blurred=n % 40 == 3, is_tiny=n % 200 == 5, is_off_topic=n % 60 == 11,
        source="web" if web else "upload", provider="openverse" if web else "", license=LICENSES[n % 5] if web else "", title=f"Picture {n}" if web else "",
        source_url=f"https://files.example/{n}.jpg" if web else "", page_url=f"https://pages.example/{n}" if web else "", creator="Ann" if web else "",
    )  # fmt: skip


def learn(project) -> None:
    """Three runs that learned from all of it, and the model of the last."""
    # Ours and Django's need the settings.
    from webapp.serving.models import Model
    from webapp.training.models import Run
    from webapp.training.snapshot import snapshot

    (rows, _torn), labels = snapshot(project, 0), [label.name for label in project.labels.all()]
    evaluation = {
        "accuracy": 0.9, "interval": [0.89, 0.91], "labels": [{"name": name, "precision": 0.9, "recall": 0.9, "f1": 0.9, "support": 500} for name in labels],
        "confusion": [[450 if one == other else 2 for other in labels] for one in labels], "mistakes": [], "calibration": {"ece": 0.01},
    }  # fmt: skip
    best = {"epoch": 3, "val_accuracy": 0.9, "val_loss": 0.3}
    for number in range(1, 4):
        run = Run.objects.create(project=project, number=number, preset="quick", status="ready", active=None, epochs=3, epoch=3, snapshot=rows,
                                 train_images=9 * len(rows) // 10, val_images=len(rows) // 10, evaluation=evaluation, best=best)  # fmt: skip
    Model.objects.create(project=project, run=run, labels=labels, accuracy=0.9, size_bytes=1, input_size=224, sha256="0" * 64, published=True)


def questions(project, client) -> Iterator[tuple[str, object]]:
    """(name, what asks it) of every page and list of a project."""
    # Ours and Django's need the settings.
    from django.urls import reverse

    from webapp.images.models import Image
    from webapp.training.models import Run

    label, run = project.labels.first(), Run.objects.filter(model__isnull=False).first()
    middle = Image.objects.filter(project=project).order_by("created", "id")[project.images.count() // 2]

    def page(name: str, *ids, query: str = "") -> tuple:
        address = reverse(name, args=ids) + query
        return f"{name} {query}".strip()[:44], lambda: check(client.get(address))

    def api(path: str) -> tuple:
        shown = path.replace(str(project.id), "…").replace(str(run.id), "…")
        return f"api {shown}"[:44], lambda: check(client.get(f"/api/v1{path}"))

    yield "floor: a page without a project", lambda: check(client.get(reverse("accounts:tokens")))
    yield page("projects:front")
    yield page("projects:mine")
    yield page("images:project", project.id)
    yield page("images:project", project.id, query=f"?all={label.id}")
    yield page("images:shelf", project.id)
    yield page("training:runs", project.id)
    yield page("training:run", run.id)
    yield page("serving:try", project.id)
    yield page("exports:exports", project.id)
    yield page("exports:sources", project.id)
    yield page("exports:sources", project.id, query="?license=nc")
    yield page("exports:sources", project.id, query=f"?cursor={cursor(middle)}")
    yield from review(page, project)
    yield api("/projects")
    yield api(f"/projects/{project.id}")
    yield api(f"/projects/{project.id}/images?limit=200")
    yield api(f"/projects/{project.id}/images?limit=200&cursor={cursor(middle)}")
    yield api(f"/projects/{project.id}/images?label={label.name.replace(' ', '%20')}&status=set_aside")
    yield api(f"/projects/{project.id}/runs")
    yield api(f"/runs/{run.id}")
    yield api(f"/runs/{run.id}/evaluation")


def actions(project) -> Iterator[tuple[str, object]]:
    """(name, what does and undoes it) of what one press begins."""
    yield "start of an export", lambda: start_export(project)
    yield "start of a training", lambda: start_training(project)


def review(page, project) -> Iterator[tuple]:
    """The pages of the review: each tab of all labels and of one, from its beginning and far down."""
    # Ours and Django's need the settings.
    from webapp.review.queries import SHOWS

    label = project.labels.order_by("position", "created", "id")[project.labels.count() // 2]
    for name in ("review:review", "review:summary", "review:progress", "review:line"):
        yield page(name, project.id)
    for show in SHOWS:
        deep = f"show={show}&after={far_down(project, show)}"
        yield page("review:review", project.id, query=f"?show={show}")
        for query in (f"?show={show}", f"?show={show}&label={label.id}", f"?{deep}"):
            yield page("review:pictures", project.id, query=query)
        yield page("review:review", project.id, query=f"?{deep}&label={label.id}")


def far_down(project, show: str) -> str:
    """The word for a place half way through a tab, such as the script of the page comes to."""
    # Ours and Django's need the settings.
    from webapp.review import suspects
    from webapp.review.queries import ORDER, SHOWS, Place

    if show == "wrong_label":
        rows = project.suggestions.select_related("image")
        return suspects.place(rows[rows.count() // 2].image)
    rows = project.images.filter(SHOWS[show]).order_by("label__position", "label__created", "label", *ORDER)
    return Place.of(rows[rows.count() // 2]).word


def of_one_label(client, pictures: int) -> Iterator[tuple]:
    """The review of a project whose only label has all of the pictures."""
    # Ours and Django's need the settings.
    from django.urls import reverse

    from webapp.accounts.models import User
    from webapp.projects.services import create_project

    project = create_project(owner=User.objects.get(), labels=["the only label"])
    fill(project, pictures)

    def page(name: str, *ids, query: str = "") -> tuple:
        address = reverse(name, args=ids) + query
        return f"one label: {name} {query}".strip()[:44], lambda: check(client.get(address))

    yield from review(page, project)


def cursor(image) -> str:
    # Ours and Django's need the settings.
    from webapp.exports.credits import write

    return write(image)


def start_export(project) -> None:
    # Ours and Django's need the settings.
    from webapp.core.models import Spent
    from webapp.exports.models import Export
    from webapp.exports.services import start

    Spent.objects.all().delete()
    start(project=project)
    Export.objects.all().delete()


def start_training(project) -> None:
    # Ours and Django's need the settings.
    from webapp.core.models import Spent
    from webapp.training.models import Run
    from webapp.training.services import start

    Spent.objects.all().delete()
    run, _created = start(project=project)
    Run.objects.filter(id=run.id).delete()


def check(answer) -> None:
    if answer.status_code != 200:
        sys.exit(f"{answer.request['PATH_INFO']} answered {answer.status_code}")


def measure(ask) -> tuple[int, list[float]]:
    """Queries of one question, and the milliseconds of each of some, after a first that warms up."""
    # Ours and Django's need the settings.
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    ask()
    with CaptureQueriesContext(connection) as queries:
        ask()
    asked, times = len(queries), []  # counted now: a request clears the log of those before it
    for _round in range(ROUNDS):
        start = time.perf_counter()
        ask()
        times.append(1000 * (time.perf_counter() - start))
    return asked, times


if __name__ == "__main__":
    main()
