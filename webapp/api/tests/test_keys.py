import tempfile
from pathlib import Path

from django.test import Client, override_settings

from webapp.api.models import FirstAnswer
from webapp.api.scopes import SCOPE
from webapp.api.tests.calls import JSON, ApiCast
from webapp.api.urls import api
from webapp.core import jobs
from webapp.core.test import early_in_a_minute
from webapp.keys.models import Key, Usage
from webapp.keys.services import create_key
from webapp.keys.usage import counts
from webapp.projects.models import Project
from webapp.serving.tests.small import coloured, published
from webapp.training.models import Run

RED = coloured("red")
PAGE = "https://shop.example"


class KeyCast(ApiCast):
    def setUp(self):
        super().setUp()
        counts.flush()  # what earlier tests used
        self.path = f"/api/v1/projects/{self.project.id}"

    def program(self, *scopes: str, **values) -> Client:
        """A program with a new key of the project; the row is `self.key`."""
        self.key, self.plain = create_key(**{"project": self.project, "user": self.alice, "name": "robot", "scopes": scopes or ["predict"]} | values)
        return Client(headers={"Authorization": f"Bearer {self.plain}"})

    def trained(self, project: Project | None = None):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        run = jobs.claim(Run, Run.objects.create(project=project or self.project, preset="quick").id, "one")
        return published(run, Path(folder.name) / "bundle", ["red", "green", "blue"])


class AProgramWithAKey(KeyCast):
    def ask(self, program: Client, path: str, **options) -> int:
        return program.post(f"/api/v1/{path}/predict", RED, "image/jpeg", **options).status_code

    def test_asks_its_project_and_its_models_and_those_of_no_other(self):
        other = Project.objects.create(owner=self.alice, name="Another", visibility="public")
        model, others = self.trained(), self.trained(other)
        program = self.program()
        places = [f"models/{model.id}", f"projects/{self.project.id}", f"models/{others.id}", f"projects/{other.id}"]
        self.assertEqual([self.ask(program, place) for place in places], [200, 200, 404, 404])
        self.assertEqual([self.ask(self.as_(self.alice), place) for place in places], [200] * 4)

    def test_asks_with_two_queries_one_for_the_key_and_one_for_the_model(self):
        model, program = self.trained(), self.program()
        self.ask(program, f"models/{model.id}")
        for place in (f"models/{model.id}", f"projects/{self.project.id}"):
            with self.assertNumQueries(2):
                self.assertEqual(self.ask(program, place), 200)

    def test_does_what_its_scopes_say_and_hears_what_is_missing(self):
        new = {"data": {"labels": ["a"]}, "content_type": JSON}
        calls = {"read": ("get", self.path, {}), "upload": ("post", f"{self.path}/uploads", {}), "predict": ("post", f"{self.path}/predict", {}), None: ("post", "/api/v1/projects", new)}
        for scope in ("predict", "upload", "read"):
            program = self.program(scope)
            for needed, (method, path, options) in calls.items():
                answer = getattr(program, method)(path, **options)
                with self.subTest(scope, needed=needed):
                    self.assertEqual(answer.status_code == 403, scope != needed, answer.content)
                    if answer.status_code == 403:
                        self.assertEqual((answer.json()["error"]["code"], answer.json()["error"]["details"]), ("scope", {"scope": needed} if needed else {}))

    def test_is_told_nothing_about_training_pictures_when_it_may_only_ask(self):
        model = self.trained()
        for query in ("?neighbours=3", "?%6eeighbours=3"):
            self.assertEqual(self.program().post(f"/api/v1/models/{model.id}/predict{query}", RED, "image/jpeg").status_code, 403)

    def test_never_gets_an_answer_again_that_was_for_somebody_who_may_do_more(self):
        once = {"Idempotency-Key": "one"}
        first = self.api.post(f"{self.path}/labels", {"name": "c"}, JSON, headers=once)
        self.assertEqual(first.status_code, 201)
        self.assertEqual(self.program("read", "upload").post(f"{self.path}/labels", {"name": "c"}, JSON, headers=once).status_code, 403)
        self.trained()
        program = self.program()
        self.assertEqual([self.ask(one, f"projects/{self.project.id}", headers=once) for one in (self.as_(self.bob), program)], [200] * 2)
        again = program.post(f"{self.path}/predict", RED, "image/jpeg", headers=once)
        self.assertEqual((again["Idempotency-Replayed"], again["X-RateLimit-Limit"]), ("true", "600"))

    def test_opens_no_page_and_is_no_token(self):
        for path in (f"/projects/{self.project.id}/", "/accounts/tokens/"):
            self.assertNotContains(self.program("read", "upload").get(path), self.project.name, status_code=404 if "projects" in path else 200)
        self.assertEqual(Client(headers={"Authorization": "Bearer aimk_wrong"}).get(self.path).json()["error"]["code"], "not_authenticated")

    def test_is_counted_with_time_and_errors(self):
        program = self.program("read")
        for path in (self.path, self.path, "/api/v1/queue"):
            program.get(path)
        self.api.get(self.path)
        counts.flush()
        row = Usage.objects.get()
        self.assertEqual((row.key, row.calls, row.errors), (self.key, 3, 1))
        self.assertGreater(row.ms, 0)

    def test_what_is_open_to_keys_is_there(self):
        there = {(method.upper(), path.removeprefix("/api/v1/")) for path, methods in api.get_openapi_schema()["paths"].items() for method in methods}
        self.assertEqual(set(SCOPE) - there, set())


