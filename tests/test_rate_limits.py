"""Limits hold whatever a header says, tell when to come back, and leave others alone (S22). Those of keys: `webapp/api/tests/test_keys.py`."""

import logging
from unittest.mock import patch

from django.test import Client, override_settings
from django.urls import reverse

from webapp.core.limits import HOUR, LIMITS, Limit
from webapp.core.test import Cast
from webapp.keys.services import create_key

TWO = patch.dict(LIMITS, {"guest": Limit(2, HOUR)})


@TWO
class NewGuests(Cast):
    """What somebody without an account does is counted by their address."""

    def come(self, address: str, **headers: str):
        return Client().post(reverse("projects:front"), {"labels": "a, b"}, headers=headers, REMOTE_ADDR=address)

    def statuses(self, *addresses: str) -> list[int]:
        return [self.come(address).status_code for address in addresses]

    def test_from_one_address_are_limited_and_hear_when_to_come_back(self):
        self.assertEqual(self.statuses("192.0.2.1", "192.0.2.1"), [302, 302])
        refused = self.come("192.0.2.1")
        self.assertEqual(refused.status_code, 429)
        self.assertTrue(1 <= int(refused["Retry-After"]) <= HOUR)
        self.assertEqual(self.statuses("192.0.2.2"), [302])

    def test_cannot_pretend_to_be_elsewhere(self):
        self.statuses("192.0.2.1", "192.0.2.1")
        for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "CF-Connecting-IP", "True-Client-IP"):
            with self.subTest(name):
                self.assertEqual(self.come("192.0.2.1", **{name: "198.51.100.9"}).status_code, 429)

    @override_settings(TRUSTED_PROXIES=1)
    def test_behind_our_proxy_count_by_what_it_saw_whatever_was_there_before(self):
        came = [self.come("10.0.0.1", **{"X-Forwarded-For": f"203.0.113.{number}, 198.51.100.9"}).status_code for number in range(3)]
        self.assertEqual(came, [302, 302, 429])
        self.assertEqual(self.come("10.0.0.1", **{"X-Forwarded-For": "198.51.100.9, 198.51.100.10"}).status_code, 302)

    def test_of_one_customer_with_many_addresses_of_version_6_count_as_one(self):
        self.assertEqual(self.statuses("2001:db8:1:2::1", "2001:db8:1:2:ffff::1", "2001:db8:1:2:3:4:5:6"), [302, 302, 429])
        self.assertEqual(self.statuses("2001:db8:1:3::1"), [302])


class Secrets(Cast):
    def test_of_programs_are_written_into_no_log(self):
        plain = create_key(project=self.project, user=self.alice, name="robot", scopes=["read"])[1]
        program = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {plain}"})
        with patch("webapp.api.resources.projects.one", side_effect=RuntimeError("broken on purpose")), self.assertLogs(level=logging.DEBUG) as logs:
            self.assertEqual(program.get(f"/api/v1/projects/{self.project.id}").status_code, 500)
            Client(headers={"Authorization": f"Bearer {plain}x"}).get("/api/v1/projects")
        self.assertIn("broken on purpose", "".join(logs.output))
        self.assertNotIn(plain, "".join(logs.output))
