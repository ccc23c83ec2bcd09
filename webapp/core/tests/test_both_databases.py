"""What the house counts on from its database: SQLite and a database server must do the same."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from unittest import mock
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import DataError, IntegrityError, OperationalError, connection, connections, transaction
from django.db.models import Value
from django.db.models.functions import Concat, Now
from django.utils import timezone

from webapp.core import again, collation, plain_ids
from webapp.core.apps import CoreConfig
from webapp.core.test import Cast
from webapp.ingest.models import Upload
from webapp.projects.models import Label, Project

server_only = pytest.mark.skipif(connection.vendor != "mysql", reason="SQLite has no server (DATABASE=mysql)")


class Same(Cast):
    def test_rows_that_an_update_finds_are_counted_also_when_nothing_changes(self) -> None:
        rows = Project.objects.filter(id=self.project.id, name="Animals")
        assert [rows.update(name="Animals"), rows.filter(name="Other").update(name="Animals")] == [1, 0]

    def test_times_keep_their_microseconds(self) -> None:
        moment = datetime(2026, 7, 8, 9, 10, 11, 123_457, tzinfo=UTC)
        Upload.objects.create(project=self.project, started=moment)
        assert Upload.objects.get().started == moment and Upload.objects.filter(started__lt=moment + timedelta(microseconds=1)).exists()

    def test_the_clock_of_the_database_is_ours_whatever_its_time_zone(self) -> None:
        upload = Upload.objects.create(project=self.project)
        Upload.objects.update(lease_until=Now() + timedelta(seconds=30), started=Now())
        upload.refresh_from_db()
        assert abs(timezone.now() - upload.started) < timedelta(seconds=20)
        assert timedelta(seconds=29) < upload.lease_until - upload.started < timedelta(seconds=31)
        assert Upload.objects.filter(lease_until__gt=timezone.now(), started__lte=Now()).exists()

    def test_letters_are_compared_byte_by_byte_and_emoji_are_kept(self) -> None:
        names = ["a", "A", "á", "ss", "ß", "🐱", "🐶", "は", "ぱ", "ハ"]
        Label.objects.bulk_create(Label(project=self.project, name=name, key=str(place)) for place, name in enumerate(names))
        assert [Label.objects.filter(name=name).count() for name in names] == [1] * len(names)
        assert set(Label.objects.filter(name__in=names).values_list("name", flat=True)) == set(names)

    def test_where_case_is_not_to_matter_it_does_not(self) -> None:
        rows = Project.objects.filter(id=self.project.id)
        for lookup, found, missed in (("iexact", "aNiMaLs", "animal"), ("icontains", "MAL", "M_L"), ("istartswith", "ANI", "%"), ("iendswith", "ALS", "A")):
            assert (rows.filter(**{f"name__{lookup}": found}).count(), rows.filter(**{f"name__{lookup}": missed}).count()) == (1, 0), lookup

    def test_an_id_that_nobody_ever_made_is_not_there_and_no_error(self) -> None:
        for made_up in ("7eb9dfe6-2f1f-ab1b-3f6a-e05cff6e7c7b", "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"):
            assert not Project.objects.filter(id=made_up).exists()
            assert self.client.get(f"/projects/{made_up}/").status_code in (302, 404)
        Upload.objects.create(id="7eb9dfe6-2f1f-ab1b-3f6a-e05cff6e7c7b", project=self.project)

    def test_keys_that_differ_in_case_alone_are_two(self) -> None:
        for key in ("k", "K"):
            Label.objects.create(project=self.project, name=key, key=key)
        with pytest.raises(IntegrityError), transaction.atomic():
            Label.objects.create(project=self.project, name="k", key="k")


@server_only
class Server(Cast):
    def test_the_line_is_set_up_as_the_settings_say(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT @@tx_isolation, @@sql_mode, @@innodb_lock_wait_timeout, @@time_zone, @@global.time_zone, @@character_set_connection, @@idle_transaction_timeout")
            assert cursor.fetchone() == ("READ-COMMITTED", "STRICT_TRANS_TABLES", 10, "+00:00", "+09:00", "utf8mb4", 300)  # of the last, 30 but in tests (conftest.py)

    def test_all_tables_compare_bytes(self) -> None:
        assert collation.strange_tables() == []
        with connection.cursor() as cursor:
            cursor.execute(collation.OF_DATABASE)
            assert cursor.fetchone() == (collation.COLLATION,)

    def test_what_is_too_long_is_an_error_and_not_cut(self) -> None:
        with pytest.raises(DataError), transaction.atomic():
            Label.objects.create(project=self.project, name="x" * 5000, key="x")


@server_only
@pytest.mark.django_db(transaction=True)
def test_a_table_that_compares_otherwise_stops_a_migration_with_what_to_do() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE strange (name varchar(20)) COLLATE latin1_swedish_ci")
        try:
            with pytest.raises(CommandError, match=r"1 tables .*ALTER TABLE `strange` CONVERT TO CHARACTER SET utf8mb4"):
                collation.settle(CoreConfig, "default")
        finally:
            cursor.execute("DROP TABLE strange")
    collation.settle(CoreConfig, "default")
    call_command("makemigrations", check=True, verbosity=0)


@server_only
@pytest.mark.django_db(transaction=True)
def test_of_two_that_wait_for_each_other_both_get_done() -> None:
    ids = [Project.objects.create(name=name, owner=Cast().person(name)).id for name in ("one", "two")]
    meet, tries = Barrier(2), []

    @again.again
    @transaction.atomic
    def both(*ids) -> None:
        tries.append(ids)
        for place, number in enumerate(ids):
            Project.objects.filter(id=number).update(name=Concat("name", Value("!")))
            if not place and len(tries) <= 2:
                meet.wait(10)  # each has one row now and wants that of the other

    def work(*ids) -> None:
        both(*ids)
        connections.close_all()

    threads = [Thread(target=work, args=order) for order in (ids, ids[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tries) == 3 and sorted(Project.objects.values_list("name", flat=True)) == ["one!!", "two!!"]


def test_a_verb_is_done_again_only_for_what_another_attempt_may_mend() -> None:
    lost, other = OperationalError(again.DEADLOCK, "Deadlock found"), OperationalError(2006, "gone away")
    with mock.patch.object(again.time, "sleep"):
        assert again.repeat(mock.Mock(side_effect=[lost, lost, lost, 7])) == 7
        for errors in ([lost] * again.TIMES, [other, 7]):
            with pytest.raises(OperationalError):
                again.repeat(mock.Mock(side_effect=errors))


@server_only
@pytest.mark.django_db(transaction=True)
def test_ids_of_a_type_of_mariadbs_own_become_plain_before_a_migration_and_still_point_at_one_another() -> None:
    ids = [uuid4() for _number in range(3)]
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE older (id uuid PRIMARY KEY)")
        cursor.execute("CREATE TABLE old (id char(36) PRIMARY KEY, older_id uuid NULL, FOREIGN KEY (older_id) REFERENCES older (id))")  # left halfway
        try:
            cursor.execute("INSERT INTO older VALUES (%s)", [str(ids[0])])
            cursor.execute("INSERT INTO old VALUES (%s, %s), (%s, NULL)", [str(ids[1]), str(ids[0]), ids[2].hex])
            assert plain_ids.other_than_plain() == {"old": {"id": False, "older_id": True}, "older": {"id": False}}
            plain_ids.settle(CoreConfig, "default")
            assert plain_ids.other_than_plain() == {}
            cursor.execute("SELECT id, older_id FROM old")
            assert set(cursor.fetchall()) == {(ids[1].hex, ids[0].hex), (ids[2].hex, None)}
            with pytest.raises(IntegrityError):
                cursor.execute("INSERT INTO old VALUES ('a', 'b')")
        finally:
            cursor.execute("DROP TABLE old, older")
