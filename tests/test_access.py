"""Every URL, by everybody: owner, member, stranger, nobody, and a stranger's token."""

import json
import re
from datetime import timedelta
from functools import cache
from itertools import product
from uuid import uuid4

from allauth.account.models import EmailAddress
from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from tests.access_table import API, BODIES, rows
from webapp.accounts.services import create_token
from webapp.answers.models import Answer, Correction
from webapp.api.scopes import SCOPE, plain
from webapp.api.urls import api
from webapp.bundles.models import Packing
from webapp.bundles.services import format_of, seal
from webapp.collect.models import Collection
from webapp.core import store
from webapp.core.test import Cast
from webapp.exports.models import Export
from webapp.fleet.models import Machine
from webapp.ingest.models import Transfer, Upload
from webapp.keys.models import SCOPES, Key
from webapp.keys.services import create_key, digest
from webapp.projects.models import Project
from webapp.serving.models import Model
from webapp.serving.switching import note
from webapp.sharing.models import Remix, Score, Sharing, new_code
from webapp.similar.models import Map
from webapp.training.models import Preview, Run
from webapp.tuning.models import Tuning

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
GATED = ("ask", "framed", "view", "edit", "own", "self")
OURS = [model for model in apps.get_models() if model.__module__.startswith(("webapp.", "allauth.", "django.contrib.sessions"))]
OTHERS = ("account_", "set_language", "api:openapi", "api:api-root")  # pages of allauth, Django and ninja, which answer other methods with the page
COUNTERS = {"core.Spent", "core.CacheEntry"}  # that somebody asked often may be counted


@cache
def urls() -> dict[str, tuple[str, list[str]]]:
    """Every name of the resolver with its route and the names of its parameters."""
    return dict(walk(get_resolver().url_patterns, "", ""))


def walk(patterns, route: str, space: str):
    for entry in patterns:
        path = route + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from walk(entry.url_patterns, path, space + (f"{entry.namespace}:" if entry.namespace else ""))
        elif isinstance(entry, URLPattern):
            yield space + (entry.name or path), (path, list(entry.pattern.regex.groupindex))


def named(*needs: str) -> list[tuple[str, str, str]]:
    return [row for row in rows() if row[2] in needs]


def test_every_url_has_its_lines_in_the_table():
    assert set(urls()) == {name for name, _method, _who in rows()}
    assert len(set(rows())) == len(rows())


def test_every_operation_of_the_api_has_its_line_in_the_table():
    known = {(re.sub(r"<[^:>]+:([^>]+)>", r"{\1}", "/" + urls()[name][0]), method.lower()) for name, method, _who in rows() if name in API}
    there = {(path, method) for path, methods in api.get_openapi_schema()["paths"].items() for method in methods}
    assert there <= known


