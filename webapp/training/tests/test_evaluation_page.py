import re

from django.urls import reverse

from webapp.core.test import Cast
from webapp.images.models import Image
from webapp.projects.models import Label
from webapp.training.models import Run

EVIL = '"><script>alert(1)</script>'
HTMX = {"HX-Request": "true"}


class EvaluationPageTest(Cast):
    """Four cats, of which one is called a dog, and four dogs, of which two are called cats."""

    def setUp(self) -> None:
        super().setUp()
        self.cats = [self.picture(self.cat, seed) for seed in range(4)]
        self.dogs = [self.picture(self.dog, seed) for seed in range(4)]
        said = ["猫", "猫", "猫", "犬", "犬", "猫", "犬", "猫"]
        shares = [0.9, 0.8, 0.7, 0.97, 0.6, 0.55, 0.9, 0.99]
        answers = [[str(image.id), image.label.name, *rest] for image, *rest in zip([*self.cats, *self.dogs], said, shares, strict=True)]
        labels = [
            {"name": "猫", "precision": 0.6, "recall": 0.75, "f1": 0.667, "support": 4},
            {"name": "犬", "precision": 0.67, "recall": 0.5, "f1": 0.571, "support": 4},
        ]
        evaluation = {"accuracy": 0.625, "interval": [0.31, 0.86], "labels": labels, "confusion": [[3, 1], [2, 2]], "mistakes": [], "calibration": {"ece": 0.1}}
        self.run = Run.objects.create(project=self.project, preset="quick", status="ready", active=None, val_images=8, evaluation=evaluation, answers=answers)
        self.address = reverse("training:evaluation", args=[self.run.id])
        self.changing = reverse("review:change", args=[self.project.id])
        self.login(self.alice)

    def picture(self, label: Label, seed: int) -> Image:
        """The row of a picture: nobody looks at its file here."""
        return Image.objects.create(project=self.project, label=label, sha256=f"{label.position}-{seed}", width=9, height=9, size_bytes=9)

    def get(self, query: str = "", **options):
        return self.client.get(self.address + query, **options)

    def put(self, **facts) -> None:
        Run.objects.filter(id=self.run.id).update(evaluation=self.run.evaluation | facts)

    def shown(self, page, within: str = r"\A.*\Z") -> list[str]:
        """The ids of the cards in a part of a page."""
        part = re.search(within, page.content.decode(), re.DOTALL)[0]
        return re.findall(r'data-picture="([^"]+)"', part)

    def test_each_number_of_the_table_leads_to_its_pictures_the_surest_first(self) -> None:
        assert 'href="?actual=1&amp;said=0#cell"' in self.get().content.decode()
        page = self.get("?actual=1&said=0")
        assert self.shown(page, 'id="cell".*?</section>') == [str(self.dogs[3].id), str(self.dogs[1].id)]
        self.assertContains(page, 'aria-current="true">2</a>')

    def test_above_forty_labels_only_what_was_mixed_up_is_listed(self) -> None:
        Run.objects.update(best={"epoch": 1, "val_accuracy": 0.9, "val_loss": 0.3})
        for count, has_table in ((40, True), (41, False)):
            labels = [{"name": f"label {place}", "precision": 1, "recall": 1, "f1": 1, "support": 4} for place in range(count)]
            confusion = [[4 if said == true else 0 for said in range(count)] for true in range(count)]
            confusion[3][7], confusion[9][2] = 1, 5
            self.put(labels=labels, confusion=confusion)
            for address in (self.address, reverse("training:run", args=[self.run.id])):
                page = self.client.get(address).content.decode()
                assert ("data-heat" in page) == has_table and ("only what it mixed up is listed" in page) != has_table
        pairs = re.findall(r'<th scope="row">(label \d+)</th><td>(label \d+)</td><td class="r"><a href="([^"]*)">(\d+)</a>', page)
        assert pairs == [("label 9", "label 2", f"{self.address}?actual=9&amp;said=2#cell", "5"), ("label 3", "label 7", f"{self.address}?actual=3&amp;said=7#cell", "1")]

    def test_htmx_gets_the_cell_alone(self) -> None:
        part = self.get("?actual=0&said=0", headers=HTMX)
        assert "<html" not in part.content.decode()
        assert self.shown(part) == [str(image.id) for image in self.cats[:3]]

    def test_a_cell_that_is_not_there_shows_none(self) -> None:
        for query in ("?actual=2&said=0", "?actual=x&said=0", "?actual=-1", "?said=1", "?actual=99999999999&said=0"):
            assert self.get(query).status_code == 200
            assert self.get(query + "&actual=7", headers=HTMX).status_code == 404

    def test_the_mistakes_come_by_confidence_and_those_whose_picture_is_gone_do_not(self) -> None:
        self.cats[3].delete()
        page = self.get()
        self.assertContains(page, "3 mistakes</h2>")
        assert self.shown(page, 'id="mistakes".*') == [str(self.dogs[3].id), str(self.dogs[1].id)]

    def test_many_mistakes_come_in_parts(self) -> None:
        pictures = [self.picture(self.cat, seed) for seed in range(10, 40)]
        Run.objects.filter(id=self.run.id).update(answers=[[str(one.id), "猫", "犬", 0.5] for one in pictures])
        page = self.get()
        assert len(self.shown(page)) == 12
        self.assertContains(page, "Show 18 more")
        assert self.shown(self.get("?wrong=24", headers=HTMX)) == [str(one.id) for one in pictures[24:]]
        assert self.shown(self.get("?actual=0&said=1&from=24", headers=HTMX)) == [str(one.id) for one in pictures[24:]]

    def test_a_press_moves_sets_aside_or_confirms_and_comes_back_with_an_undo(self) -> None:
        picture = self.dogs[3]
        for verb, words in ((f"move {picture.id} {self.cat.id}", "Now 猫"), (f"aside {picture.id}", "Put back"), (f"keep {picture.id}", "the label is right")):
            assert f'value="{verb}"' in self.get().content.decode()
            page = self.client.post(self.changing, {"one": verb, "next": f"{self.address}?picture={picture.id}#mistakes"}, follow=True)
            self.assertContains(page, words)
            undo = re.search(r'<form action="([^"]+undo[^"]+)"', page.content.decode())[1].replace("&amp;", "&")
            page = self.client.post(undo, follow=True)
            assert page.request["PATH_INFO"] == self.address
            self.assertNotContains(page, words)

    def test_with_htmx_a_change_swaps_every_card_of_the_picture_and_says_when_it_counts(self) -> None:
        picture = self.dogs[3]
        part = self.client.post(self.changing, {"one": f"aside {picture.id}", "next": f"{self.address}?picture={picture.id}"}, headers=HTMX, follow=True)
        self.assertContains(part, f"outerHTML:[data-picture='{picture.id}']")
        self.assertContains(part, "at the next training")
        self.assertContains(part, "beforeend:#toasts")
        assert Image.objects.get(id=picture.id).status == Image.SET_ASIDE

    def test_a_label_that_was_renamed_or_removed_since_is_no_button(self) -> None:
        Label.objects.filter(id=self.cat.id).update(name="Cat")
        page = self.get()
        self.assertNotContains(page, f"{self.dogs[3].id} {self.cat.id}")
        assert self.get("?actual=0&said=0").status_code == 200

    def test_the_scores_sort_up_and_down_and_every_word_is_explained(self) -> None:
        for query, first in (("?sort=recall", "犬"), ("?sort=-recall", "猫"), ("?sort=nonsense", "猫")):
            table = self.get(query, headers=HTMX).content.decode()
            assert re.search(r'<tbody><tr><th scope="row"><span[^>]*>([^<]+)', table)[1] == first
        self.assertContains(self.get("?sort=recall"), 'aria-sort="ascending"')
        self.assertContains(self.get(), "how many really are")

    def test_the_skill_comes_with_its_interval_and_the_second_figure_when_there_is_one(self) -> None:
        self.assertContains(self.get(), "between 31% and 86% right")
        self.assertNotContains(self.get(), "second figure")
        self.put(cross_validation={"accuracy": 0.7, "interval": [0.6, 0.8], "folds": 5})
        self.assertContains(self.get(), "trained 5 times")

    def test_it_is_said_when_the_tested_pictures_had_a_say_in_when_to_stop(self) -> None:
        self.assertNotContains(self.get(), "a little too good")
        Run.objects.update(config={"patience": 3})
        self.assertContains(self.get(), "a little too good")

    def test_trust_is_drawn_when_there_are_bins(self) -> None:
        self.assertNotContains(self.get(), "trust-bar")
        bins = [
            {"low": 0.5, "high": 0.6, "count": 9, "confidence": 0.55, "accuracy": 0.4},
            {"low": 0.7, "high": 0.8, "count": 3, "confidence": 0.76, "accuracy": 1.0},
            {"low": 0.8, "high": 0.9, "count": 5, "confidence": 0.82, "accuracy": 0.78},
            {"low": 0.9, "high": 1.0, "count": 0, "confidence": 0.0, "accuracy": 0.0},
        ]
        self.put(calibration={"ece": 0.03, "ece_before": 0.12, "temperature": 1.7, "bins": bins})
        page = self.get()
        self.assertContains(page, "When it said about 82%, it was right 78% of the time.")
        self.assertContains(page, '<rect class="trust-bar" x="81.00" y="22.00" width="8.00" height="78.00"/>')
        self.assertContains(page, '<rect class="trust-bar"', 3)

    def test_a_run_of_before_shows_the_mistakes_it_kept(self) -> None:
        mistake = {"image_id": str(self.cats[3].id), "actual": "猫", "predicted": "犬", "confidence": 0.97}
        Run.objects.filter(id=self.run.id).update(answers=None)
        self.put(mistakes=[mistake])
        assert self.shown(self.get("?actual=0&said=1", headers=HTMX)) == [str(self.cats[3].id)]
        self.assertContains(self.get("?actual=0&said=0", headers=HTMX), "from before")

    def test_forty_labels_are_a_table_too(self) -> None:
        labels = [{"name": f"label {number}", "precision": 0, "recall": 0, "f1": 0, "support": 1} for number in range(40)]
        confusion = [[int(said == (true + 1) % 40) for said in range(40)] for true in range(40)]
        self.put(labels=labels, confusion=confusion, accuracy=0)
        self.assertContains(self.get(), 'class="matrix pick huge"')
        self.assertContains(self.get(), "data-heat", 1600)

    def test_before_its_end_a_run_says_so(self) -> None:
        Run.objects.filter(id=self.run.id).update(evaluation=None)
        self.assertContains(self.get(), "no evaluation yet", status_code=409)

    def test_the_page_asks_the_database_eight_times_at_most(self) -> None:
        with self.assertNumQueries(7):
            self.get("?actual=0&said=0")
        with self.assertNumQueries(8):
            self.get(f"?actual=0&said=0&look={self.cats[0].id}")

    def test_names_stay_names_and_nothing_is_inline(self) -> None:
        Label.objects.filter(id=self.cat.id).update(name=EVIL)
        self.run.evaluation["labels"][0]["name"] = EVIL
        answers = [[key, *(EVIL if name == "猫" else name for name in pair), share] for key, *pair, share in self.run.answers]
        Run.objects.filter(id=self.run.id).update(evaluation=self.run.evaluation, answers=answers)
        page = self.get("?actual=0&said=1").content.decode()
        assert EVIL not in page and " style=" not in page and "<style" not in page
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))

    def test_for_a_stranger_it_is_not_there(self) -> None:
        self.login(self.charlie)
        assert self.get().status_code == 404
