import re

from django.conf import settings
from django.core import mail
from django.test import Client, override_settings
from django.urls import reverse

from webapp.accounts.services import create_token, user_of_token
from webapp.core.test import Cast
from webapp.keys.services import create_key, key_of

NEW = "another battery staple"


class ChangingThePassword(Cast):
    def setUp(self):
        super().setUp()
        self.token = create_token(user=self.alice, name="robot")[1]
        self.key = create_key(project=self.project, user=self.alice, name="robot")[1]
        self.bobs = create_key(project=self.project, user=self.bob, name="robot")[1]

    def change(self, **more: str):
        self.login(self.alice)
        return self.client.post(reverse("account_change_password"), {"oldpassword": "correct horse", "password1": NEW, "password2": NEW} | more)

    def living(self) -> list[bool]:
        return [bool(user_of_token(self.token)), bool(key_of(self.key)), bool(key_of(self.bobs))]

    def test_ends_sessions_elsewhere_and_leaves_programs_alone_unless_asked(self):
        elsewhere = Client()
        elsewhere.force_login(self.alice, backend=settings.AUTHENTICATION_BACKENDS[0])
        self.assertEqual(self.change().status_code, 302)
        self.assertEqual((elsewhere.get("/api/v1/projects").status_code, self.client.get("/api/v1/projects").status_code), (401, 200))
        self.assertEqual(self.living(), [True, True, True])

    def test_ends_tokens_and_keys_of_that_person_when_asked(self):
        self.assertEqual(self.change(end_tokens="on", oldpassword="wrong").status_code, 200)
        self.assertEqual(self.living(), [True, True, True])
        self.assertEqual(self.change(end_tokens="on").status_code, 302)
        self.assertEqual(self.living(), [False, False, True])

    @override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend")
    def test_by_mail_can_end_them_too(self):
        self.alice.emailaddress_set.create(email=self.alice.email, primary=True, verified=True)
        self.client.post(reverse("account_reset_password"), {"email": self.alice.email})
        link = re.search(r"https?://[^/]+(\S+)", mail.outbox[0].body)[1]
        form = self.client.get(link)["Location"]
        self.assertContains(self.client.get(form), 'name="end_tokens"')
        self.client.post(form, {"password1": NEW, "password2": NEW, "end_tokens": "on"})
        self.assertEqual(self.living(), [False, False, True])
        self.alice.refresh_from_db()
        self.assertTrue(self.alice.check_password(NEW))
