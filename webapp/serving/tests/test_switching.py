"""Putting a model in use, going back, and what becomes of a new one."""

import shutil
import threading

import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase
from django.urls import reverse

from webapp.accounts.services import create_token
from webapp.api.answers import address
from webapp.core import jobs, store
from webapp.core.errors import UserError
from webapp.core.test import Cast, jpeg
from webapp.serving import removal, switching, variants
from webapp.serving.cache import predictors
from webapp.serving.models import Model, Publication, Variant
from webapp.serving.publish import publish
from webapp.serving.services import published_model
from webapp.serving.tests.small import RESULT, coloured, small_bundle
from webapp.training.models import Run

LABELS = ["red", "green"]


def packed_as_trained(model: Model) -> Variant:
    """A variant of a model with files like its own."""
    about = {"engine": "onnxruntime", "precision": "fp32", "input_size": 8, "threads": 1, "accuracy": 0.9, "changed": 0, "p50_ms": 1.0}
    variant = Variant.objects.create(model=model, sha256=model.sha256, size_bytes=model.size_bytes, files=model.files, **about)
    store.put_many([(f"{variant.folder}/{name}", store.get(f"{model.folder}/{name}")) for name in model.files])
    return variant


class Trained:
    """What has runs whose models answer by colour."""

    def run_of(self, number: int, answers: list = (), learned: list = ()) -> Model:
        """The model of a run that has ended: what it said to test pictures, [(image, actual, predicted)], and the pictures that it learned from."""
        snapshot = [[str(image.id), "red", "train"] for image in learned] + [[str(image.id), actual, "val"] for image, actual, _said in answers]
        run = jobs.claim(Run, Run.objects.create(project=self.project, number=number, preset="quick", snapshot=snapshot).id, "one")
        said = [[str(image.id), actual, predicted, 0.9] for image, actual, predicted in answers]
        folder = small_bundle(settings.DATA / "switching", LABELS)
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        return publish(run, folder, RESULT | {"answers": said})

    def in_use(self) -> int | None:
        """The number of the run whose model answers."""
        model = published_model(self.project)
        return model and model.run.number


class SwitchingTest(Trained, Cast):
    def setUp(self) -> None:
        super().setUp()
        self.first, self.second = self.run_of(1), self.run_of(2)
        self.login(self.bob)

    def press(self, name: str, row: object, **values: str):
        return self.client.post(reverse(f"serving:{name}", args=[row.id]), values, follow=True)

    def test_one_press_puts_another_model_in_use_and_undo_goes_back(self) -> None:
        page = self.press("put_in_use", self.first)
        assert self.in_use() == 1
        self.assertContains(page, "Run 1 answers from now on.")
        change = switching.latest(self.project.id)
        assert (change.cause, change.by, change.before) == ("chosen", self.bob, self.second)
        self.assertContains(page, f'action="{reverse("serving:take_back", args=[change.id])}"')
        self.assertContains(self.press("take_back", change), "Run 2 answers again.")
        assert self.in_use() == 2

    def test_pressing_twice_changes_nothing_the_second_time(self) -> None:
        self.press("put_in_use", self.first)
        self.press("put_in_use", self.first)
        assert Publication.objects.filter(cause="chosen").count() == 1

    def test_an_undo_that_somebody_else_overtook_changes_nothing_and_says_so(self) -> None:
        self.press("put_in_use", self.first)
        change = switching.latest(self.project.id)
        switching.put_in_use(model=self.second, by=self.alice)
        assert self.press("take_back", change).status_code == 409
        assert self.in_use() == 2

    def test_a_damaged_model_is_not_put_in_use(self) -> None:
        store.delete(f"{self.first.folder}/model.onnx")
        with pytest.raises(UserError) as refused:
            switching.put_in_use(model=self.first, by=self.alice)
        assert refused.value.status == 503 and self.in_use() == 2

    def test_there_is_no_way_back_to_a_model_that_is_damaged(self) -> None:
        change = switching.latest(self.project.id)
        predictors.cache_clear()
        store.delete(f"{self.first.folder}/model.onnx")
        with pytest.raises(UserError) as refused:
            switching.take_back(publication=change, by=self.alice)
        assert refused.value.status == 503 and self.in_use() == 2

    def test_the_page_lists_models_and_what_answered_when_in_few_queries(self) -> None:
        self.press("put_in_use", self.first)
        with self.assertNumQueries(7):
            page = self.client.get(reverse("serving:models", args=[self.project.id]))
        assert [(period.number, period.cause, bool(end)) for period, end in page.context["periods"]] == [(1, "chosen", False), (2, "trained", True), (1, "trained", True)]
        self.assertContains(page, "Go back to the one before")
        self.assertContains(page, reverse("serving:put_in_use", args=[self.second.id]))
        self.assertNotContains(page, reverse("serving:put_in_use", args=[self.first.id]))

    def test_what_answered_before_answers_when_a_run_in_use_is_deleted_and_again_after_undo(self) -> None:
        self.run_of(3)
        self.press("put_in_use", self.first)
        self.press("put_in_use", self.second)
        removal.remove(run=self.second.run)
        assert self.in_use() == 1
        removal.bring_back(run=self.second.run)
        assert self.in_use() == 2

    def test_nobody_goes_back_to_what_is_deleted(self) -> None:
        self.press("put_in_use", self.first)
        removal.remove(run=self.second.run)
        assert self.press("take_back", switching.latest(self.project.id)).status_code == 409
        assert self.in_use() == 1

    def test_programs_put_a_model_in_use_and_read_which_one_is(self) -> None:
        answer = self.client.post(address("publish_model", self.first.id, "model_id"))
        assert answer.status_code == 200 and answer.json()["published"] and self.in_use() == 1
        rows = self.client.get(address("list_models", self.project.id, "project_id")).json()["items"]
        assert [(row["id"], row["published"]) for row in rows] == [(str(self.second.id), False), (str(self.first.id), True)]

    def test_the_rule_is_chosen_on_the_settings_page(self) -> None:
        page = self.press("publishing", self.project, publishing="better", next=f"/projects/{self.project.id}/settings")
        self.assertContains(page, 'value="better" checked')
        assert self.press("publishing", self.project, publishing="sometimes").status_code == 422


