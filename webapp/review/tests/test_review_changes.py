import json
from unittest import mock
from uuid import uuid4

from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from webapp.core.test import Cast
from webapp.images.models import Image
from webapp.images.services import changed
from webapp.projects.models import Label
from webapp.review.models import Step, Suggestion
from webapp.review.steps import KEPT


class ChangesTests(Cast):
    def setUp(self):
        super().setUp()
        self.login(self.alice)
        self.page = f"/projects/{self.project.id}/review/"
        self.pictures = [self.image(self.cat, seed) for seed in range(4)]

    def send(self, *changes: dict, **options):
        body = json.dumps({"changes": [{"key": str(uuid4())} | change for change in changes]})
        return self.client.post(f"{self.page}changes", body, content_type="application/json", **options)

    def named(self, *numbers: int) -> list[str]:
        return [str(self.pictures[number].id) for number in numbers]

    def standing(self) -> list[tuple]:
        rows = {image.id: image for image in Image.objects.select_related("label")}
        return [(row.label.name, row.status, row.aside_reason, row.is_reviewed) for row in (rows[image.id] for image in self.pictures)]

    def test_changes_are_made_in_their_order(self):
        first, second = self.named(0), self.named(0, 1)
        self.send({"do": "move", "pictures": first, "to": str(self.dog.id)}, {"do": "aside", "pictures": second}, {"do": "keep", "pictures": self.named(1)})
        cat, dog = ("猫", "ready", "", True), ("犬", "set_aside", "by_hand", True)
        self.assertEqual(self.standing(), [dog, cat, ("猫", "ready", "", False), ("猫", "ready", "", False)])

    def test_asked_twice_it_is_done_once_and_one_undo_takes_it_back(self):
        change = {"key": str(uuid4()), "do": "aside", "pictures": self.named(0, 1)}
        before = self.standing()
        for _time in range(2):
            self.assertIsNone(self.send(change).json()["done"][0]["error"])
        self.assertEqual(Step.objects.count(), 1)
        self.send({"do": "undo", "step": change["key"]})
        self.assertEqual(self.standing(), before)

    def test_undo_restores_why_a_check_set_a_picture_aside(self):
        Image.objects.filter(id=self.pictures[0].id).update(status="set_aside", aside_reason="duplicate")
        before = self.standing()
        self.send({"do": "keep", "pictures": self.named(0)}, {"do": "move", "pictures": self.named(0, 1), "to": str(self.dog.id)})
        undone = self.send({"do": "undo"}, {"do": "undo"}).json()["done"]
        self.assertEqual(self.standing(), before)
        self.assertEqual([len(one["pictures"]) for one in undone], [2, 1])
        self.assertEqual(undone[1]["pictures"][0]["reason"], "duplicate")

    def test_the_last_fifty_steps_can_be_taken_back(self):
        for number in range(KEPT + 3):
            self.send({"do": "keep" if number % 2 else "aside", "pictures": self.named(0)})
        self.assertEqual(Step.objects.count(), KEPT)
        done = self.send(*[{"do": "undo"}] * KEPT, {"do": "undo"}).json()["done"]
        self.assertEqual([len(one["pictures"]) for one in done], [1] * KEPT + [0])

    def test_a_doubtful_label_is_put_right_or_stays_and_both_can_be_taken_back(self):
        for image in self.pictures[:2]:
            Suggestion.objects.create(image=image, project=self.project, label=self.dog, score=0.9)
        self.send({"do": "accept", "pictures": self.named(0), "to": str(self.dog.id)}, {"do": "dismiss", "pictures": self.named(1)})
        self.assertEqual([line[0] for line in self.standing()[:2]], ["犬", "猫"])
        self.assertEqual(self.client.get(f"{self.page}pictures", {"show": "wrong_label"}).json()["pictures"], [])
        self.send({"do": "undo"}, {"do": "undo"})
        self.assertEqual(len(self.client.get(f"{self.page}pictures", {"show": "wrong_label"}).json()["pictures"]), 2)

    def test_deleted_is_deleted_with_its_files_and_asking_again_is_no_error(self):
        change = {"key": str(uuid4()), "do": "delete", "pictures": self.named(0)}
        with self.captureOnCommitCallbacks(execute=True):
            self.send(change)
        self.assertIsNone(self.send(change).json()["done"][0]["error"])
        self.assertFalse(default_storage.exists(self.pictures[0].file_name))
        self.assertEqual((Image.objects.count(), Step.objects.count()), (3, 0))

    def test_one_that_cannot_be_done_says_so_and_the_others_are(self):
        other = self.alice.projects.create(name="Other").labels.create(name="x", key="x")
        done = self.send({"do": "move", "pictures": self.named(0), "to": str(other.id)}, {"do": "aside", "pictures": self.named(1)}).json()["done"]
        self.assertEqual([bool(one["error"]) for one in done], [True, False])
        self.assertEqual([line[:2] for line in self.standing()[:2]], [("猫", "ready"), ("猫", "set_aside")])
        self.assertEqual(Step.objects.count(), 1)

    def test_nonsense_is_refused_whole(self):
        for body in (b"", b"[]", b'{"changes": []}', b'{"changes": [{"key": "x", "do": "aside"}]}', b'{"changes": [7]}', b'{"changes": 7}', b"\xff"):
            self.assertEqual(self.client.post(f"{self.page}changes", body, content_type="application/json").status_code, 422)
        self.assertEqual(self.send({"do": "burn", "pictures": self.named(0)}).status_code, 422)

    def test_pictures_and_steps_of_others_cannot_be_named(self):
        change = {"key": str(uuid4()), "do": "aside", "pictures": self.named(0)}
        self.send(change)
        before = self.standing()
        self.login(self.bob)  # a member, but it was not his change
        self.assertEqual(self.send({"do": "undo", "step": change["key"]}).json()["done"][0]["pictures"], [])
        self.login(self.charlie)
        self.assertEqual(self.send({"do": "undo", "step": change["key"]}).status_code, 404)
        mine = self.charlie.projects.create(name="Mine")
        body = json.dumps({"changes": [{"key": str(uuid4()), "do": "delete", "pictures": self.named(0, 1)}, {"key": str(uuid4()), "do": "undo", "step": change["key"]}]})
        self.client.post(reverse("review:changes", args=[mine.id]), body, content_type="application/json")
        self.assertEqual(self.standing(), before)

    def test_thousands_cost_few_queries(self):
        rows = [Image(project=self.project, label=self.cat, sha256=uuid4().hex * 2, width=9, height=9, size_bytes=9) for _ in range(3000)]
        Image.objects.bulk_create(rows)
        changed.send(Image, projects={self.project.id: 3000})  # as whoever brings pictures does
        with CaptureQueriesContext(connection) as asked:
            self.send({"do": "aside", "pictures": [str(row.id) for row in rows]})
        self.assertLessEqual(len(asked), 22)  # 6 to find, 6 to change, 1 to tell the instant model, and what surrounds them
        self.send({"do": "undo"})
        self.assertEqual(Image.objects.filter(status="ready").count(), 3004)

    def test_without_scripts_a_form_does_it_and_the_page_offers_to_take_it_back(self):
        before = self.standing()
        back = f"{self.page}?show=all"
        answer = self.client.post(f"{self.page}change", {"do": "move", "to": self.dog.id, "pick": self.named(0, 1), "next": back})
        self.assertRedirects(answer, back, fetch_redirect_response=False)
        [toast] = self.client.get(back).context["messages"]
        self.assertEqual(str(toast), "Moved 2 pictures")
        self.client.post(toast.extra_tags)
        self.assertEqual(self.standing(), before)

    def test_without_scripts_one_button_puts_a_label_right(self):
        Suggestion.objects.create(image=self.pictures[2], project=self.project, label=self.dog, score=0.9)
        shown = self.client.get(f"{self.page}?show=wrong_label").content.decode()
        button = f"accept {self.pictures[2].id} {self.dog.id}"
        self.assertIn(f'value="{button}"', shown)
        Suggestion.objects.all().delete()  # a check has ended meanwhile
        self.client.post(f"{self.page}change", {"one": button})
        self.assertEqual(self.standing()[2][0], "犬")

    def test_a_label_that_goes_at_this_moment_is_said_to_be_gone(self):
        def vanish(*, images, label):
            Label.objects.filter(id=label.id).delete()
            Image.objects.filter(id=images[0].id).update(label=label.id)
            connection.check_constraints()  # what the database does when a request outside of a test commits

        with mock.patch("webapp.images.services.move_images", vanish):
            [done] = self.send({"do": "move", "pictures": self.named(0), "to": str(self.dog.id)}).json()["done"]
        self.assertIn("not there any more", done["error"])
        self.assertEqual((self.standing()[0][0], Step.objects.count()), ("猫", 0))

    def test_the_label_that_was_shown_is_given_whatever_a_check_thinks_by_now(self):
        bird = self.label("鳥")
        Suggestion.objects.create(image=self.pictures[0], project=self.project, label=bird, score=0.9)
        asked = {"do": "accept", "pictures": self.named(0)}
        done = self.send(asked, asked | {"key": str(uuid4()), "to": str(uuid4())}).json()["done"]
        self.assertEqual([one["error"][:35] for one in done], ["That label is not there any more. R"] * 2)
        self.assertEqual((self.standing()[0][0], Step.objects.count()), ("猫", 0))
        self.send(asked | {"to": str(self.dog.id)})
        self.assertEqual(self.standing()[0][0], "犬")

    def test_a_form_that_makes_no_sense_gets_a_sentence_and_nobody_is_sent_elsewhere(self):
        for values in ({}, {"do": "aside"}, {"do": "aside", "pick": "x"}, {"do": "move", "pick": self.named(0)}, {"one": "burn 1"}):
            self.assertEqual(self.client.post(f"{self.page}change", values).status_code, 422)
        self.assertEqual(self.client.post(f"{self.page}undo").status_code, 422)
        answer = self.client.post(f"{self.page}change", {"do": "aside", "pick": self.named(0), "next": "//evil.example"})
        self.assertRedirects(answer, self.page, fetch_redirect_response=False)
