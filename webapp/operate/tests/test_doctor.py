"""The doctor names what is broken, says how to mend it, and ends with 1."""

import json
from datetime import timedelta
from io import StringIO
from tempfile import TemporaryDirectory

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import override_settings
from django.utils.timezone import now

from webapp.core import store
from webapp.core.test import Cast
from webapp.ingest.models import Upload
from webapp.operate import doctor
from webapp.operate.finding import BROKEN, WELL, WORRYING, Finding


def asked() -> tuple[int, str]:
    """The exit code of the command, and what it says."""
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", stdout=out)
    return int(ended.value.code), out.getvalue()


class Doctor(Cast):
    def found(self, part: str, word: str) -> Finding:
        return next(finding for finding in doctor.examine() if finding.part == part and word in finding.sentence)

    def test_it_looks_at_every_part_and_each_trouble_has_a_way_to_mend_it(self):
        found = list(doctor.examine())
        assert {finding.part for finding in found} == set(doctor.EXAMINATIONS)
        assert all(finding.mend for finding in found if finding.state != WELL)

    def test_the_database_of_these_tests_is_set_as_it_should_be(self):
        worries = [finding.sentence for finding in doctor.examine() if finding.part == "database" and finding.state != WELL]
        if connection.vendor == "mysql":  # a server of tests is quick, and keeps nothing for long
            assert "innodb_flush_log_at_trx_commit is 0" in worries.pop()
        assert not worries

    def test_without_redis_it_ends_with_1_and_says_what_to_do(self):
        code, said = asked()
        assert code == 1 and "MEND  work      Redis does not answer" in said and "-> Start Redis" in said

    def test_a_picture_without_its_file_is_found(self):
        picture = self.image(self.cat)
        assert self.found("files", "all have their files").state == WELL
        store.delete(picture.file_name)
        assert picture.file_name in self.found("files", "lost their file").sentence

    def test_a_damaged_picture_is_found(self):
        picture = self.image(self.cat)
        store.put(picture.file_name, b"something else")
        assert self.found("files", "lost their file").state == BROKEN

    def test_work_that_waits_is_lost_or_failed_is_counted(self):
        hour = now() - timedelta(hours=1)
        for values in ({"status": "queued"}, {"status": "running", "lease_until": hour}, {"status": "failed", "finished": now()}):
            row = Upload.objects.create(project=self.project, **values)
            Upload.objects.filter(id=row.id).update(created=hour)
        assert "uploads 60 min" in self.found("work", "Waiting for long").sentence
        assert self.found("work", "nobody works on it").state == BROKEN and self.found("work", "Failed").state == WORRYING

    def test_https_without_a_trusted_proxy_and_any_host_are_told(self):
        with override_settings(PUBLIC_URL="https://ai.example.org", HTTPS=True, TRUSTED_PROXIES=0, ALLOWED_HOSTS=["*"], DEBUG=True):
            assert all(self.found("settings", word).state == BROKEN for word in ("no proxy is trusted", "call us anything", "DEBUG is on"))

    def test_an_old_backup_or_none_is_told(self):
        with self.settings(BACKUPS=self.enterContext(TemporaryDirectory())):
            assert self.found("files", "There is no backup").state == BROKEN

    def test_gpu_machines_that_nobody_looks_after_are_told(self):
        with self.settings(FLEET_PROVIDER="pretend"):
            assert self.found("work", "Nobody looks after the GPU machines").state == BROKEN

    def test_a_machine_with_another_secret_key_is_told(self):
        call_command("migrate", verbosity=0)
        with self.settings(SECRET_KEY="another-key-that-is-long-enough-to-be-one-of-ours-000"):
            assert "another SECRET_KEY" in self.found("database", "This machine has another").sentence

    def test_an_examination_that_breaks_keeps_no_other_from_being_made(self):
        def breaks():
            raise RuntimeError("no such thing")
            yield

        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(doctor.EXAMINATIONS, "database", breaks)
            found = list(doctor.examine())
        assert next(finding for finding in found if finding.part == "database").state == BROKEN
        assert {finding.part for finding in found} == set(doctor.EXAMINATIONS)

    def test_programs_get_a_line_for_each_finding(self):
        out = StringIO()
        with pytest.raises(SystemExit):
            call_command("doctor", json=True, stdout=out)
        assert all({"part", "state", "sentence", "mend"} == set(json.loads(line)) for line in out.getvalue().splitlines())
