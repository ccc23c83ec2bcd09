from collections import Counter
from random import Random
from uuid import uuid4

import pytest

from webapp.core import jobs
from webapp.core.errors import UserError
from webapp.core.limits import LIMITS
from webapp.core.test import Cast
from webapp.images.models import Image
from webapp.training import services
from webapp.training.models import Run
from webapp.training.prepare import choose_pictures


class StartTest(Cast):
    def fill(self, cats: int, dogs: int) -> None:
        for label, count in ((self.cat, cats), (self.dog, dogs)):
            for seed in range(count):
                Image.objects.create(project=self.project, label=label, sha256=f"{label.position}-{seed}", width=9, height=9, size_bytes=9)

    def begun(self, **values) -> Run:
        """A run whose work has begun, so that its pictures are chosen."""
        run = jobs.claim(Run, services.start(project=self.project, **values)[0].id, "worker")
        choose_pictures(run)
        return run

    def refusal(self, **values) -> UserError:
        with pytest.raises(UserError) as caught:
            services.start(project=self.project, **values)
        return caught.value

    def test_a_run_starts_queued_with_a_tenth_of_each_label_for_testing(self) -> None:
        self.fill(20, 6)
        run, created = services.start(project=self.project, preset="quick")
        assert created and (run.status, run.number, run.epochs) == ("queued", 1, 50)
        assert (run.train_images, run.val_images) == (23, 3) and run.snapshot == []
        run = jobs.claim(Run, run.id, "worker")
        choose_pictures(run)
        assert (run.train_images, run.val_images) == (23, 3)
        assert Counter((label, part) for _image, label, part in run.snapshot) == {("猫", "train"): 18, ("猫", "val"): 2, ("犬", "train"): 5, ("犬", "val"): 1}

    def test_what_is_chosen_stays_chosen_whoever_goes_on(self) -> None:
        self.fill(20, 20)
        first = self.begun()
        self.fill_more()
        jobs.give_back(first)
        again = jobs.claim(Run, first.id, "another")
        choose_pictures(again)
        assert again.snapshot == first.snapshot and len(again.snapshot) == 40

    def fill_more(self) -> None:
        Image.objects.create(project=self.project, label=self.cat, sha256="late", width=9, height=9, size_bytes=9)

    def test_near_duplicates_are_learned_or_tested_together(self) -> None:
        self.fill(40, 40)
        pictures = list(Image.objects.order_by("sha256"))
        for place in range(0, 80, 2):
            group = uuid4()
            Image.objects.filter(id__in=[one.id for one in pictures[place : place + 2]]).update(group=group)
        Image.objects.filter(id=pictures[0].id).update(split="val")
        run = self.begun()
        part = {image: part for image, _label, part in run.snapshot}
        assert all(part[str(a.id)] == part[str(b.id)] for a, b in zip(pictures[::2], pictures[1::2], strict=True))
        assert part[str(pictures[1].id)] == "val" and 8 <= run.val_images <= 10

    def test_pictures_that_look_alike_are_together_before_any_check_has_grouped_them(self) -> None:
        self.fill(40, 40)
        pictures, hashes = list(Image.objects.order_by("sha256")), Random(0)
        for one, other in zip(pictures[::2], pictures[1::2], strict=True):
            phash = hashes.getrandbits(63)
            Image.objects.filter(id=one.id).update(phash=phash)
            Image.objects.filter(id=other.id).update(phash=phash ^ 0b1111, group=uuid4() if other == pictures[1] else None)
        Image.objects.filter(id=pictures[1].id).update(split="val")
        run = self.begun()
        part = {image: part for image, _label, part in run.snapshot}
        assert all(part[str(a.id)] == part[str(b.id)] for a, b in zip(pictures[::2], pictures[1::2], strict=True))
        assert part[str(pictures[0].id)] == "val" and 8 <= run.val_images <= 10

    def test_the_same_seed_splits_the_same_way_and_another_seed_does_not(self) -> None:
        self.fill(40, 40)
        splits = []
        for seed in (1, 1, 2):
            run = self.begun(settings={"seed": seed})
            jobs.finish(run, Run.CANCELLED)
            splits.append(run.snapshot)
        assert splits[0] == splits[1] != splits[2]
        assert Run.objects.filter(project=self.project).count() == 3

    def test_a_given_split_is_kept_unless_it_leaves_a_label_untested(self) -> None:
        self.fill(10, 10)
        self.cat.images.filter(sha256__in=["0-3", "0-4", "0-5"]).update(split="val")
        self.cat.images.exclude(split="val").update(split="train")
        self.dog.images.update(split="train")
        run = self.begun()
        tested = [image for image, _label, part in run.snapshot if part == "val"]
        assert set(self.cat.images.filter(id__in=tested).values_list("sha256", flat=True)) == {"0-3", "0-4", "0-5"}
        assert self.dog.images.filter(id__in=tested).count() == 1

    def test_pictures_set_aside_are_not_learned(self) -> None:
        self.fill(9, 6)
        self.cat.images.filter(sha256="0-1").update(status=Image.SET_ASIDE)
        run, _created = services.start(project=self.project)
        assert run.train_images + run.val_images == 14

    def test_one_label_is_too_few(self) -> None:
        self.dog.delete()
        self.fill_cats_only()
        assert "Add another label" in str(self.refusal())

    def fill_cats_only(self) -> None:
        for seed in range(6):
            Image.objects.create(project=self.project, label=self.cat, sha256=str(seed), width=9, height=9, size_bytes=9)

    def test_four_pictures_of_a_label_are_too_few_and_the_label_is_named(self) -> None:
        self.fill(5, 4)
        error = self.refusal()
        assert error.code == "too_few_pictures" and "“犬” has 4" in str(error) and error.details == {"labels": {"犬": 4}}
        assert str(services.missing(list(services.counted(self.project)))) == str(error)

    def test_a_label_without_pictures_is_left_out_when_two_others_remain(self) -> None:
        self.fill(5, 5)
        self.label("bird")
        run = self.begun()
        assert {label for _image, label, _part in run.snapshot} == {"猫", "犬"}
        assert [label.name for label in services.left_out(list(services.counted(self.project)))] == ["bird"]

    def test_an_empty_label_beside_one_full_one_is_named(self) -> None:
        self.fill(5, 0)
        assert "none yet of “犬”" in str(self.refusal())

    def test_the_run_is_of_whoever_pressed_else_of_the_owner(self) -> None:
        self.fill(5, 5)
        for user, whose in ((self.bob, self.bob), (None, self.alice)):
            run, _created = services.start(project=self.project, user=user)
            assert run.started_by == whose
            services.cancel(run=run)

    def test_a_second_press_gives_the_live_run(self) -> None:
        self.fill(5, 5)
        first, _created = services.start(project=self.project)
        again, created = services.start(project=self.project, preset="accurate")
        assert (again.id, created) == (first.id, False)

    def test_a_setting_out_of_bounds_or_unknown_is_refused_by_its_name(self) -> None:
        self.fill(5, 5)
        for settings, field in (({"epochs": 0}, "epochs"), ({"epoch": 5}, "epoch"), ({"image_size": "big"}, "image_size")):
            error = self.refusal(settings=settings)
            assert (error.field, error.status) == (field, 422)
        assert self.refusal(preset="accurate", settings={"devices": "99"}).field == self.refusal(preset="quick", settings={"devices": "2"}).field == "devices"
        assert self.refusal(preset="slow").field == "preset"

    def test_stopping_twice_is_fine_and_what_has_ended_stays_as_it_ended(self) -> None:
        self.fill(5, 5)
        run, _created = services.start(project=self.project)
        assert services.cancel(run=run).status == "cancelled"
        assert services.cancel(run=run).status == "cancelled"
        Run.objects.filter(id=run.id).update(status="ready")
        assert services.cancel(run=run).status == "ready"

    def test_twenty_runs_an_hour_are_enough_and_asking_for_the_live_one_costs_nothing(self) -> None:
        self.fill(5, 5)
        for _press in range(30):
            run, _created = services.start(project=self.project)
        for _run in range(LIMITS["train"].amount - 1):
            services.cancel(run=run)
            run, _created = services.start(project=self.project)
        services.cancel(run=run)
        assert self.refusal().status == 429
