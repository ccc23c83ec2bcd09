"""Whose training is next, with the rows and the claims that workers use."""

from datetime import timedelta
from threading import Barrier, Thread
from uuid import uuid4

from django.db import connection
from django.db.models.functions import Now
from django.test import TransactionTestCase
from django.utils import timezone

from webapp.accounts.models import User
from webapp.core import jobs
from webapp.core.test import Cast
from webapp.projects.models import Project
from webapp.training.models import Run
from worker.perform import STORE_REST, perform

BEGAN = timezone.now() - timedelta(hours=1)


def pressed(user: User, minute: int, **values) -> Run:
    """A run of a new project of somebody, who pressed Train in this minute."""
    run = Run.objects.create(project=Project.objects.create(owner=user, name="x"), started_by=user, name=f"{user.email[0]}{minute}", **values)
    Run.objects.filter(id=run.id).update(created=BEGAN + timedelta(minutes=minute))
    return run


def line() -> list[str]:
    names = dict(Run.objects.values_list("id", "name"))
    return [names[row_id] for row_id in Run.in_turn(None)]


class TurnsTest(Cast):
    def next(self, worker: str = "one") -> Run:
        return jobs.claim_in_turn(Run, uuid4(), worker)

    def end(self, run: Run, minute: int) -> None:
        jobs.finish(run)
        Run.objects.filter(id=run.id).update(finished=BEGAN + timedelta(minutes=minute))

    def test_of_three_people_with_ten_runs_each_gets_a_turn_before_anybodys_second(self) -> None:
        for minute, user in enumerate([self.alice] * 6 + [self.bob] * 3 + [self.charlie]):
            pressed(user, minute)
        assert line() == ["a0", "b6", "c9", "a1", "b7", "a2", "b8", "a3", "a4", "a5"]

    def test_one_worker_hands_them_out_in_turn(self) -> None:
        for minute, user in enumerate([self.alice] * 6 + [self.bob] * 3):
            pressed(user, minute)
        handed = [self.next()]
        pressed(self.charlie, 9)  # who comes late gets the next turn but one
        for minute in range(10, 19):
            self.end(handed[-1], minute)
            handed.append(self.next())
        assert [run.name for run in handed] == ["a0", "b6", "c9", "a1", "b7", "a2", "b8", "a3", "a4", "a5"]

    def test_a_run_that_is_at_work_counts_as_a_turn(self) -> None:
        for minute, user in enumerate([self.alice] * 3 + [self.bob] * 2):
            pressed(user, minute)
        assert [self.next(worker).name for worker in ("one", "two", "three")] == ["a0", "b3", "a1"]
        assert line() == ["b4", "a2"]

    def test_what_was_begun_goes_on_first(self) -> None:
        begun = [pressed(self.alice, 0), pressed(self.alice, 1)]
        died, handed_over = self.next(), self.next()
        pressed(self.bob, 2)
        Run.objects.filter(id=died.id).update(lease_until=Now() - timedelta(seconds=1))
        jobs.give_back(handed_over)
        assert line() == [run.name for run in begun] + ["b2"]

    def test_a_run_that_rests_after_trouble_lets_the_next_one_go_first(self) -> None:
        pressed(self.alice, 0), pressed(self.bob, 1)
        met_trouble = self.next()
        jobs.put_back(met_trouble, STORE_REST)
        assert line() == ["b1"] and not jobs.claim(Run, met_trouble.id, "one")
        assert self.next().name == "b1" and not self.next()
        Run.objects.filter(id=met_trouble.id).update(hinted=Now() - STORE_REST)
        assert self.next().fence == 2

    def test_a_run_that_nobody_is_named_for_is_the_owners(self) -> None:
        first, second = pressed(self.alice, 0), pressed(self.alice, 1)
        pressed(self.bob, 2)
        Run.objects.filter(id__in=[first.id, second.id]).update(started_by=None)
        assert line() == ["a0", "b2", "a1"]

    def test_what_was_stopped_while_it_waited_was_no_turn(self) -> None:
        jobs.request_cancel(pressed(self.alice, 0))
        pressed(self.alice, 1), pressed(self.bob, 2)
        assert line() == ["a1", "b2"]

    def test_a_hint_for_the_last_run_in_line_starts_the_first(self) -> None:
        for minute, user in enumerate([self.alice, self.alice, self.bob]):
            last = pressed(user, minute)
        handed = []
        assert perform(Run, str(last.id), lambda run: (handed.append(run.name), jobs.finish(run)))
        assert handed == ["a0"]

    def test_a_stopped_or_hopeless_run_at_the_head_holds_nobody_up(self) -> None:
        stopped, hopeless = pressed(self.alice, 0, cancel_requested=True), pressed(self.charlie, 1, attempts=jobs.MAX_ATTEMPTS)
        pressed(self.bob, 2)
        assert self.next().name == "b2"
        assert [Run.objects.get(id=run.id).status for run in (stopped, hopeless)] == ["cancelled", "failed"]

    def test_two_hundred_runs_are_ordered_in_two_queries(self) -> None:
        Project.objects.bulk_create(Project(owner=user, name="x") for user in (self.alice, self.bob) for _number in range(100))
        Run.objects.bulk_create(Run(project=project, started_by=project.owner) for project in Project.objects.filter(name="x"))
        with self.assertNumQueries(2):
            ids = Run.in_turn(None)
        people = dict(Run.objects.values_list("id", "started_by__email"))
        assert all({people[row_id][0] for row_id in ids[at : at + 2]} == {"a", "b"} for at in range(0, 200, 2))


class AtOnceTest(TransactionTestCase):
    def test_two_workers_that_hear_hints_in_opposite_orders_take_turns(self) -> None:
        users = [User.objects.create_user(f"{name}@example.org", "correct horse") for name in "abcd"]
        runs = [pressed(user, number) for number, user in enumerate(users[:1] * 6 + users[1:])]
        handed, together = [], Barrier(2)

        def work(worker: str, hints: list[Run]) -> None:
            for run in hints:
                together.wait(30)
                handed.append(jobs.patiently(lambda run=run: jobs.claim_in_turn(Run, run.id, worker)))
            connection.close()

        threads = [Thread(target=work, args=(name, hints)) for name, hints in (("one", runs[::-1]), ("two", runs))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        names = [run.name for run in sorted(filter(None, handed), key=lambda run: run.started)]
        assert sorted(names) == sorted(run.name for run in runs), "each once"
        assert {name[0] for name in names[:4]} == set("abcd"), names
