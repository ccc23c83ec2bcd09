"""Trouble of the machine is told as what it is: 507 for a full disk, 503 for a database that does not answer."""

import errno
from unittest import mock

from django.db import InterfaceError, OperationalError
from django.test import TestCase

from webapp.accounts.services import create_token
from webapp.core import theme, trouble
from webapp.core.test import Cast


class TroubleTest(TestCase):
    person, label, login = Cast.person, Cast.label, Cast.login

    def setUp(self) -> None:
        Cast.setUp(self)
        self.login(self.alice)

    def test_a_full_disk_is_507_and_a_database_that_is_away_503_with_a_time_to_come_back(self) -> None:
        full, away = OSError(errno.ENOSPC, "No space left on device"), OperationalError("database or disk is full")
        with self.assertLogs("webapp.core.trouble", "ERROR"):
            told = [trouble.trouble(full), trouble.trouble(away)]
        assert [(error.status, error.code) for error in told] == [(507, "disk_full"), (503, "unavailable")]
        assert all("try again" in str(error) for error in told)
        assert trouble.trouble(OperationalError("no such table: images_image")) is None and trouble.trouble(OSError(errno.EIO, "?")) is None

    def test_what_a_database_says_of_our_own_mistakes_is_none_of_its_trouble(self) -> None:
        away = [(1205, "Lock wait timeout exceeded"), (2006, "Server has gone away"), (1114, "The table is full"), ("database is locked",), ("unable to open database file",)]
        ours = [(1054, "Unknown column 'x' in 'field list'"), (1146, "No such table"), ('near "x": syntax error',), ("table x has no column named y",), ("too many SQL variables",), ()]
        assert all(trouble.is_database(OperationalError(*args)) for args in away) and trouble.is_database(InterfaceError(0, ""))
        assert not any(trouble.is_database(OperationalError(*args)) for args in ours)

    def test_pages_say_so_without_asking_the_database(self) -> None:
        gone = mock.patch.object(theme, "way_back", side_effect=OperationalError(2006, "gone"))
        with gone, self.assertLogs("webapp.core.trouble", "ERROR"), self.assertNumQueries(0):
            answer = self.client.post("/theme")
        assert (answer.status_code, answer["Retry-After"]) == (503, "5") and b"database" in answer.content

    def test_programs_are_told_in_their_own_way(self) -> None:
        token = create_token(user=self.alice, name="test")[1]
        with mock.patch("webapp.api.resources.projects.visible", side_effect=OSError(errno.ENOSPC, "full")), self.assertLogs("webapp.core.trouble", "ERROR"):
            answer = self.client.get("/api/v1/projects", headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (507, "disk_full")
