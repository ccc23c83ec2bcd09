from unittest.mock import patch

from django.test import RequestFactory, TestCase, override_settings

from webapp.core import limits
from webapp.core.errors import UserError

A_WINDOW = 3600 * 500_000.0


class Limits(TestCase):
    def spend(self, action="train", who="alice", amount=1):
        try:
            limits.spend(action, who, amount)
        except UserError as refused:
            return refused
        return None

    @patch("webapp.core.limits.time.time", return_value=A_WINDOW + 600)
    def test_hold_for_one_person_and_one_thing_and_say_when_to_come_back(self, _clock):
        amount = limits.LIMITS["train"].amount
        self.assertEqual([self.spend() for _ in range(amount)], [None] * amount)
        refused = self.spend()
        self.assertEqual((refused.status, refused.code, refused.details), (429, "too_many", {"retry_after": 3000}))
        self.assertIsNone(self.spend(who="bob"))
        self.assertIsNone(self.spend("collect"))

    def test_start_again_in_the_next_window(self):
        amount = limits.LIMITS["train"].amount
        with patch("webapp.core.limits.time.time", return_value=A_WINDOW):
            self.assertEqual((self.spend(amount=amount), self.spend().status), (None, 429))
        with patch("webapp.core.limits.time.time", return_value=A_WINDOW + 3600):
            self.assertEqual((self.spend(amount=amount), self.spend().status), (None, 429))

    def test_refuse_at_once_more_than_a_whole_window_has(self):
        self.assertEqual(self.spend(amount=limits.LIMITS["train"].amount + 1).status, 429)
        self.assertIsNone(self.spend())

    def test_cost_two_queries_at_most(self):
        self.spend()
        with self.assertNumQueries(1):
            self.spend()


class TheAddress(TestCase):
    def address(self, **meta) -> str:
        return limits.client_address(RequestFactory().get("/", **meta))

    def test_is_the_one_of_the_connection_whatever_a_header_says(self):
        self.assertEqual(self.address(REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR="198.51.100.1"), "192.0.2.1")

    def test_behind_proxies_of_ours_is_what_the_outermost_saw(self):
        with override_settings(TRUSTED_PROXIES=2):
            self.assertEqual(self.address(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="6.6.6.6, 198.51.100.1, 10.0.0.2"), "198.51.100.1")
            self.assertEqual(self.address(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="6.6.6.6"), "10.0.0.1")

    def test_of_version_6_is_cut_to_what_one_customer_gets(self):
        self.assertEqual(self.address(REMOTE_ADDR="2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::")

    def test_that_is_none_is_unknown(self):
        self.assertEqual(self.address(REMOTE_ADDR=""), "unknown")
