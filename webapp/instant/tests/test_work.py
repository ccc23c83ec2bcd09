import uuid
from datetime import timedelta
from unittest.mock import patch

from django.utils import timezone

from webapp.core import jobs
from webapp.core.test import Cast, vector
from webapp.images.models import Embedding, Image
from webapp.images.services import delete_images, keep_images, move_images, set_aside_images
from webapp.instant import services, work
from webapp.instant.models import Instant
from webapp.projects.models import Label
from webapp.training.models import Run
from worker.tasks.instant import run as task

MEASURE = work.measure


class Learning(Cast):
    def pictures(self, label: Label, count: int, start: int = 0) -> list[Image]:
        """Pictures that came in just now."""
        made = [self.image(label, start + seed) for seed in range(count)]
        services.pictures_changed(projects={label.project_id: count})
        return made

    def row(self) -> Instant:
        return Instant.objects.get(project=self.project)

    def learn(self) -> Instant:
        """What is there is learned now, as a worker does it."""
        Instant.objects.update(changed=timezone.now() - timedelta(minutes=1), rests_until=None)
        assert services.order() == 1
        task(str(self.row().id))
        row = self.row()
        assert (row.status, row.changed) == (Instant.DONE, None), row.error
        return row

    def later(self, seconds: float) -> None:
        """As if it had changed so many seconds ago."""
        Instant.objects.update(changed=timezone.now() - timedelta(seconds=seconds))


class WorkTests(Learning):
    def test_it_is_measured_on_pictures_held_out_in_turn(self):
        self.pictures(self.cat, 12), self.pictures(self.dog, 8)
        row = self.learn()
        assert (row.images, row.accuracy, row.high) == (20, 1.0, 1.0) and 0.8 < row.low < 0.9
        assert {(one["id"], one["images"], one["recall"]) for one in row.labels} == {(str(self.cat.id), 12, 1.0), (str(self.dog.id), 8, 1.0)}
        assert [point[:2] for point in row.points] == [[20, 1.0]] and row.best is None  # nothing helps what is always right

    def test_wrong_labels_show_in_the_number(self):
        self.pictures(self.cat, 20), self.pictures(self.dog, 20)
        before = self.learn().accuracy
        for seed, image in enumerate(self.project.images.filter(label=self.dog)[:6], 500):
            Embedding.objects.filter(image=image).update(vector=vector(self.cat.position, seed))
        row = self.learn()
        assert row.accuracy == before - 6 / 40 and len(row.points) == 2

    def test_a_worker_that_ends_does_not_measure_to_the_end_and_another_one_does(self):
        self.pictures(self.cat, 6), self.pictures(self.dog, 6)
        self.later(60)
        services.order()
        with patch.object(work.learning_curve, "_label", side_effect=AssertionError("measured to the end")), patch.object(work, "measure", self.told_to_end):
            task(str(self.row().id))
        self.addCleanup(jobs.shutting_down.clear)
        assert (self.row().status, self.row().error) == (Instant.QUEUED, None)
        jobs.shutting_down.clear()
        task(str(self.row().id))
        assert self.row().status == Instant.DONE and self.row().images == 12

    def told_to_end(self, pictures, check):
        jobs.shutting_down.set()
        return MEASURE(pictures, check)

    def test_near_duplicates_teach_nothing_about_each_other(self):
        pairs = [self.pictures(label, 2, 2 * number) for number in range(6) for label in (self.cat, self.dog)]
        for number, pair in enumerate(pairs):  # they look like each other, and like nothing else of their label
            for seed, image in enumerate(pair):
                Embedding.objects.filter(image=image).update(vector=vector(50 + number, seed))
        assert self.learn().accuracy > 0.9
        for pair in pairs:
            Image.objects.filter(id__in=[image.id for image in pair]).update(group=uuid.uuid4())
        assert self.learn().accuracy < 0.8

    def test_labels_with_too_few_pictures_are_left_out(self):
        self.pictures(self.cat, 6), self.pictures(self.dog, 4)
        row = self.learn()
        assert (row.images, row.accuracy, row.labels, row.points) == (6, None, [], [])
        self.pictures(self.label("鳥"), 6)
        assert (self.learn().images, len(self.row().labels)) == (12, 2)

    def test_pictures_without_a_whole_vector_are_not_counted_on(self):
        self.pictures(self.cat, 6), self.pictures(self.dog, 6)
        broken = Embedding.objects.filter(image__label=self.dog)
        broken.filter(pk=broken.first().pk).update(vector=b"\x00\x7e" * 1280)
        broken.last().delete()
        assert self.learn().accuracy is None  # four are left of one label

    def test_the_history_keeps_its_beginning_and_its_end(self):
        points = [[number] for number in range(500)]
        kept: list = []
        for point in points:
            kept = work.thinned([*kept, point])
        assert len(kept) <= work.POINTS and kept[0] == [0] and kept[-50:] == points[-50:]

    def test_it_rests_ten_times_as_long_as_it_worked(self):
        self.pictures(self.cat, 6), self.pictures(self.dog, 6)
        row = self.learn()
        assert 9 * row.seconds < (row.rests_until - row.finished).total_seconds() <= 10 * row.seconds + 0.1


