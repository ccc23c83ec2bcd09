"""As the bots of 2018 call: by form, by file, by JSON, in every way that their published sources do."""

import base64
from urllib.parse import urlencode

import requests
from django.test import override_settings

from webapp.api.tests.calls import JSON
from webapp.api.tests.server import Served
from webapp.keys.services import create_key
from webapp.projects.models import Project
from webapp.serving.tests.small import coloured

RED = coloured("red")
BASE64 = base64.b64encode(RED).decode()


class AiMaker2018(Served):
    def ask(self, **options) -> tuple[int, dict]:
        answer = requests.post(f"{self.address}/image/classification/api", timeout=20, **options)
        return answer.status_code, answer.json()

    def form(self, **more: object) -> dict:
        return {"id": str(self.project.id), "apikey": self.key} | more

    def test_answers_however_the_picture_comes(self):
        large = base64.b64encode(coloured("red", "PNG") + bytes(4_000_000)).decode()  # a photo of a phone: more than Django lets into a form
        ways = {
            "urlencoded": {"data": self.form(base64=BASE64)},
            "large": {"data": self.form(base64=large)},
            "plus signs not escaped": {"data": urlencode(self.form(base64=BASE64), safe="+/="), "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
            "with lines": {"data": self.form(base64=base64.encodebytes(RED))},
            "file": {"data": self.form(), "files": {"file": ("cat.jpg", RED, "image/jpeg")}},
            "file without a name": {"files": {name: (None, value) for name, value in self.form(file=RED).items()}},
            "multipart base64": {"files": {name: (None, value) for name, value in self.form(base64=large).items()}},
            "json": {"json": self.form(base64=f"data:image/jpeg;base64,{BASE64}")},
        }
        for way, options in ways.items():
            with self.subTest(way):
                status, answer = self.ask(**options)
                self.assertEqual((status, answer["state"], answer["labels"][0]["label"]), (200, 1, "red"), answer)
        self.assertAlmostEqual(sum(one["score"] for one in answer["labels"]), 1, places=3)
        self.assertTrue(0 < answer["timing"]["infer_ms"] < answer["timing"]["total_ms"])

    def test_takes_a_token_of_the_account_too(self):
        self.assertEqual(self.ask(data=self.form(apikey=self.token, base64=BASE64))[1]["state"], 1)

    def test_everything_that_is_wrong_is_another_state_than_1(self):
        other = Project.objects.create(owner=self.charlie, name="Other")
        cases = (
            (self.form(apikey="wrong", base64=BASE64), 401),
            ({"id": str(self.project.id), "base64": BASE64}, 401),
            (self.form(id=str(other.id), base64=BASE64), 404),
            (self.form(id="3673", base64=BASE64), 404),
            (self.form(), 422),
            (self.form(base64="%%%"), 422),
            (self.form(base64=base64.b64encode(b"<html>")), 415),
        )
        for data, expected in cases:
            with self.subTest(str(data)[:60]):
                status, answer = self.ask(data=data)
                self.assertEqual((status, answer["state"], answer["labels"], bool(answer["message"])), (expected, 0, [], True))
        self.assertEqual(self.ask(data=b"x", headers={"Content-Type": "text/plain"})[0], 415)
        self.assertEqual(self.ask(data=b"x", headers={"Content-Type": "multipart/form-data; boundary=a"})[0], 400)

    def test_what_is_shared_is_asked_by_its_members_and_keys_as_in_the_api_and_not_with_any_token(self):
        token = self.as_(self.charlie).defaults["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
        form = self.form(apikey=token, base64=BASE64)
        Project.objects.filter(id=self.project.id).update(visibility="public")
        self.assertEqual(self.ask(data=form)[0], 404)
        self.assertEqual(requests.post(f"{self.address}/api/v1/projects/{self.project.id}/predict", data=RED, headers={"Authorization": f"Bearer {token}", "Content-Type": "image/jpeg"}, timeout=20).status_code, 404)
        self.model.delete()
        self.assertEqual(self.ask(data=form)[1]["error"], "not_found")
        Project.objects.get().members.create(user=self.charlie)
        self.assertEqual(self.ask(data=form)[1]["error"], "no_model")

    def test_a_project_without_a_model_says_so(self):
        self.model.delete()
        self.assertEqual(self.ask(data=self.form(base64=BASE64))[1]["error"], "no_model")

    @override_settings(API_RATE=2)
    def test_a_key_has_a_number_of_calls_a_minute_and_hears_when_to_come_back(self):
        _row, key = create_key(project=self.project, user=self.alice, name="busy")
        form, answers = self.form(apikey=key, base64=BASE64), []
        while len(answers) < 6 and (not answers or answers[-1].status_code == 200):  # a minute may begin anew meanwhile
            answers.append(requests.post(f"{self.address}/image/classification/api", data=form, timeout=20))
        self.assertEqual([answers[0].json()["state"], answers[-1].status_code, answers[-1].json()["state"]], [1, 429, 0])
        self.assertTrue(1 <= int(answers[-1].headers["Retry-After"]) <= 60)

    def test_a_session_counts_for_nothing_here(self):
        self.login(self.alice)
        self.assertEqual(self.client.post("/image/classification/api", self.form(apikey="", base64=BASE64), JSON).status_code, 401)
