"""The queue: where each run stands, when it starts, and that nobody learns about others from it."""

from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from django.db.models.functions import Now
from django.utils import timezone, translation

from webapp.accounts.models import User
from webapp.core import jobs
from webapp.core.test import Cast
from webapp.projects.models import Project
from webapp.training import queue, queue_words
from webapp.training.models import Run

HTMX = {"HX-Request": "true"}


def queued(user: User, **values) -> Run:
    return Run.objects.create(project=Project.objects.create(owner=user, name=f"Of {user.email}"), started_by=user, preset="quick", **values)


class QueueTest(Cast):
    @pytest.fixture(autouse=True)
    def two_hands(self, monkeypatch) -> None:
        queue.latest.cache_clear()
        monkeypatch.setattr(queue, "hands", lambda: self.hands)
        self.hands = 2

    def begin(self, **values) -> Run:
        """Have a worker take whoever is next."""
        run = jobs.claim_in_turn(Run, None, "somewhere:1")
        Run.objects.filter(id=run.id).update(status=Run.RUNNING, **values)
        return run

    def starts(self):
        """Seconds until each starts; some may pass while this is asked."""
        return pytest.approx([place.seconds for place in queue.now().waiting], abs=8)

    def test_each_hand_takes_the_next_one_when_it_comes_free(self) -> None:
        for user in (self.alice, self.bob, self.charlie):
            queued(user, estimate_seconds=100)
        queued(self.alice, estimate_seconds=20), queued(self.bob, estimate_seconds=10)
        self.begin(eta_seconds=30)
        assert self.starts() == [0, 35, 100, 110], "35: with checking and packing"
        self.hands = 1
        assert self.starts() == [35, 135, 235, 245]
        self.hands = 0
        assert [place.start for place in queue.now().waiting] == [None] * 4

    def test_what_nobody_estimated_takes_as_long_as_the_latest_did(self) -> None:
        for seconds in (10, 40, 1000):
            Run.objects.create(project=self.project, active=None, status=Run.READY, seconds=seconds, finished=timezone.now())
        self.hands = 1
        queued(self.alice), queued(self.bob)
        assert self.starts() == [0, 40]
        self.begin()
        assert self.starts() == [40]
        Run.objects.filter(status=Run.RUNNING).update(started=Now() - timedelta(seconds=30))
        assert self.starts() == [10]

    def test_the_page_shows_where_mine_are_and_of_others_only_how_many(self) -> None:
        others = [queued(user) for user in (self.bob, self.bob, self.charlie)]
        self.begin(device="GPU 0")
        mine = queued(self.alice)
        self.login(self.alice)
        page = self.client.get("/queue/").content.decode()
        assert "2nd in line" in page and f"/runs/{mine.id}/cancel" in page and "GPU 0" in page and "somewhere:1" in page
        assert page.count("Another person's training") == 3
        for run in others:
            for hidden in (run.id, run.project_id, run.started_by_id, run.project.name, run.started_by.email):
                assert str(hidden) not in page

    def test_others_who_follow_each_other_are_one_line(self) -> None:
        for user in [self.bob] * 120 + [self.alice] + [self.charlie]:
            queued(user)
        self.login(self.alice)
        with self.assertNumQueries(6):
            page = self.client.get("/queue/", headers=HTMX).content.decode()
        assert "120 trainings of other people" in page and "<html" not in page and len(page) < 5000

    def test_members_see_the_runs_of_their_projects(self) -> None:
        run = Run.objects.create(project=self.project, started_by=self.alice)
        for user, sees in ((self.bob, True), (self.charlie, False)):
            self.login(user)
            assert (str(run.id) in self.client.get("/queue/").content.decode()) == sees

    def test_a_stop_on_the_page_comes_back_to_it(self) -> None:
        run = queued(self.alice)
        self.login(self.alice)
        answer = self.client.post(f"/runs/{run.id}/cancel", {"back": "queue"})
        assert answer["Location"] == "/queue/" and "Nobody is in line" in self.client.get("/queue/").content.decode()

    def test_the_page_of_a_run_says_its_place_until_it_begins(self) -> None:
        run = queued(self.alice)
        self.login(self.alice)
        with self.assertNumQueries(8):
            page = self.client.get(f"/runs/{run.id}/").content.decode()
        assert "Next in line, starts in a moment" in page and f"/runs/{run.id}/place" in page
        assert "Next in line" in self.client.get(f"/runs/{run.id}/place", headers=HTMX).content.decode()
        self.begin()
        answer = self.client.get(f"/runs/{run.id}/place", headers=HTMX)
        assert (answer.status_code, answer.content.strip()) == (286, b"")

    def test_two_polls_in_a_row_are_one_read_of_the_line_and_the_second_is_told_that_nothing_is_new(self) -> None:
        queued(self.bob)
        self.begin(eta_seconds=600)
        runs = [queued(self.alice, estimate_seconds=100) for _run in range(3)]
        self.hands = 1
        self.login(self.alice)
        with mock.patch.object(queue, "now", wraps=queue.now) as read:
            for run in runs:
                first = self.client.get(f"/api/v1/runs/{run.id}")
                again = self.client.get(f"/api/v1/runs/{run.id}", headers={"If-None-Match": first["ETag"]})
                assert first.json()["expected_start"] and again.status_code == 304
        assert read.call_count < 2 * len(runs)

    def test_a_run_that_came_since_the_line_was_read_has_its_place_at_once(self) -> None:
        first = queued(self.alice)
        assert queue.place_of(first).position == 1
        assert queue.place_of(queued(self.bob)).position == 2

    def test_the_api_tells_mine_and_counts_the_rest(self) -> None:
        queued(self.bob)
        running, mine = self.begin(eta_seconds=60), queued(self.alice)
        self.login(self.alice)
        answer = self.client.get("/api/v1/queue").json()
        assert {name: answer[name] for name in ("at_once", "running", "waiting")} == {"at_once": 2, "running": 1, "waiting": 1}
        (item,) = answer["items"]
        assert (item["run_id"], item["position"]) == (str(mine.id), 1) and item["expected_start"]
        assert str(running.id) not in str(answer)
        run = self.client.get(f"/api/v1/runs/{mine.id}").json()
        assert run["position"] == 1 and run["expected_start"]
        jobs.request_cancel(mine)
        run = self.client.get(f"/api/v1/runs/{mine.id}").json()
        assert (run["position"], run["expected_start"]) == (None, None)


def test_starts_are_told_in_steps_of_five_seconds() -> None:
    times = [datetime(2026, 1, 1, 12, 0, second, micro, UTC) for second, micro in ((0, 0), (0, 1000), (4, 999_000), (5, 0))]
    assert [queue.stepped(moment).second for moment in times] == [0, 5, 5, 5]


@pytest.mark.parametrize(("number", "words"), [(1, "Next in line"), (2, "2nd in line"), (3, "3rd in line"), (4, "4th in line"), (11, "11th in line"), (21, "21st in line"), (112, "112th in line")])
def test_places_are_said_as_people_say_them(number: int, words: str) -> None:
    with translation.override("en"):
        assert queue_words.in_line(number) == words


@pytest.mark.parametrize(("seconds", "words"), [(None, "as soon as a worker is there"), (3, "in a moment"), (44, "in about 40 s"), (240, "in about 4 min"), (7300, "in about 2 h")])
def test_a_start_is_said_in_the_unit_that_fits(seconds: float | None, words: str) -> None:
    with translation.override("en"):
        assert queue_words.starts(seconds) == f"starts {words}"