class OrderTests(Learning):
    def test_after_twenty_pictures_at_once_and_else_after_ten_seconds_while_more_come(self):
        self.pictures(self.cat, 19)
        self.project.uploads.create(status="running")
        assert services.order() == 0
        self.later(11)
        assert services.order() == 1
        Instant.objects.update(status="done", changed=timezone.now())
        services.pictures_changed(projects={self.project.id: 1})
        assert services.order() == 1

    def test_when_no_more_are_coming_nobody_waits_ten_seconds(self):
        self.pictures(self.cat, 1)
        assert services.order() == 0
        self.later(2)
        assert services.order() == 1

    def test_at_rest_looking_is_one_query_and_nothing_is_ordered(self):
        self.pictures(self.cat, 6)
        self.learn()
        with self.assertNumQueries(1):
            assert services.order() == 0

    def test_what_is_due_is_ordered_once_and_not_before_it_has_rested(self):
        self.pictures(self.cat, 30)
        Instant.objects.update(rests_until=timezone.now() + timedelta(minutes=1))
        assert services.order() == 0
        Instant.objects.update(rests_until=timezone.now())
        assert [services.order(), services.order()] == [1, 0]

    def test_what_people_do_to_pictures_and_labels_is_learned_too(self):
        images = self.pictures(self.cat, 6) + self.pictures(self.dog, 6)
        verbs = [
            lambda: set_aside_images(images=images[:1]),
            lambda: keep_images(images=images[:1]),
            lambda: move_images(images=images[:1], label=self.dog),
            lambda: delete_images(images=images[:1]),
            lambda: self.dog.delete(),
        ]
        for verb in verbs:
            Instant.objects.update(changed=None)
            verb()
            assert self.row().changed
        self.project.delete()
        assert not Instant.objects.exists()

    def test_pictures_that_come_while_it_learns_are_learned_afterwards(self):
        self.pictures(self.cat, 6), self.pictures(self.dog, 6)
        Instant.objects.update(status="queued")
        row = jobs.claim(Instant, self.row().id, "test")
        read = work.read
        with patch.object(work, "read", lambda *args: (read(*args), services.pictures_changed(projects={self.project.id: 3}))[0]):
            work.run(row)
        assert (self.row().images, self.row().new_images, self.row().is_moving) == (12, 3, True)

    def test_it_waits_while_this_worker_trains(self):
        self.pictures(self.cat, 30)
        services.order()
        from worker.life import NAME  # the name of a worker is that of the process

        run = Run.objects.create(project=self.project, preset="quick", status="running", worker=NAME)
        task(str(self.row().id))
        assert self.row().status == "queued"
        Run.objects.filter(id=run.id).update(status="ready", active=None)
        task(str(self.row().id))
        assert self.row().status == "done"
