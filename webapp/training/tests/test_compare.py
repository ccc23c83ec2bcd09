"""Runs side by side: what differed, what came of it, and whether that is more than chance."""

from uuid import uuid4

from django.urls import reverse

from trainer.config import TrainConfig
from webapp.core.test import Cast
from webapp.images.models import Image
from webapp.projects.models import Label, Project
from webapp.training.compare_answers import GAINED, LOST, OTHER, by_label, flips, said, score, shared, sign_test
from webapp.training.compare_pictures import Count, Relabelled, counts, moves, pictures
from webapp.training.models import Run


def answers(**told: str) -> dict:
    """Answers by picture from a="猫>犬": of a 猫 it said 犬."""
    return said([[key, *text.split(">"), 0.5] for key, text in told.items()], {})


def test_the_sign_test_is_the_exact_binomial():
    assert [sign_test(*pair) for pair in ((0, 0), (1, 0), (5, 0), (0, 6), (3, 3), (8, 2))] == [1.0, 1.0, 0.0625, 0.03125, 1.0, 0.109375]


def test_only_pictures_that_tested_both_under_the_same_label_count():
    pairs = shared(answers(a="c>c", b="c>d", c="d>d", x="c>c"), answers(a="c>d", b="c>c", c="c>c", y="c>c"))
    found = score(pairs)
    assert (found.count, found.before, found.after, found.gained, found.lost, found.change) == (2, 1, 1, 1, 1, 0)


def test_of_many_labels_each_must_differ_more_to_be_more_than_chance():
    before = {f"{label}{number}": f"{label}>x" for label in "ab" for number in range(6)}
    after = {key: text.replace("x", "a") if key[0] == "a" else text.replace("x", "b") for key, text in before.items()}
    both, alone = by_label(shared(answers(**before), answers(**after))), [key for key in before if key[0] == "a"]
    assert [(label.name, label.score.gained, label.is_chance) for label in both] == [("a", 6, True), ("b", 6, True)]
    one = by_label(shared(answers(**{key: before[key] for key in alone}), answers(**after)))
    assert [(label.name, label.is_chance) for label in one] == [("a", False)]


def test_flips_come_with_what_was_lost_first_and_same_answers_are_none():
    before = answers(a="c>c", b="c>d", c="c>d", d="c>d", e="c>c")
    after = answers(a="c>d", b="c>c", c="c>e", d="c>d", e="c>c")
    assert [(flip.after.image_id, flip.kind) for flip in flips(shared(before, after))] == [("a", LOST), ("b", GAINED), ("c", OTHER)]


def test_pictures_that_came_went_moved_and_changed_sides_are_counted():
    before = pictures([["1", "c", "train"], ["2", "c", "train"], ["3", "c", "val"], ["4", "c", "train"]], {})
    after = pictures([["2", "c", "val"], ["3", "d", "train"], ["4", "c", "train"], ["5", "d", "val"]], {})
    found = moves(before, after)
    assert (found.same, found.only_before, found.only_after, found.to_train, found.to_val) == (1, 1, 1, 1, 1)
    assert found.relabelled == [Relabelled("c", "d", 1)] and not found.is_same and moves(before, before).is_same
    assert [(label.name, label.counts) for label in counts([before, after])] == [("c", [Count(3, 1), Count(1, 1)]), ("d", [Count(0, 0), Count(1, 1)])]


