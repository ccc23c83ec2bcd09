from django.conf import settings
from django.test import Client, override_settings

from webapp.accounts.models import Token
from webapp.accounts.services import revoke_token
from webapp.api.tests.calls import JSON, ApiCast
from webapp.core.test import early_in_a_minute
from webapp.projects.models import Project


class WhoCalls(ApiCast):
    path = "/api/v1/projects"

    def make(self, client: Client, **options) -> int:
        return client.post(self.path, {"labels": ["a", "b"]}, JSON, **options).status_code

    def test_a_token_is_enough_and_needs_no_csrf(self):
        self.assertEqual(self.make(Client(enforce_csrf_checks=True, headers=self.token())), 201)

    def token(self) -> dict:
        return {"Authorization": self.api.defaults["HTTP_AUTHORIZATION"]}

    def test_nobody_and_a_wrong_or_revoked_token_are_told_so(self):
        revoke_token(token=Token.objects.get(user=self.alice))
        for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Bearer "}, {"Authorization": "Basic YTpi"}, self.token()):
            with self.subTest(headers):
                answer = Client(headers=headers).get(self.path)
                self.assertEqual((answer.status_code, answer.json()["error"]["code"], answer["WWW-Authenticate"]), (401, "not_authenticated", "Bearer"))

    def test_a_wrong_token_is_refused_even_beside_a_good_cookie(self):
        self.login(self.alice)
        self.assertEqual(self.client.get(self.path, headers={"Authorization": "Bearer nonsense"}).status_code, 401)

    def test_a_session_needs_the_csrf_token_for_every_change(self):
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(self.alice, backend=settings.AUTHENTICATION_BACKENDS[0])
        self.assertEqual(browser.get(self.path).status_code, 200)
        self.assertEqual(self.make(browser), 403)
        browser.get("/accounts/login/")
        token = browser.cookies["csrftoken"].value
        self.assertEqual(self.make(browser, headers={"X-CSRFToken": "x" * 64}), 403)
        self.assertEqual(self.make(browser, headers={"X-CSRFToken": token, "Origin": "https://evil.example"}), 403)
        self.assertEqual(self.make(browser, headers={"X-CSRFToken": token}), 201)
        self.assertEqual(Project.objects.count(), 2)

    @override_settings(API_RATE=3)
    def test_a_token_has_a_number_of_calls_a_minute_and_hears_when_to_come_back(self):
        early_in_a_minute()
        answers = [self.api.get(self.path) for _ in range(4)]
        self.assertEqual([answer.status_code for answer in answers], [200, 200, 200, 429])
        self.assertTrue(1 <= int(answers[-1]["Retry-After"]) <= 60)
        self.assertEqual(self.as_(self.bob).get(self.path).status_code, 200)
