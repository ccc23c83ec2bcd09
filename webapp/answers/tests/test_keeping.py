import os
import time
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from webapp.answers import keeping
from webapp.answers.models import Answer
from webapp.answers.tests.asking import AnswersCast
from webapp.core import store
from webapp.core.errors import UserError
from webapp.projects.services import delete_project
from webapp.takedown import janitor


class KeepingTest(AnswersCast):
    def old(self, days: float) -> Answer:
        answer = self.kept()
        Answer.objects.filter(id=answer.id).update(created=timezone.now() - timedelta(days=days))
        return answer

    def set_days(self, days: int | None) -> int:
        with self.captureOnCommitCallbacks(execute=True):
            return keeping.set_days(project=self.project, days=days)

    def test_a_shorter_time_takes_what_is_older_and_none_takes_all_with_their_pictures(self) -> None:
        self.keep(90)
        old, young = self.old(20), self.kept()
        assert self.set_days(7) == 1 and not store.exists(old.file_name) and store.exists(young.file_name)
        assert self.set_days(None) == 1 and not store.exists(young.file_name)
        self.project.refresh_from_db()
        assert self.project.answers_days is None

    def test_only_times_that_are_offered_can_be_chosen(self) -> None:
        with pytest.raises(UserError):
            self.set_days(10_000)

    def test_what_is_over_is_seen_by_nobody_also_before_it_is_swept(self) -> None:
        self.keep(7)
        answer = self.old(7.1)
        self.login(self.alice)
        assert self.client.get(reverse("answers:picture", args=[answer.id])).status_code == 404
        self.assertContains(self.client.get(reverse("answers:answers", args=[self.project.id])), "None yet")

    def test_a_browser_shows_no_picture_unasked_that_was_deleted_since(self) -> None:
        self.keep()
        self.login(self.alice)
        assert self.client.get(reverse("answers:picture", args=[self.kept().id]))["Cache-Control"] == "private, no-cache"

    def test_the_daily_sweep_takes_what_is_over_and_files_without_a_row(self) -> None:
        self.keep(7)
        old, young = self.old(8), self.kept()
        strange = [f"projects/{self.project.id}/answers/00/strange.jpg", f"projects/{self.project.id}/corrections/strange"]
        for name in strange:
            store.put(name, b"x")
            os.utime(store.local_path(name), (time.time() - 7200,) * 2)
        with self.captureOnCommitCallbacks(execute=True):
            janitor.sweep()
        assert [store.exists(name) for name in (old.file_name, *strange, young.file_name)] == [False, False, False, True]

    def test_the_oldest_go_when_there_are_too_many(self) -> None:
        self.keep()
        first, second, third = self.old(3), self.old(2), self.old(1)
        keeping.MOST, before = 2, keeping.MOST
        self.addCleanup(setattr, keeping, "MOST", before)
        keeping.tidy([self.project.id])
        assert set(Answer.objects.all()) == {second, third} and first not in Answer.objects.all()

    def test_they_go_with_their_project(self) -> None:
        self.keep()
        answer = self.kept()
        with self.captureOnCommitCallbacks(execute=True):
            delete_project(project=self.project)
        assert not Answer.objects.exists() and not store.exists(answer.file_name)