class ComparePageTest(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.pictures = [self.image(self.cat, seed) for seed in range(3)]
        self.ids = [str(picture.id) for picture in self.pictures]
        self.login(self.alice)

    def learned(self, number: int, said: list[str], project: Project | None = None, ids: list[str] | None = None, **values) -> Run:
        ids = ids or self.ids
        config = TrainConfig.from_dict({"preset": "quick"} | values.pop("config", {})).to_dict()
        told = [[key, "猫", word, 0.75] for key, word in zip(ids, said, strict=True)]
        snapshot = [[key, "猫", "val"] for key in ids] + [[str(uuid4()), "猫", "train"]]
        best = {"epoch": 1, "val_accuracy": 2 / 3, "val_loss": 1}
        return Run.objects.create(project=project or self.project, number=number, preset="quick", status="ready", active=None, best=best,
                                  config=config, snapshot=snapshot, answers=told, val_images=3, train_images=1, versions={"torch": f"2.{number}"}, **values)  # fmt: skip

    def page(self, *runs: Run, **more):
        return self.client.get(reverse("training:compare"), {"runs": ",".join(str(run.id) for run in runs)} | more)

    def test_settings_pictures_gains_and_flips_are_told(self) -> None:
        first, second = self.learned(1, ["猫", "猫", "犬"]), self.learned(2, ["猫", "犬", "犬"], name="Longer", config={"epochs": 7})
        page = self.page(first, second)
        for words in ("From Run 1 to Longer", "Of 3 test pictures that both have, Run 1 names 2 right and Longer 1.", "That may well be chance", "1 picture got another answer",
                      "Now wrong", "−1", "1 picture is only in Run 1. 1 picture is only in Longer.", ">Epochs</th>", ">torch</th>"):  # fmt: skip
            self.assertContains(page, words)
        self.assertContains(page, reverse("images:thumb", args=[self.ids[1]]), 1)
        self.assertNotContains(page, reverse("images:thumb", args=[self.ids[2]]))

    def test_where_no_answer_changed_the_page_says_so(self) -> None:
        page = self.page(self.learned(1, ["猫", "猫", "犬"]), self.learned(2, ["猫", "猫", "犬"]))
        self.assertContains(page, "No answer changed")
        self.assertContains(page, "No right or wrong answer changed.")

    def test_pictures_of_two_projects_are_known_by_their_bytes(self) -> None:
        other = Project.objects.create(owner=self.alice, name="Copies")
        label = Label.objects.create(project=other, name="猫", key="k")
        copies = [Image.objects.create(project=other, label=label, sha256=picture.sha256, width=9, height=9, size_bytes=9) for picture in self.pictures]
        theirs = self.learned(1, ["犬", "猫", "犬"], project=other, ids=[str(copy.id) for copy in copies])
        page = self.page(self.learned(1, ["猫", "猫", "犬"]), theirs)
        self.assertContains(page, "From Animals ・ Run 1 to Copies ・ Run 1")
        self.assertContains(page, "1 picture got another answer")
        self.assertContains(page, reverse("images:thumb", args=[copies[0].id]))

    def test_a_picture_that_was_deleted_since_is_counted_and_not_shown(self) -> None:
        first, second = self.learned(1, ["猫", "猫", "犬"]), self.learned(2, ["犬", "犬", "犬"])
        self.pictures[0].delete()
        page = self.page(first, second)
        self.assertContains(page, "1 of 2 are shown")
        self.assertNotContains(page, reverse("images:thumb", args=[self.ids[0]]))

    def test_runs_of_before_without_answers_and_runs_without_a_shared_picture_say_so(self) -> None:
        first, old, elsewhere = self.learned(1, ["猫"] * 3), self.learned(2, ["猫"] * 3), self.learned(3, ["猫"] * 3, ids=[str(uuid4()) for _number in range(3)])
        Run.objects.filter(id=old.id).update(answers=None)
        page = self.page(first, old, elsewhere)
        self.assertContains(page, "One of the two kept no answers")
        self.assertContains(page, "They share no test picture")

    def test_every_run_must_be_visible(self) -> None:
        first, second = self.learned(1, ["猫"] * 3), self.learned(2, ["猫"] * 3)
        theirs = self.learned(1, ["猫"] * 3, project=Project.objects.create(owner=self.charlie, name="Theirs"))
        assert [self.page(first, second).status_code, self.page(first, theirs).status_code, self.page(theirs).status_code] == [200, 404, 404]
        assert self.client.get(reverse("training:compare"), {"runs": "nonsense"}).status_code == 404
        self.login(self.charlie)
        assert self.page(first, second).status_code == 404
        self.assertNotContains(self.client.get(reverse("training:compare")), "Animals")

    def test_the_list_to_choose_from_searches_names_and_keeps_what_is_ticked(self) -> None:
        first, second = self.learned(1, ["猫"] * 3, name="Plain"), self.learned(2, ["猫"] * 3, name="Strong turns")
        page = self.page(first, choose="1", q="strong")
        assert [row.id for row in page.context["rows"]] == [first.id, second.id]
        self.assertContains(page, f'value="{first.id}" id="run-{first.id}" checked')
        self.assertContains(self.page(first), "Tick at least one more run")
        self.assertContains(self.page(*[self.learned(number, ["猫"] * 3) for number in range(3, 10)]), "At most 6 runs")

    def test_six_runs_are_asked_for_as_often_as_two(self) -> None:
        runs = [self.learned(number, ["猫", "犬", "猫"] if number % 2 else ["犬", "猫", "猫"]) for number in range(1, 7)]
        self.page(*runs[:2])
        with self.assertNumQueries(4):
            self.page(*runs[:2])
        with self.assertNumQueries(4):
            self.page(*runs)
        with self.assertNumQueries(3):
            self.client.get(reverse("training:compare"))

    def test_names_that_try_to_be_scripts_stay_names(self) -> None:
        evil = '"><script>alert(1)</script>'
        page = self.page(self.learned(1, ["猫", "猫", evil], name=evil), self.learned(2, ["猫", evil, "猫"]))
        assert page.status_code == 200 and evil not in page.content.decode()
