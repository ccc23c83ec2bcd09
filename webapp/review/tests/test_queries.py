from uuid import UUID, uuid4

from webapp.core.test import Cast
from webapp.images.models import Image
from webapp.projects.models import Label
from webapp.review.models import Suggestion
from webapp.review.queries import SHOWS, balance, grid


class QueriesTests(Cast):
    def add(self, label: Label, count: int, **facts) -> list[Image]:
        rows = [Image(project=self.project, label=label, sha256=uuid4().hex, width=9, height=9, size_bytes=1, **facts) for _ in range(count)]
        return Image.objects.bulk_create(rows)

    def aside(self, reason: str) -> dict:
        return {"status": Image.SET_ASIDE, "aside_reason": reason}

    def walk(self, limit: int = 7, **only) -> list[UUID]:
        found, after = [], None
        while after != "":
            page = grid(self.project, after=after, limit=limit, **only)
            assert len(page.items) == limit or not page.next
            found += [image.id for image in page.items]
            after = page.next
        return found

    def mixed(self) -> list[Label]:
        labels = [self.cat, self.dog, *(self.label(f"label {n}") for n in range(12))]
        for number, label in enumerate(labels):
            self.add(label, number % 5)
            for group in range(1, 4):
                self.add(label, number % 3, group=UUID(int=group))
        self.add(labels[6], 40, **self.aside("off_topic"))
        return labels

    def test_a_walk_through_the_pages_meets_every_picture_once_in_the_order_of_the_labels(self):
        labels = self.mixed()
        for limit in (1, 7, 30, 1000):
            walked = self.walk(limit)
            assert len(walked) == len(set(walked)) == Image.objects.count()
            of = dict(Image.objects.values_list("id", "label"))
            assert [of[one] for one in walked] == sorted((of[one] for one in walked), key=[label.id for label in labels].index)

    def test_near_duplicates_stand_together(self):
        first, second = uuid4(), uuid4()
        pairs = [self.add(self.cat, 1, group=group)[0].group for group in (first, second, first, None, second)]
        groups = [Image.objects.get(id=one).group for one in self.walk()]
        assert sorted(map(str, pairs)) == sorted(map(str, groups))
        assert groups[0] == groups[1] and groups[2] == groups[3] and groups[4] is None

    def test_each_show_has_its_own_pictures(self):
        shown = {
            "ready": self.add(self.cat, 2),
            "duplicate": self.add(self.dog, 2, group=uuid4(), **self.aside("duplicate")) + self.add(self.dog, 1, group=uuid4()),
            "off_topic": self.add(self.cat, 1, **self.aside("off_topic")) + self.add(self.cat, 1, is_off_topic=True),
            "flagged": self.add(self.dog, 1, is_blurred=True, **self.aside("by_hand")),
            "wrong_label": self.add(self.cat, 1),
        }
        Suggestion.objects.create(image=shown["wrong_label"][0], project=self.project, label=self.dog, score=0.9)
        counts = {show: len(self.walk(show=show)) for show in SHOWS}
        assert counts == {"all": 9, "ready": 5, "set_aside": 4, "duplicate": 3, "off_topic": 2, "flagged": 1, "wrong_label": 1}
        assert {show: balance(self.project).counts[show] for show in SHOWS} == counts
        assert self.walk(show="wrong_label", label=self.dog) == [] and len(self.walk(label=self.dog)) == 4

    def test_a_page_costs_few_queries_however_many_labels_there_are(self):
        self.mixed()
        after = grid(self.project, limit=7).next
        with self.assertNumQueries(5):
            [image.label.name for image in grid(self.project, after=after, limit=30).items]
        with self.assertNumQueries(3):
            balance(self.project)

    def test_words_that_mean_nothing_show_the_first_page(self):
        self.add(self.cat, 3)
        foreign = f"{uuid4().hex}__2026-01-01T00:00:00Z_{uuid4().hex}"
        for word in ("", "nonsense", "a_b_c_d", foreign):
            assert len(grid(self.project, after=word, show="nonsense").items) == 3

    def test_a_label_needs_as_many_as_a_first_model_or_half_of_what_is_usual(self):
        self.add(self.cat, 18)
        assert [(row.label.name, row.wants) for row in balance(self.project).rows] == [("猫", 25), ("犬", 40)]
        self.add(self.cat, 300)
        self.add(self.dog, 60)
        assert [(row.label.name, row.wants) for row in balance(self.project).lacking] == [("犬", 35)]