class House(Cast):
    """A project with one of each thing, and people who try every address."""

    def setUp(self) -> None:
        super().setUp()
        for person in (self.alice, self.bob, self.charlie):
            EmailAddress.objects.create(user=person, email=person.email, primary=True, verified=True)  # as sign-up makes them
        picture = self.image(self.cat)
        run = Run.objects.create(project=self.project, preset="quick", status="ready", active=None, evaluation={"accuracy": 1}, answers=[[str(picture.id), "猫", "猫", 1.0]])
        model = Model.objects.create(project=self.project, run=run, labels=["猫"], accuracy=1, size_bytes=1, input_size=224, sha256="0" * 64, published=True)
        token, _plain = create_token(user=self.alice, name="robot")
        upload = Upload.objects.create(project=self.project, status="done")
        transfer = Transfer.objects.create(project=self.project, person=self.alice, name="a.zip", size=9, expires=timezone.now() + timedelta(hours=1))
        collection = Collection.objects.create(project=self.project, label=self.cat, query="cat", status="done")
        export = Export.objects.create(project=self.project, status="done", size_bytes=1, expires=timezone.now() + timedelta(days=1))
        store.put(export.file_name, b"x")
        packing = Packing.objects.create(model=model, format="onnx", status="done", size_bytes=1, seal=seal(model, format_of("onnx")))
        store.put(packing.file_name, b"x")
        preview = Preview.objects.create(project=self.project, augment="light", image_size=64, status="done", sources=[str(picture.id)])
        store.put(preview.file_name(0), b"x")
        Project.objects.filter(id=self.project.id).update(answers_days=30)
        answer = Answer.objects.create(project=self.project, model=model, door="page", best="猫", confidence=1, size_bytes=1)
        store.put(answer.file_name, b"x")
        correction = Correction.objects.create(project=self.project, label_name="犬", status="done", problem="No.")
        things = {"answer": answer, "correction": correction, "preview": preview, "export": export, "project": self.project, "label": self.cat, "image": picture, "run": run, "model": model, "token": token, "upload": upload, "transfer": transfer, "collection": collection, "publication": note(self.project.id, model, None, "trained")}
        things["tuning"] = Tuning.objects.create(project=self.project, model=model, status="done", target_ms=20)
        things["tuning"].rows.create(engine="onnxruntime", precision="fp32", input_size=224, threads=2, p50_ms=7, accuracy=1, pictures=1)
        things["map"] = Map.objects.create(project=self.project, status="done", started=timezone.now())
        things["remix"] = Remix.objects.create(project=self.project, status="done")
        things["score"] = Score.objects.create(project=self.project, name="Ken", asked=10, right=9, right_ai=8, seconds=20)
        things["machine"] = Machine.objects.create(instance_id="i-1", type="small", zone="a", state="stopped", created=timezone.now())
        things["key"], self.plain_key = create_key(project=self.project, user=self.alice, name="all", scopes=[scope for scope, _words in SCOPES])
        self.there = {f"{name}_id": thing.id for name, thing in things.items()} | {"key": "nothing", "uidb36": "1", "place": 0, "name": "published", "version": "1", "format": "onnx"}
        self.there["code"] = Sharing.objects.create(project=self.project, shows_examples=True).code
        self.missing = {name: uuid4() if name.endswith("_id") else value for name, value in self.there.items()} | {"code": new_code(), "publication_id": 10**9}

    def browser(self, person=None, **options) -> Client:
        browser = Client(raise_request_exception=False, **options)
        if person:
            browser.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
        return browser

    def program(self, person) -> Client:
        return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {create_token(user=person, name='x')[1]}"})

    def ask(self, client: Client, name: str, method: str, ids: dict | None = None):
        """One request, whose changes to the database are taken back."""
        ids = ids or self.there
        path = reverse(name, kwargs={parameter: ids[parameter] for parameter in urls()[name][1]})
        body = json.dumps(BODIES.get(name, {})).replace("other_label", str(self.dog.id)) if name.startswith("api:") else ""
        with transaction.atomic():
            answer = client.generic(method, path, body, "application/json" if body else "application/x-www-form-urlencoded")
            answer.content if answer.streaming is False else b"".join(answer.streaming_content)
            transaction.set_rollback(True)
        return answer

    def snapshot(self) -> dict:
        return {model._meta.label: sorted(map(str, model.objects.values_list())) for model in OURS if model._meta.label not in COUNTERS}

    def files(self) -> dict:
        """Every private file with its size and the time of its last change."""
        return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in settings.STORE.rglob("*") if path.is_file()}

    def plain(self, answer) -> tuple:
        """An answer without what is new each time: ids, numbers of publications, short addresses, CSRF tokens and nonces."""
        text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[A-Za-z0-9]{64}|(?<=/p/)[a-z0-9]{12}|(?<=/publications/)[0-9]+", "", answer.content.decode())
        return answer.status_code, text, set(answer.headers)


