"""Deleting a run: hidden everywhere at once, brought back whole, and gone with its files an hour later."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from webapp.api.answers import address
from webapp.core import store
from webapp.core.errors import UserError
from webapp.core.test import Cast
from webapp.serving import removal
from webapp.serving.models import Model
from webapp.serving.services import published_model
from webapp.takedown import janitor
from webapp.training import services
from webapp.training.models import Epoch, Run


class RemovalTest(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.first, self.second = self.learned(1), self.learned(2)
        self.login(self.alice)

    def learned(self, number: int) -> Run:
        run = Run.objects.create(project=self.project, number=number, preset="quick", status="ready", active=None)
        Model.everything.filter(project=self.project, published=True).update(published=None)
        model = Model.objects.create(project=self.project, run=run, labels=["猫"], accuracy=1, size_bytes=1, input_size=8, sha256="0" * 64, published=True, files=["a"])
        store.put(f"{model.folder}/a", b"x")
        return run

    def delete(self, run: Run):
        return self.client.post(reverse("serving:remove_run", args=[run.id]))

    def test_what_is_deleted_is_nowhere_any_more_and_its_files_are_still_there(self) -> None:
        model = self.second.model
        page = self.client.post(reverse("serving:remove_run", args=[self.second.id]), follow=True)
        self.assertRedirects(page, reverse("training:runs", args=[self.project.id]))
        self.assertContains(page, "Run 2 is deleted.")
        self.assertContains(page, f'action="{reverse("serving:bring_back_run", args=[self.second.id])}"')
        places = [reverse("training:run", args=[self.second.id]), reverse("serving:try_model", args=[model.id]), address("get_run", self.second.id, "run_id")]
        places += [address("get_model", model.id, "model_id"), address("get_bundle", model.id, "model_id")]
        assert [self.client.get(place).status_code for place in places] == [404] * 5
        runs = self.client.get(address("list_runs", self.project.id, "project_id")).json()["items"]
        assert [run["number"] for run in runs] == [1]
        assert self.client.get(address("get_project", self.project.id, "project_id")).json()["runs"] == 1
        janitor.sweep(older_than=0)
        assert store.exists(f"{model.folder}/a")

    def test_the_newest_other_model_answers_instead_and_undo_takes_that_back(self) -> None:
        self.delete(self.second)
        assert published_model(self.project).run == self.first
        answer = self.client.post(reverse("serving:bring_back_run", args=[self.second.id]))
        self.assertRedirects(answer, reverse("training:run", args=[self.second.id]))
        assert published_model(self.project).run == self.second

    def test_what_has_learned_since_goes_on_answering_after_an_undo(self) -> None:
        self.delete(self.second)
        third = self.learned(3)
        removal.bring_back(run=self.second)
        assert published_model(self.project).run == third

    def test_deleting_what_is_not_in_use_changes_no_answer(self) -> None:
        self.delete(self.first)
        removal.bring_back(run=self.first)
        assert published_model(self.project).run == self.second

    def test_without_another_model_nothing_answers(self) -> None:
        self.delete(self.first)
        self.delete(self.second)
        assert published_model(self.project) is None
        removal.bring_back(run=self.first)
        assert published_model(self.project).run == self.first

    def test_a_run_that_learns_is_not_deleted(self) -> None:
        live = Run.objects.create(project=self.project, number=3, status="running")
        with pytest.raises(UserError) as refused:
            removal.remove(run=live)
        assert (refused.value.status, refused.value.code) == (409, "still_running")

    def test_the_number_of_a_deleted_run_is_not_given_again(self) -> None:
        for seed in range(5):
            self.image(self.cat, seed)
            self.image(self.dog, seed)
        self.delete(self.second)
        assert services.start(project=self.project, preset="quick")[0].number == 3

    def test_after_an_hour_the_sweep_takes_row_curves_and_files(self) -> None:
        model = self.second.model
        Epoch.objects.create(run=self.second, epoch=1, train_loss=1, train_accuracy=1, val_loss=1, val_accuracy=1, learning_rate=1, seconds=1)
        removal.remove(run=self.second)
        Run.everything.filter(id=self.second.id).update(removed=timezone.now() - timedelta(minutes=61))
        janitor.sweep(older_than=0)
        assert not Run.everything.filter(id=self.second.id).exists() and not Epoch.objects.exists()
        assert not store.exists(f"{model.folder}/a") and store.exists(f"{self.first.model.folder}/a")

    def test_the_button_says_what_answers_afterwards(self) -> None:
        self.assertContains(self.client.get(reverse("training:run", args=[self.second.id])), "After that, Run 1 answers instead.")
        self.assertNotContains(self.client.get(reverse("training:run", args=[self.first.id])), "After that,")
