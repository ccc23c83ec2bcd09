"""The gallery: which AIs are in it, in which order, how they are found, and what it costs."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from webapp.core.test import Cast
from webapp.projects.models import Project
from webapp.projects.services import create_project
from webapp.serving.models import Model
from webapp.sharing import gallery
from webapp.sharing.models import Sharing
from webapp.training.models import Run


class GalleryTest(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.address = reverse("sharing:gallery")

    def public(self, name: str, labels: str = "a b", *, plays: int = 0, days: int = 0, description: str = "") -> Project:
        """A public AI that can answer, shared so many days ago."""
        project = create_project(owner=self.alice, name=name, labels=labels.split())
        run = Run.objects.create(project=project, status="ready", active=None, evaluation={"accuracy": 0.9, "interval": [0.81, 0.95], "mistakes": []})
        Model.objects.create(project=project, run=run, labels=labels.split(), accuracy=0.9, size_bytes=1, input_size=8, sha256="0" * 64, published=True)
        project.visibility, project.description = "public", description
        project.save()
        Sharing.objects.filter(project=project).update(plays=plays, shared=timezone.now() - timedelta(days=days))
        return project

    def names(self, **asked: str) -> list[str]:
        return [model.project.name for model in self.client.get(self.address, asked).context["models"]]

    def test_only_what_is_public_can_answer_and_is_not_hidden_is_there(self) -> None:
        there = {name: self.public(name) for name in ("shown", "hidden", "unlisted", "private", "untrained", "deleted")}
        Project.objects.filter(id=there["hidden"].id).update(hidden=timezone.now())
        for name in ("unlisted", "private"):
            Project.objects.filter(id=there[name].id).update(visibility=name)
        there["untrained"].models.update(published=None)
        Run.objects.filter(project=there["deleted"]).update(removed=timezone.now())
        assert self.names() == self.names(order="played") == self.names(q="shown") == ["shown"]
        assert self.names(q="hidden") == []

    def test_a_card_says_what_it_is_how_good_and_how_much_played(self) -> None:
        project = self.public("Pets", "猫 犬", plays=3, description="<i>Two kinds</i>")
        page = self.client.get(self.address)
        for text in ("Pets", "猫", "&lt;i&gt;Two kinds&lt;/i&gt;", "90%", "(81% to 95%)", "played 3 times", reverse("sharing:card", args=[project.sharing.code])):
            self.assertContains(page, text)
        self.assertNotContains(page, self.alice.email)

    def test_newest_or_most_played_first_and_page_by_page_none_twice(self) -> None:
        for number in range(7):
            self.public(f"AI {number}", plays=number // 2, days=number % 3)
        everything = {order: [model.project.name for model in gallery.page(order=order).models] for order in gallery.COLUMNS}
        assert everything["played"][0] == "AI 6" and everything["new"][-1] in ("AI 2", "AI 5")
        for order, names in everything.items():
            seen, cursor = [], ""
            for _page in range(4):
                page = gallery.page(order=order, cursor=cursor, size=2)
                seen, cursor = seen + [model.project.name for model in page.models], page.next
            assert (seen, cursor) == (names, "")

    def test_words_are_found_in_names_descriptions_and_labels_in_either_kana_and_width(self) -> None:
        self.public("ネコとイヌ")
        self.public("Pets", "ﾈｺ いぬ", description="Ｃａｔ and dog 100%")
        self.public("花", "さくら うめ", description="École")
        expected = {"ねこ": {"ネコとイヌ"}, "ﾈｺ": {"ネコとイヌ"}, "サクラ": {"花"}, "cat": {"Pets"}, "DOG pets": {"Pets"}, "花 うめ": {"花"}, "花 cat": set(), "école": {"花"}, "ÉCOLE": {"花"}, "100%": {"Pets"}, "%": {"Pets"}, "_": set()}
        assert {words: set(self.names(q=words)) for words in expected} == expected

    def test_three_ais_cost_as_many_queries_as_one_and_odd_addresses_show_the_first_page(self) -> None:
        for number in range(3):
            self.public(f"AI {number}")
            with self.assertNumQueries(2):
                assert len(self.names(order="played")) == number + 1
        for asked in ({"cursor": "x"}, {"cursor": "MSAx", "order": "new"}, {"order": "'"}, {"q": "\0"}, {"q": "a" * 9000, "cursor": "é"}):
            assert self.client.get(self.address, asked).status_code == 200

    def test_an_empty_gallery_and_a_search_without_finds_say_what_to_do(self) -> None:
        self.assertContains(self.client.get(self.address), "Nobody shares an AI yet")
        self.public("Pets")
        self.assertContains(self.client.get(self.address, {"q": "<zebra>"}), "Nothing fits “&lt;zebra&gt;”")
        self.assertContains(self.client.get("/"), self.address, 3)  # both menus, and the way in between