class HowOften(KeyCast):
    def setUp(self):
        super().setUp()
        early_in_a_minute()

    def left(self, program: Client, **headers: str) -> tuple:
        answer = program.get(self.path, headers=headers)
        return answer.status_code, answer["X-RateLimit-Limit"], answer["X-RateLimit-Remaining"], "Retry-After" in answer

    @override_settings(API_RATE=3)
    def test_every_answer_to_a_token_or_key_says_how_many_calls_are_left(self):
        for program in (self.api, self.program("read", rate=3)):
            answers = [program.get(self.path) for _ in range(3)]
            self.assertEqual([answer["X-RateLimit-Remaining"] for answer in answers], ["2", "1", "0"])
            over = program.get(self.path)
            self.assertEqual((over.status_code, over["X-RateLimit-Limit"], over["X-RateLimit-Remaining"], over["X-RateLimit-Reset"]), (429, "3", "0", over["Retry-After"]))
            self.assertTrue(1 <= int(over["Retry-After"]) <= 60)

    def test_what_is_refused_counts_and_says_so_too(self):
        program = self.program(rate=5)
        self.assertEqual(self.left(program), (403, "5", "4", False))
        self.assertEqual(program.get("/api/v1/nothing").has_header("X-RateLimit-Limit"), False)
        program.post(f"{self.path}/predict", headers={"Idempotency-Key": "a"})
        self.assertEqual(self.left(program), (403, "5", "2", False))

    def test_a_key_that_is_used_up_leaves_all_others_alone_and_no_header_helps_it(self):
        program = self.program("read", rate=1)
        self.assertEqual(self.left(program)[0], 200)
        for forged in ({}, {"X-Forwarded-For": "198.51.100.7"}, {"X-Real-IP": "198.51.100.8"}, {"Forwarded": "for=198.51.100.9"}):
            self.assertEqual(self.left(program, **forged), (429, "1", "0", True))
        for other in (self.program("read", rate=1), self.api, self.as_(self.bob)):
            self.assertEqual(self.left(other)[0], 200)

    def test_a_key_has_never_more_than_the_site_allows_now(self):
        program = self.program("read", rate=500)
        with override_settings(API_RATE=5):
            self.assertEqual(self.left(program)[1:3], ("5", "4"))

    @override_settings(API_RATE=0)
    def test_without_a_limit_nothing_is_counted(self):
        self.assertFalse(self.api.get(self.path).has_header("X-RateLimit-Limit"))
        self.assertEqual(self.left(self.program("read", rate=2))[1:3], ("2", "1"))


