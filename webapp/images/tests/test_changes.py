from unittest import mock
from uuid import uuid4

from django.db import connection
from django.test.utils import CaptureQueriesContext

from webapp.core.test import Cast
from webapp.images.models import Image


class ChangeTests(Cast):
    def setUp(self):
        super().setUp()
        self.login(self.alice)
        self.page = f"/projects/{self.project.id}/"
        self.pictures = [self.image(self.cat, seed) for seed in range(3)]

    def change(self, do: str, images: list[Image], **values):
        return self.client.post(f"{self.page}pictures", {"do": do, "pick": [image.id for image in images], **values})

    def undo(self):
        toast = self.client.get(self.page).context["messages"]
        return self.client.post([message.extra_tags for message in toast][-1])

    def standing(self) -> list[tuple[str, str]]:
        return [(image.label.name, image.status) for image in Image.objects.select_related("label")]

    def test_pictures_are_set_aside_and_an_undo_takes_it_back(self):
        self.assertRedirects(self.change("aside", self.pictures[:2]), self.page, fetch_redirect_response=False)
        self.assertEqual([status for _, status in self.standing()].count("set_aside"), 2)
        self.assertRedirects(self.undo(), self.page)
        self.assertEqual(self.standing(), [("猫", "ready")] * 3)

    def test_pictures_move_to_another_label_and_back(self):
        self.change("move", self.pictures[:2], to=self.dog.id)
        self.assertEqual(sorted(name for name, _ in self.standing()), ["犬", "犬", "猫"])
        self.undo()
        self.assertEqual(self.standing(), [("猫", "ready")] * 3)

    def test_a_person_has_decided_and_an_undo_takes_that_back_too(self):
        Image.objects.filter(id=self.pictures[0].id).update(status=Image.SET_ASIDE, aside_reason=Image.OFF_TOPIC)
        decided = [("keep", ("ready", "", True)), ("aside", ("set_aside", "by_hand", True)), ("move", ("set_aside", "off_topic", True))]
        for do, after in decided:
            self.change(do, self.pictures, to=self.dog.id)
            self.assertEqual(Image.objects.values_list("status", "aside_reason", "is_reviewed").get(id=self.pictures[0].id), after)
            self.undo()
            rows = Image.objects.order_by("created").values_list("label__name", "status", "aside_reason", "is_reviewed")
            self.assertEqual(list(rows), [("猫", "set_aside", "off_topic", False)] + [("猫", "ready", "", False)] * 2)

    def test_thousands_of_pictures_change_in_a_few_statements(self):
        rows = [Image(project=self.project, label=self.cat, sha256=str(n), width=9, height=9, size_bytes=1) for n in range(3000)]
        picks = ",".join(str(image.id) for image in Image.objects.bulk_create(rows))
        with CaptureQueriesContext(connection) as queries:
            self.client.post(f"{self.page}pictures", {"do": "aside", "picks": picks})
        self.assertLess(len(queries), 40)
        self.assertEqual(Image.objects.filter(status="set_aside").count(), 3000)
        self.undo()
        self.assertEqual(Image.objects.filter(status="ready").count(), 3003)
        self.client.post(f"{self.page}pictures", {"do": "delete", "picks": picks})
        self.assertEqual(Image.objects.count(), 3)

    def test_a_session_does_not_remember_more_than_it_can_carry(self):
        with mock.patch("webapp.images.changes.UNDO_PICTURES", 4):
            for do in ("aside", "keep", "move"):
                self.change(do, self.pictures, to=self.dog.id)
        self.assertEqual(len(self.client.session["undo"]), 1)

    def test_all_that_was_set_aside_is_put_back_at_once(self):
        Image.objects.update(status=Image.SET_ASIDE)
        self.assertContains(self.client.get(self.page), "Put all back")
        self.change("keep_all", [])
        self.assertEqual(self.standing(), [("猫", "ready")] * 3)

    def test_a_picture_is_deleted_for_good(self):
        self.change("delete", self.pictures[:1])
        self.assertEqual(Image.objects.count(), 2)

    def test_many_pictures_may_come_in_one_field(self):
        self.client.post(f"{self.page}pictures", {"do": "aside", "picks": ",".join(str(image.id) for image in self.pictures)})
        self.assertEqual(self.standing(), [("猫", "set_aside")] * 3)

    def test_a_picture_has_addresses_of_its_own(self):
        address = f"/images/{self.pictures[0].id}/"
        for verb, status in (("set-aside", "set_aside"), ("keep", "ready")):
            self.assertRedirects(self.client.post(address + verb), self.page)
            self.assertEqual(Image.objects.get(id=self.pictures[0].id).status, status)
        self.client.post(address + "move", {"label": self.dog.id})
        self.assertEqual(Image.objects.get(id=self.pictures[0].id).label, self.dog)

    def test_nothing_chosen_no_label_and_nonsense_are_sentences(self):
        self.assertContains(self.change("aside", []), "Choose some pictures first.", status_code=422)
        self.assertContains(self.change("move", self.pictures, to="猫"), "Choose the label", status_code=422)
        self.assertContains(self.change("burn", self.pictures), "Choose what to do", status_code=422)

    def test_a_label_of_another_project_is_no_place_to_move_to(self):
        other = self.alice.projects.create(name="Other").labels.create(name="x", key="x")
        self.change("move", self.pictures, to=other.id)
        self.assertEqual(self.standing(), [("猫", "ready")] * 3)

    def test_for_a_stranger_neither_project_nor_picture_nor_undo_is_there(self):
        self.change("aside", self.pictures)
        key = next(iter(self.client.session["undo"]))
        self.login(self.charlie)
        self.assertEqual(self.change("delete", self.pictures).status_code, 404)
        self.assertEqual(self.client.post(f"/images/{self.pictures[0].id}/delete").status_code, 404)
        self.assertEqual(self.client.post(f"/undo/{key}").status_code, 404)
        self.assertEqual(self.standing(), [("猫", "set_aside")] * 3)

    def test_pictures_of_another_project_cannot_be_named(self):
        self.login(self.charlie)
        mine = self.charlie.projects.create(name="Mine")
        self.client.post(f"/projects/{mine.id}/pictures", {"do": "delete", "pick": [self.pictures[0].id, uuid4()]})
        self.assertEqual(Image.objects.count(), 3)

    def test_htmx_gets_the_changed_parts_and_the_undo(self):
        answer = self.client.post(f"{self.page}pictures", {"do": "aside", "pick": [self.pictures[0].id], "rows": "2"}, headers={"HX-Request": "true"})
        self.assertContains(answer, f'id="pics-{self.cat.id}"')
        self.assertContains(answer, 'hx-swap-oob="beforeend:#toasts"')
        self.assertContains(answer, "/undo/")
