from django.test import override_settings

from webapp.images.services import set_aside_images
from webapp.instant.models import Instant
from webapp.instant.tests.test_work import Learning
from webapp.instant.words import path, percent


class PageTests(Learning):
    def setUp(self):
        super().setUp()
        self.login(self.alice)
        self.page = f"/projects/{self.project.id}/"
        self.part = f"/projects/{self.project.id}/instant"

    def text(self, address: str) -> str:
        return " ".join(self.client.get(address).content.decode().split())

    def measured(self, **values) -> None:
        """As if it had been measured."""
        shown = {"accuracy": 0.82, "low": 0.744, "high": 0.879, "images": 143, "points": [[20, 0.5, 0.3, 0.7, 0.0], [143, 0.82, 0.744, 0.879, 1.0]]}
        Instant.objects.update_or_create(project=self.project, defaults={"status": "done", "changed": None} | shown | values)

    def test_without_pictures_nothing_is_said(self):
        assert '<div id="instant" class="instant stack tight" hidden> </div>' in self.text(self.page)

    def test_with_too_few_pictures_it_says_kindly_what_it_waits_for(self):
        self.pictures(self.cat, 2)
        assert "From 5 pictures of two labels on, I try them out" in self.text(self.page)
        assert "hx-get" not in self.text(self.part)

    def test_the_number_its_interval_and_how_it_grew(self):
        self.pictures(self.cat, 5), self.pictures(self.dog, 5)
        self.measured()
        text = self.text(self.page)
        assert '<strong class="instant-right num">82%</strong> right already' in text
        assert "Tried on 143 pictures, held out in turn. With others it would be between 74% and 88%." in text
        assert 'aria-label="From 50% to 82%"' in text and 'hx-trigger="load delay:2s"' not in text

    def test_it_asks_again_only_while_there_will_be_another_number(self):
        self.pictures(self.cat, 5), self.pictures(self.dog, 5)
        assert "Finding out how good I am already" in self.text(self.part) and 'hx-trigger="load delay:2s"' in self.text(self.part)
        self.measured(status="queued")
        assert 'hx-trigger="load delay:2s"' in self.text(self.part) and "instant-said" not in self.text(self.part)
        self.measured()
        assert 'hx-trigger="load delay:2s"' not in self.text(self.part) and '<p id="instant-said" hx-swap-oob="innerHTML">82% right already.' in self.text(self.part)
        self.project.uploads.create(status="running")
        assert 'hx-trigger="load delay:2s"' in self.text(self.part)

    def test_it_names_the_label_that_would_help_most_as_it_is_called_now(self):
        self.pictures(self.cat, 5), self.pictures(self.dog, 5)
        self.measured(best=self.cat.id, labels=[{"id": str(self.cat.id), "images": 5, "recall": 0.4, "gain": 0.031, "gain_interval": [0, 0.1]}], even_gain=0.05)
        assert "More pictures of “猫” would help most (20 more: about +3 points)." in self.text(self.part)
        self.cat.name = "<ネコ>"
        self.cat.save()
        assert "More pictures of “&lt;ネコ&gt;” would" in self.text(self.part)
        self.measured(best=None, even_gain=0.012)
        assert "20 more pictures of every label would help (about +1 point)." in self.text(self.part)
        self.measured(even_gain=0.001)
        assert "would help" not in self.text(self.part)

    def test_when_too_few_are_left_the_old_number_is_not_shown(self):
        images = self.pictures(self.cat, 5) + self.pictures(self.dog, 5)
        self.measured()
        set_aside_images(images=images[:1])
        assert "82%" not in self.text(self.part)

    @override_settings(LANGUAGE_CODE="en")
    def test_the_page_costs_no_query_more_for_it(self):
        self.pictures(self.cat, 5), self.pictures(self.dog, 5)
        self.measured()
        self.client.get(self.page)
        with self.assertNumQueries(8):
            self.client.get(self.page)
        with self.assertNumQueries(4):
            self.client.get(self.part)

    def test_the_api_gives_the_same_numbers(self):
        address = f"/api/v1/projects/{self.project.id}/instant"
        assert self.client.get(address).json() == {
            "status": "too_few", "images": 0, "accuracy": None, "interval": None, "labels": [], "best_label_id": None, "even_gain": 0, "points": []
        }  # fmt: skip
        self.pictures(self.cat, 6), self.pictures(self.dog, 6)
        assert self.client.get(address).json()["status"] == "learning"
        self.learn()
        answer = self.client.get(address).json()
        assert (answer["status"], answer["images"], answer["accuracy"], answer["points"][0]["images"]) == ("rest", 12, 1.0, 12)
        assert {one["name"]: one["recall"] for one in answer["labels"]} == {"猫": 1.0, "犬": 1.0}


def test_only_all_is_100_percent_and_only_nothing_is_0():
    assert [percent(share) for share in (0, 0.001, 0.5, 0.999, 1)] == ["0%", "1%", "50%", "99%", "100%"]


def test_a_line_of_one_point_is_a_dot():
    assert [path([]), path([(1, 2)]), path([(0, 1), (100, 2)])] == ["", "M1.0 2.0h0", "M0.0 1.0L100.0 2.0"]