class RuleTest(Trained, Cast):
    def setUp(self) -> None:
        super().setUp()
        self.pictures = [self.image(self.cat, seed) for seed in range(6)]

    def rule(self, publishing: str) -> None:
        self.project.publishing = publishing
        self.project.save()

    def said(self, words: str) -> list:
        """Answers about the pictures, all of which are red."""
        return list(zip(self.pictures, ["red"] * 6, words.split(), strict=False))

    def test_never_leaves_everything_as_it_is_and_the_run_offers_it(self) -> None:
        self.rule("never")
        model = self.run_of(1)
        assert self.in_use() is None and model.finding["reason"] == "never"
        self.login(self.alice)
        page = self.client.get(reverse("training:run", args=[model.run_id]))
        self.assertContains(page, "puts a new model in use only when somebody says so")
        self.assertContains(page, reverse("serving:put_in_use", args=[model.id]))

    def test_better_takes_who_names_more_of_the_shared_test_pictures_right(self) -> None:
        self.rule("better")
        self.run_of(1, self.said("red red green green"))
        second = self.run_of(2, self.said("red green green red"))
        assert self.in_use() == 1 and (second.finding["before"], second.finding["after"], second.finding["count"]) == (2, 2, 4)
        third = self.run_of(3, self.said("red red green red"))
        assert self.in_use() == 3 and (third.finding["against"], third.finding["gained"], third.finding["lost"]) == (1, 1, 0)

    def test_a_picture_that_the_other_learned_from_or_a_near_duplicate_of_it_does_not_count(self) -> None:
        self.rule("better")
        group = self.pictures[5].id
        type(self.pictures[0]).objects.filter(id__in=[self.pictures[1].id, self.pictures[5].id]).update(group=group)
        self.run_of(1, learned=[self.pictures[0], self.pictures[5]])
        second = self.run_of(2, self.said("red red"))
        assert self.in_use() == 1 and second.finding["reason"] == "no_pictures"

    def test_the_model_in_use_is_asked_about_pictures_that_came_later(self) -> None:
        self.rule("better")
        self.run_of(1)
        for image, colour in zip(self.pictures, ("red", "red", "green"), strict=False):
            store.put(image.file_name, coloured(colour))  # what the first one says: red, red, green
        second = self.run_of(2, self.said("red red red"))
        assert (second.finding["before"], second.finding["after"], second.finding["count"]) == (2, 3, 3) and self.in_use() == 2
        assert "Of 3 pictures that neither has learned from, run 1 names 2 right and this one 3." in second.run.log

    def test_what_was_put_in_use_meanwhile_is_what_the_new_one_is_held_against(self) -> None:
        first, second = self.run_of(1, self.said("green green")), self.run_of(2, self.said("red red"))
        switching.put_in_use(model=first, by=self.alice)
        self.rule("better")
        finding = publish.__globals__["better"].finding

        def overtaken(project_id, in_use, answers):
            found = finding(project_id, in_use, answers)
            if in_use == first:
                switching.put_in_use(model=second, by=self.alice)
            return found

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("webapp.serving.better.finding", overtaken)
            third = self.run_of(3, self.said("red green"))
        assert third.finding["against"] == 2 and self.in_use() == 2


class NoGapTest(Trained, TransactionTestCase):
    """Programs ask in a loop while the model changes under them."""

    def setUp(self) -> None:
        Cast.setUp(self)
        self.addCleanup(store.delete_folder, f"projects/{self.project.id}")

    person, label = Cast.person, Cast.label

    def test_clients_find_a_model_at_every_moment_of_a_change(self) -> None:
        first, second = self.run_of(1), self.run_of(2)
        _token, plain = create_token(user=self.alice, name="robot")
        seen, over = [], threading.Event()

        def ask() -> None:
            client = self.client_class(headers={"Authorization": f"Bearer {plain}"})
            while not over.is_set():
                answer = client.post(address("predict_by_project", self.project.id, "project_id"), jpeg(1), "image/jpeg")
                seen.append((answer.status_code, answer.json().get("model_id")))
            connection.close()

        clients = [threading.Thread(target=ask) for _number in range(2)]
        for client in clients:
            client.start()
        ways, turn = [(first, packed_as_trained(first)), (second, None), (first, None)], 0
        while turn < 20 or len(seen) < 30:  # clients may be slow to begin
            model, variant = ways[turn % 3]
            variants.put_in_use(model=model, variant=variant, by=self.alice)
            turn += 1
        over.set()
        for client in clients:
            client.join()
        assert {status for status, _model in seen} == {200}
        assert {model for _status, model in seen} == {str(first.id), str(second.id)}
