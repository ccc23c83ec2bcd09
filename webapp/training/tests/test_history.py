"""Naming, starring, training again, and what a person takes away of a run."""

import csv
import io
from unittest import mock

from django.db import connection
from django.urls import reverse

from webapp.core.test import Cast
from webapp.training import services
from webapp.training.models import Epoch, Run


class HistoryTest(Cast):
    def setUp(self) -> None:
        super().setUp()
        for seed in range(5):
            self.image(self.cat, seed)
            self.image(self.dog, seed)
        self.run = services.start(project=self.project, preset="quick", settings={"epochs": 7})[0]
        ids = [str(key) for key in self.project.images.values_list("id", flat=True)]
        snapshot = [[key, "猫", "val" if place < 2 else "train"] for place, key in enumerate(ids)]
        Run.objects.update(status="ready", active=None, snapshot=snapshot, best={"epoch": 1, "val_accuracy": 0.5, "val_loss": 1}, log="2026 one\n2026 two")
        self.run.refresh_from_db()
        self.page = reverse("training:run", args=[self.run.id])
        self.login(self.alice)

    def send(self, verb: str, **data):
        return self.client.post(reverse(f"training:{verb}", args=[self.run.id]), data)

    def test_a_run_is_named_and_an_empty_name_takes_that_back(self) -> None:
        self.assertRedirects(self.send("change", name="  Strong \u202e turns "), self.page)
        self.assertContains(self.client.get(self.page), "<title>Strong turns ・")
        self.send("change", name="")
        self.assertContains(self.client.get(self.page), "<title>Run 1 ・")
        assert self.send("change", name="x" * 101).status_code == 422

    def test_a_star_puts_a_run_first_and_the_list_can_show_those_alone(self) -> None:
        runs = reverse("training:runs", args=[self.project.id])
        Run.objects.create(project=self.project, number=2, preset="quick", status="ready", active=None)
        self.assertRedirects(self.send("change", starred="yes", next=runs), runs)
        assert [row.number for row in self.client.get(runs).context["runs"]] == [1, 2]
        assert [row.number for row in self.client.get(runs, {"starred": 1}).context["runs"]] == [1]
        self.send("change", starred="no")
        assert [row.number for row in self.client.get(runs).context["runs"]] == [2, 1]

    def test_a_form_leads_back_to_our_own_pages_alone(self) -> None:
        self.assertRedirects(self.send("change", starred="yes", next="//evil.example/"), self.page)

    def test_again_takes_the_settings_and_the_pictures_of_today(self) -> None:
        answer = self.send("again", pictures="today")
        made = Run.objects.get(again_of=self.run)
        self.assertRedirects(answer, reverse("training:run", args=[made.id]))
        assert (made.config, made.snapshot, made.number, made.status) == (self.run.config, [], 2, "queued")
        assert made.started_by == self.alice

    def test_again_on_the_very_same_pictures_has_them_in_the_same_parts(self) -> None:
        self.image(self.cat, 9)
        self.send("again", pictures="same")
        made = Run.objects.get(again_of=self.run)
        assert (made.snapshot, made.train_images, made.val_images) == (self.run.snapshot, 8, 2)

    def test_the_hub_is_asked_while_no_transaction_keeps_others_from_writing(self) -> None:
        outside, inside = len(connection.savepoint_ids), []
        for pictures in ("today", "same"):
            with mock.patch.object(services, "check_backbone", side_effect=lambda name: inside.append(len(connection.savepoint_ids) - outside)):
                self.send("again", pictures=pictures)
            Run.objects.filter(active=True).update(active=None, status="failed")
        assert inside == [0, 0]

    def test_the_very_same_pictures_must_still_be_there(self) -> None:
        self.image(self.cat, 9)
        self.project.images.filter(id=self.run.snapshot[0][0]).delete()
        self.assertContains(self.send("again", pictures="same"), "1 of the 10 pictures of this run are not there any more.", status_code=409)
        assert Run.objects.count() == 1

    def test_while_a_run_is_live_again_leads_to_it(self) -> None:
        self.send("again")
        live = Run.objects.get(active=True)
        self.assertRedirects(self.send("again", pictures="same"), reverse("training:run", args=[live.id]))
        live.refresh_from_db()
        assert Run.objects.count() == 2 and live.snapshot == []

    def test_epochs_are_a_table_and_the_log_a_text(self) -> None:
        Epoch.objects.create(run=self.run, epoch=1, train_loss=1.5, train_accuracy=0.5, val_loss=1e-7, val_accuracy=0.25, learning_rate=0.1, seconds=2)
        answer = self.client.get(reverse("training:metrics", args=[self.run.id]))
        header, row = csv.reader(io.StringIO(answer.content.decode()))
        assert dict(zip(header, map(float, row), strict=True)) == {
            "epoch": 1, "train_loss": 1.5, "train_accuracy": 0.5, "val_loss": 1e-7, "val_accuracy": 0.25, "learning_rate": 0.1, "seconds": 2,
        }  # fmt: skip
        assert answer["Content-Disposition"] == 'attachment; filename="run-1-metrics.csv"'
        assert self.client.get(reverse("training:log", args=[self.run.id])).content == b"2026 one\n2026 two\n"

    def test_the_page_tells_pictures_by_label_versions_device_and_log(self) -> None:
        Run.objects.update(versions={"torch": "2.9"}, device="NVIDIA H100")
        page = self.client.get(self.page)
        for words in ('<th scope="row">猫</th><td class="r">8</td><td class="r">2</td>', "<dd>2.9</dd>", "NVIDIA H100", "2026 two"):
            self.assertContains(page, words)