class APageOfSomebodyElse(KeyCast):
    """CORS: what a browser lets a script of another page do."""

    def ask_first(self, origin: str, path: str = "", method: str = "POST"):
        return Client().options(path or f"{self.path}/predict", headers={"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization"})

    def test_may_ask_where_the_key_allows_it(self):
        program = self.program("read", origins=[PAGE])
        before = self.ask_first(PAGE)
        self.assertEqual((before.status_code, before["Access-Control-Allow-Origin"]), (204, "*"))
        self.assertIn("Authorization", before["Access-Control-Allow-Headers"])
        self.assertIn("POST", before["Access-Control-Allow-Methods"])
        answer = program.get(self.path, headers={"Origin": PAGE})
        self.assertEqual((answer.status_code, answer["Access-Control-Allow-Origin"], answer["Vary"]), (200, PAGE, "Origin"))
        self.assertIn("X-RateLimit-Remaining", answer["Access-Control-Expose-Headers"])
        refused = program.post(f"{self.path}/predict", headers={"Origin": PAGE})
        self.assertEqual((refused.status_code, refused["Access-Control-Allow-Origin"]), (403, PAGE))
        for answer in (before, refused):
            self.assertNotIn("Access-Control-Allow-Credentials", answer)

    def test_may_not_where_it_does_not(self):
        program = self.program("read", origins=[PAGE])
        for origin in ("https://evil.example", PAGE + ".evil.example", "http://shop.example", "https://SHOP.example", "null", "%", ""):
            with self.subTest(origin):
                answer = program.get(self.path, headers={"Origin": origin})
                self.assertEqual((answer.status_code, answer.has_header("Access-Control-Allow-Origin")), (403 if origin else 200, False))

    def test_hears_the_same_before_whether_or_not_there_is_a_key_for_it(self):
        self.program(origins=[PAGE])
        model = self.trained()
        paths = ("", f"/api/v1/models/{model.id}/predict", f"/api/v1/models/{self.project.id}/predict", f"/api/v1/uploads/{model.id}")
        with self.assertNumQueries(0):
            answers = {str(sorted(self.ask_first(origin, path).items())) for path in paths for origin in (PAGE, "https://other.example", "null")}
        self.assertEqual(len(answers), 1, answers)
        self.assertNotIn("Access-Control-Allow-Origin", self.ask_first(PAGE, "/api/v1/nothing"))

    def test_gets_nothing_by_a_token_or_a_session_and_no_page_of_ours(self):
        self.program(origins=[PAGE])
        self.login(self.alice)
        for client, path in ((self.api, self.path), (self.client, self.path), (self.client, "/")):
            self.assertNotIn("Access-Control-Allow-Origin", client.get(path, headers={"Origin": PAGE}))
        self.assertNotIn("Access-Control-Allow-Origin", self.ask_first(PAGE, f"/projects/{self.project.id}/"))

    def test_may_ask_by_the_addresses_of_other_products_too(self):
        self.trained()
        program = self.program(origins=[PAGE])
        path = f"/customvision/v3.0/Prediction/{self.project.id}/classify/iterations/published/image"
        before = self.ask_first(PAGE, path)
        self.assertEqual((before["Access-Control-Allow-Origin"], "Prediction-Key" in before["Access-Control-Allow-Headers"]), ("*", True))
        answer = program.post(path, RED, "application/octet-stream", headers={"Origin": PAGE})
        self.assertEqual((answer.status_code, answer["Access-Control-Allow-Origin"], answer["X-RateLimit-Remaining"]), (200, PAGE, "599"))
        self.assertFalse(program.post(path, RED, "application/octet-stream", headers={"Origin": "https://evil.example"}).has_header("Access-Control-Allow-Origin"))
        self.assertEqual(self.program("read", origins=[PAGE]).post(path, RED, "application/octet-stream").status_code, 403)

    def test_can_be_called_by_programs_without_an_origin(self):
        self.assertEqual(self.program("read", origins=[PAGE]).get(self.path).status_code, 200)


