from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from django.urls import reverse

from webapp.accounts.models import User
from webapp.accounts.services import create_token, person
from webapp.core.errors import UserError
from webapp.core.limits import LIMITS
from webapp.core.models import Spent
from webapp.core.test import Cast
from webapp.projects.models import Member
from webapp.projects.services import create_project

NEW = {"email": "new@example.org", "password1": "a-long-enough-one"}


class AGuest(Cast):
    def setUp(self):
        super().setUp()
        self.guest = User.objects.create_guest()
        self.thing = create_project(owner=self.guest, labels=["cat"])
        self.login(self.guest)

    def sign_up(self, **values):
        return self.client.post(reverse("account_signup"), NEW | values)

    def log_in(self, email, password="correct horse"):
        return self.client.post(reverse("account_login"), {"login": email, "password": password})

    def test_who_signs_up_is_the_same_person_with_all_they_had(self):
        self.assertRedirects(self.sign_up(), reverse("projects:mine"), fetch_redirect_response=False)
        account = User.objects.get(email="new@example.org")
        self.assertEqual((account.id, account.is_guest, account.projects.get()), (self.guest.id, False, self.thing))
        self.assertEqual(self.client.session["_auth_user_id"], str(self.guest.id))

    def test_gets_another_session_by_signing_up(self):
        before = self.client.session.session_key
        self.sign_up()
        self.assertNotEqual(self.client.session.session_key, before)

    def test_can_log_in_later_from_elsewhere(self):
        self.sign_up()
        self.client.logout()
        self.log_in("New@Example.org", NEW["password1"])
        self.assertEqual(self.client.session["_auth_user_id"], str(self.guest.id))

    def test_with_an_email_that_is_taken_or_a_short_password_stays_a_guest(self):
        for values, field in (({"email": "ALICE@example.org"}, "email"), ({"password1": "short"}, "password1"), ({"email": "nothing"}, "email")):
            with self.subTest(values):
                answer = self.sign_up(**values)
                self.assertEqual(answer.status_code, 200)
                self.assertIn(field, answer.context["form"].errors)
                self.guest.refresh_from_db()
                self.assertEqual((self.guest.is_guest, self.guest.email), (True, None))

    def test_who_logs_in_brings_all_along_and_is_no_more(self):
        Member.objects.create(project=self.project, user=self.guest)
        theirs = create_project(owner=self.charlie, labels=["x"])
        Member.objects.create(project=theirs, user=self.guest)
        token, _plain = create_token(user=self.guest, name="robot")
        self.assertEqual(self.log_in("alice@example.org").status_code, 302)
        token.refresh_from_db()
        self.assertEqual((set(self.alice.projects.all()), token.user), ({self.project, self.thing}, self.alice))
        self.assertEqual([member.project for member in self.alice.memberships.all()], [theirs])
        self.assertFalse(User.objects.filter(id=self.guest.id).exists())

    def test_who_gives_a_wrong_password_keeps_everything(self):
        self.assertEqual(self.log_in("alice@example.org", "wrong").status_code, 200)
        self.assertEqual(self.guest.projects.get(), self.thing)
        self.assertEqual(self.client.session["_auth_user_id"], str(self.guest.id))


class AnAccount(Cast):
    def test_that_logs_in_as_another_gives_it_nothing(self):
        self.login(self.alice)
        self.client.post(reverse("account_login"), {"login": "charlie@example.org", "password": "correct horse"})
        self.assertEqual(self.client.session["_auth_user_id"], str(self.charlie.id))
        self.assertEqual(self.alice.projects.get(), self.project)
        self.assertFalse(self.charlie.projects.exists())

    def test_is_refused_with_429_at_the_eleventh_wrong_password_and_then_even_with_the_right_one(self):
        guess = {"login": "alice@example.org", "password": "wrong"}
        answers = [self.client.post(reverse("account_login"), guess).status_code for _ in range(11)]
        self.assertEqual(answers, [200] * 10 + [429])
        self.assertEqual(self.client.post(reverse("account_login"), guess | {"password": "correct horse"}).status_code, 429)


class TheFirstChange(Cast):
    def request(self, **meta):
        self.client.get("/healthz")
        request = RequestFactory().post("/", **meta)
        request.session = self.client.session
        request.user = AnonymousUser()
        return request

    def test_makes_a_guest_and_logs_them_in_with_a_new_session(self):
        request = self.request()
        before = request.session.session_key
        guest = person(request)
        self.assertTrue(guest.is_guest and not guest.has_usable_password())
        self.assertEqual((request.user, request.session["_auth_user_id"]), (guest, str(guest.id)))
        self.assertNotEqual(request.session.session_key, before)
        self.assertEqual(person(request), guest)

    def test_makes_no_more_guests_for_one_address_than_the_limit(self):
        person(self.request())
        Spent.objects.update(count=LIMITS["guest"].amount)
        with self.assertRaises(UserError) as refused:
            person(self.request())
        self.assertEqual(refused.exception.status, 429)
        person(self.request(REMOTE_ADDR="192.0.2.7"))
