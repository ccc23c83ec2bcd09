from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from webapp.core.test import Cast
from webapp.keys.models import Key, Usage
from webapp.keys.services import create_key, key_of, revoke_key


class ThePagesOfKeys(Cast):
    def setUp(self):
        super().setUp()
        self.login(self.alice)
        self.page = reverse("keys:keys", args=[self.project.id])

    def key(self, **values) -> tuple[Key, str]:
        return create_key(**{"project": self.project, "user": self.alice, "name": "robot"} | values)

    def post(self, verb: str, key: Key, **fields: object):
        return self.client.post(reverse(f"keys:{verb}", args=[key.id]), fields, follow=True)

    def plain_in(self, page) -> str:
        return page.context["plain"]

    def test_show_a_new_key_once_also_in_the_programs(self):
        page = self.client.post(self.page, {"name": "robot", "scopes": ["predict", "upload"], "origins": "https://a.example\r\nhttp://localhost:3000", "rate": "9", "days": "30"})
        key = key_of(self.plain_in(page))
        self.assertEqual((key.scopes, key.origin_list, key.rate, key.project_id), ("predict upload", ["https://a.example", "http://localhost:3000"], 9, self.project.id))
        self.assertContains(page, f"Bearer {self.plain_in(page)}")
        self.assertContains(page, f"http://testserver/api/v1/projects/{self.project.id}/predict")
        self.assertEqual(page["Cache-Control"], "max-age=0, no-cache, no-store, must-revalidate, private")
        again = self.client.get(self.page)
        self.assertNotContains(again, self.plain_in(page))
        self.assertContains(again, self.plain_in(page)[:12])
        self.assertContains(again, "YOUR_KEY")

    def test_say_what_is_wrong_beside_the_field_and_keep_the_rest(self):
        good = {"name": "robot", "scopes": ["predict"], "origins": "https://a.example"}
        for wrong in ({"name": " "}, {"scopes": []}, {"scopes": ["own"]}, {"origins": "shop"}, {"rate": "0"}, {"days": "7"}):
            page = self.client.post(self.page, good | wrong)
            with self.subTest(wrong):
                self.assertEqual((page.status_code, list(page.context["form"].errors)), (422, list(wrong)))
                self.assertContains(page, 'role="alert"', status_code=422)
        self.assertFalse(Key.objects.exists())

    def test_change_what_a_key_may(self):
        key, plain = self.key(origins=["https://a.example"])
        self.assertContains(self.client.get(reverse("keys:key", args=[key.id])), "https://a.example")
        self.assertContains(self.post("key", key, name="bot", scopes=["read"], origins="", rate=""), "bot")
        found = key_of(plain)
        self.assertEqual((found.name, found.scopes, found.origins, found.rate), ("bot", "read", "", None))
        self.assertEqual(self.post("key", key, name="bot", scopes=["read"], origins="*").status_code, 422)

    def test_give_a_key_a_successor_and_say_how_long_the_old_one_goes_on(self):
        key, plain = self.key()
        page = self.post("rotate", key, hours="24")
        self.assertContains(page, "The old key goes on until")
        self.assertEqual([bool(key_of(text)) for text in (plain, self.plain_in(page))], [True, True])
        self.assertContains(self.post("rotate", key, hours="0"), "revoke it first", status_code=409)
        revoke_key(key=key.replaced_by.get())
        page = self.post("rotate", key, hours="0")
        self.assertContains(page, "The old key has ended.")
        self.assertEqual([bool(key_of(text)) for text in (plain, self.plain_in(page))], [False, True])
        self.assertEqual([self.post("rotate", key, hours=hours).status_code for hours in ("0", "9999", "x")], [409, 422, 422])

    def test_revoke_a_key(self):
        key, plain = self.key()
        self.assertContains(self.post("revoke", key), "can no longer use the API")
        self.assertIsNone(key_of(plain))
        self.assertContains(self.client.get(self.page), "Revoked")

    def test_are_there_for_members_too_whose_keys_stand_for_them(self):
        self.login(self.bob)
        page = self.client.post(self.page, {"name": "robot", "scopes": ["predict"]})
        self.assertEqual(key_of(self.plain_in(page)).user_id, self.bob.id)

    def test_show_the_use_by_key_and_day(self):
        (key, _plain), (other, _other) = self.key(), self.key()
        today = timezone.now().date()
        Usage.objects.create(key=key, day=today, calls=4321, errors=21, ms=4321 * 12.5)
        Usage.objects.create(key=other, day=today - timedelta(days=1), calls=1, ms=2)
        for address in (self.page, reverse("keys:key", args=[key.id])):
            page = self.client.get(address)
            self.assertContains(page, "12.5 ms")
            self.assertContains(page, "21 errors")
        self.assertEqual((page.context["chart"].calls, len(page.context["chart"].bars)), (4321, 1))
        self.assertContains(self.client.get(reverse("projects:settings", args=[self.project.id])), "4322 calls in the last 30 days")
        revoke_key(key=key)
        self.assertContains(self.client.get(self.page), "4321 calls in 30 days")

    def test_ask_the_database_as_often_for_three_keys_as_for_one(self):
        self.key()
        with CaptureQueriesContext(connection) as one:
            self.client.get(self.page)
        for row in (self.key()[0], self.key(user=self.bob)[0]):
            Usage.objects.create(key=row, day=timezone.now().date(), calls=1)
        with CaptureQueriesContext(connection) as three:
            self.client.get(self.page)
        self.assertLessEqual(len(three), 8)
        self.assertLessEqual(len(three) - len(one), 1)  # the days, once there are any