class ManagingKeys(KeyCast):
    def make(self, **values) -> dict:
        return self.call("POST", f"/projects/{self.project.id}/keys", {"name": "robot"} | values, 201)

    def test_a_key_is_made_shown_once_changed_and_revoked(self):
        made = self.make(scopes=["read"], origins=[f"{PAGE}/cart"], rate=5, days=30)
        self.assertEqual((made["scopes"], made["origins"], made["rate"], made["key"][:12]), (["read"], [PAGE], 5, made["start"]))
        path = f"/keys/{made['id']}"
        shown = {name: value for name, value in made.items() if name != "key"}
        self.assertEqual((self.call("GET", path), self.call("GET", f"/projects/{self.project.id}/keys")), (shown, {"items": [shown], "next": None}))
        self.assertEqual(self.call("PATCH", path, {"rate": None, "name": "bot"}), shown | {"rate": None, "name": "bot"})
        self.assertEqual(Client(headers={"Authorization": f"Bearer {made['key']}"}).get(self.path).status_code, 200)
        self.call("DELETE", path, status=204)
        self.assertEqual(Client(headers={"Authorization": f"Bearer {made['key']}"}).get(self.path).status_code, 401)
        self.assertIsNotNone(self.call("GET", path)["revoked"])

    def test_a_key_is_replaced(self):
        old = self.make(rate=5)
        new = self.call("POST", f"/keys/{old['id']}/rotate", {"overlap_hours": 1}, 201)
        self.assertEqual((new["replaces"], new["rate"], new["expires"], self.call("GET", f"/keys/{old['id']}")["expires"] is None), (old["id"], 5, None, False))
        self.assertEqual(self.call("POST", f"/keys/{old['id']}/rotate", status=409)["error"]["code"], "key_replaced")
        self.call("POST", f"/keys/{old['id']}/rotate", {"overlap_hours": 721}, 422)

    def test_what_is_wrong_is_said(self):
        for wrong in ({"name": " "}, {"scopes": []}, {"scopes": ["own"]}, {"origins": ["*"]}, {"rate": 0}, {"days": 0}, {"project": "x"}):
            with self.subTest(wrong):
                self.assertEqual(self.api.post(f"{self.path}/keys", {"name": "robot"} | wrong, JSON).status_code, 422)

    def test_a_key_is_kept_nowhere_also_not_for_a_repeated_request(self):
        once = {"Idempotency-Key": "a"}
        first, again = (self.api.post(f"{self.path}/keys", {"name": "robot"}, JSON, headers=once) for _ in range(2))
        self.assertEqual((first["Cache-Control"], again.status_code, again.json()["error"]["code"]), ("no-store, private", 409, "not_again"))
        self.assertEqual((again["Location"], Key.objects.count()), (first["Location"], 1))
        rotation = {"path": f"{first['Location']}/rotate", "data": {}, "content_type": JSON, "headers": {"Idempotency-Key": "b"}}
        self.assertEqual([self.api.post(**rotation).status_code for _ in range(2)], [201, 409])
        self.assertEqual(Key.objects.count(), 2)
        self.assertFalse(FirstAnswer.objects.filter(body__contains=first.json()["key"]).exists())

    def test_the_use_of_a_key_is_told_by_day(self):
        self.program("read").get(self.path)
        counts.flush()
        days = self.call("GET", f"/keys/{self.key.id}/usage")["items"]
        self.assertEqual((len(days), days[0]["calls"], days[0]["errors"], days[0]["mean_ms"] > 0, days[1]["mean_ms"]), (30, 1, 0, True, None))