class Access(House):
    def test_owner_and_members_get_through_the_gate(self):
        for (name, method, who), person in product(named("ask", "view", "edit", "own"), (self.alice, self.bob)):
            if who == "own" and person is self.bob:
                continue
            with self.subTest(name=name, method=method, person=str(person)):
                self.assertNotIn(self.ask(self.browser(person), name, method).status_code, (401, 403, 404, 405, 500))

    def test_for_everybody_else_it_is_not_there(self):
        outsiders = {"stranger": self.browser(self.charlie), "token": self.program(self.charlie), "nobody": self.browser(), "member": self.browser(self.bob)}
        for (name, method, who), outsider in product(named(*GATED), outsiders):
            if outsider == "member" and who in ("ask", "view", "edit"):
                continue
            with self.subTest(name=name, method=method, outsider=outsider):
                foreign, nothing = (self.ask(outsiders[outsider], name, method, ids) for ids in (self.there, self.missing))
                refusals = (401,) if name.startswith("api:") and outsider == "nobody" else (302, 404) if who == "self" else (404,)
                self.assertIn(foreign.status_code, refusals)
                self.assertEqual(self.plain(foreign), self.plain(nothing))

    def test_nobody_and_wrong_tokens_are_told_to_log_in(self):
        for name, method, _who in named("person"):
            for client in (self.browser(), Client(headers={"Authorization": "Bearer wrong"})):
                with self.subTest(name=name, method=method):
                    self.assertEqual(self.ask(client, name, method).status_code, 401)

    def test_reading_changes_nothing(self):
        readers = [self.browser(person) for person in (self.alice, self.charlie, None)]
        before = self.snapshot() | self.files()
        for name, method in product(urls(), ("GET", "HEAD")):
            for number, reader in enumerate(readers):
                with self.subTest(name=name, method=method, reader=number):
                    path = reverse(name, kwargs={parameter: self.there[parameter] for parameter in urls()[name][1]})
                    answer = reader.generic(method, path)
                    b"".join(answer)
                    self.assertLess(answer.status_code, 500 if name != "core:readyz" else 504)
        self.assertEqual(self.snapshot() | self.files(), before)

    def test_no_change_is_made_without_the_csrf_token(self):
        people = [self.browser(person, enforce_csrf_checks=True) for person in (self.alice, self.charlie)]
        before = self.snapshot()
        for (name, method, who), person in product([row for row in rows() if row[1] in UNSAFE and row[2] != "framed"], people):
            with self.subTest(name=name, method=method):
                self.assertEqual(self.ask(person, name, method).status_code, 401 if who == "bot" else 403)
        self.assertEqual(self.snapshot(), before)

    def test_methods_that_are_not_in_the_table_do_not_exist(self):
        known = {}
        for name, method, _who in rows():
            path = urls()[name][0]
            known[path] = known.get(path, set()) | {method}
        alice, there = self.browser(self.alice), urls()
        for name, method in product(there, ("GET", *UNSAFE)):
            if method in known[there[name][0]] or name.startswith(OTHERS):
                continue
            with self.subTest(name=name, method=method):
                self.assertEqual(self.ask(alice, name, method).status_code, 405)

    def test_pictures_of_others_cannot_be_changed_through_a_project_of_ones_own(self):
        picture = self.there["image_id"]
        thief = self.browser(self.charlie)
        thief.post(reverse("projects:front"), {"labels": "a, b"})
        project = self.charlie.projects.get()
        for do in ("delete", "aside", "move"):
            thief.post(reverse("images:change", args=[project.id]), {"do": do, "pick": str(picture), "to": str(project.labels.first().id)})
        image = self.project.images.get(id=picture)
        self.assertEqual((image.label, image.status), (self.cat, "ready"))

    def test_what_an_admin_of_the_site_does_exists_for_nobody_else(self):
        staff = self.person("admin")
        staff.is_staff = True
        staff.save()
        for name, method, _who in named("staff"):
            others = {self.ask(self.browser(person), name, method).status_code for person in (self.alice, self.bob, self.charlie, None)}
            with self.subTest(name=name, method=method):
                self.assertEqual((others, self.ask(self.browser(staff), name, method).status_code in (200, 302, 422)), ({404}, True))


class Keys(House):
    """A key of a project: it opens the operations of its scopes, there, and nothing else."""

    def by_key(self, plain_key: str) -> Client:
        return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {plain_key}"})

    def key(self, **values) -> Client:
        return self.by_key(create_key(**{"project": self.project, "user": self.alice, "name": "x", "scopes": [scope for scope, _words in SCOPES]} | values)[1])

    def test_every_operation_asks_for_its_scope_and_most_are_closed_to_every_key(self):
        keys = {scope: self.key(scopes=[scope]) for scope, _words in SCOPES}
        for (name, method, _who), scope in product([row for row in rows() if row[0] in API and row[2] in ("view", "edit", "own", "self", "person")], keys):
            needed = SCOPE.get((method, plain(urls()[name][0])))
            with self.subTest(name=name, method=method, scope=scope):
                self.assertEqual(self.ask(keys[scope], name, method).status_code == 403, scope != needed)

    def test_all_scopes_together_open_nothing_of_another_project_of_the_same_person(self):
        another = Project.objects.create(owner=self.alice, name="Another", visibility="public")
        stranger, ended = self.key(project=another), Key.objects.create(project=self.project, user=self.alice, name="x", scopes="predict upload read", digest=digest("aimk_x"), revoked=timezone.now())
        for name, method, _who in [row for row in rows() if row[0] in API and row[2] in ("view", "edit", "own", "self", "ask")]:
            foreign, nothing = (self.ask(stranger, name, method, ids) for ids in (self.there, self.missing))
            with self.subTest(name=name, method=method):
                self.assertIn(foreign.status_code, (403, 404))
                self.assertEqual(self.plain(foreign), self.plain(nothing))
                self.assertEqual(self.ask(self.by_key("aimk_x"), name, method).status_code, 401, ended)
        self.assertEqual([item["name"] for item in stranger.get("/api/v1/projects").json()["items"]], ["Another"])

    def test_no_page_knows_what_a_key_is(self):
        program, nobody = self.by_key(self.plain_key), self.browser()
        for name, method, _who in [row for row in rows() if row[0] not in API and row[2] in ("view", "edit", "own", "self")]:
            with self.subTest(name=name, method=method):
                self.assertEqual(self.plain(self.ask(program, name, method)), self.plain(self.ask(nobody, name, method)))
