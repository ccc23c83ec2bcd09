import json
import re

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from webapp.core.test import Cast
from webapp.training.models import Epoch, Run

EVIL = '"><script>alert(1)</script>'


class RunPageTest(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.run = Run.objects.create(project=self.project, preset="accurate", status="running", stage="training", epochs=30, train_images=156, val_images=40)
        self.address = reverse("training:run", args=[self.run.id])
        self.login(self.alice)

    def put(self, **values) -> None:
        Run.objects.filter(id=self.run.id).update(**values)

    def end(self, status: str = "ready", **values) -> None:
        self.put(status=status, active=None, best={"epoch": 2, "val_accuracy": 0.9, "val_loss": 0.3}, **values)

    def epochs(self, count: int) -> None:
        same = {"train_loss": 1.5, "train_accuracy": 0.5, "val_loss": 1.25, "val_accuracy": 0.25, "learning_rate": 0.1, "seconds": 1}
        Epoch.objects.bulk_create(Epoch(run=self.run, epoch=number, **same) for number in range(1, count + 1))

    def test_a_live_run_says_stage_epoch_time_left_and_how_good_it_is(self) -> None:
        self.put(epoch=12, eta_seconds=100, best={"epoch": 12, "val_accuracy": 0.9, "val_loss": 0.3})
        page = self.client.get(self.address)
        for words in ("Learning from 156 pictures", "12 of 30", "1 min 40 s", "90% right (36 of 40)", '<progress max="30" value="12"'):
            self.assertContains(page, words)

    def test_a_reload_shows_every_epoch_so_far_as_data_and_as_a_table(self) -> None:
        self.epochs(3)
        page = self.client.get(self.address)
        embedded = json.loads(re.search(r'<script id="epochs" type="application/json">(.*?)</script>', page.content.decode())[1])
        assert [row["epoch"] for row in embedded] == [1, 2, 3] and embedded[0]["val_loss"] == 1.25
        with_and_without_script = 2
        self.assertContains(page, '<td class="r">1.250</td>', 3 * with_and_without_script)

    def test_without_javascript_a_live_page_reloads_itself_and_an_ended_one_does_not(self) -> None:
        refresh = '<noscript><meta http-equiv="refresh"'
        self.assertContains(self.client.get(self.address), refresh)
        self.end()
        self.assertNotContains(self.client.get(self.address), refresh)

    def test_the_red_flower_is_for_ninety_percent(self) -> None:
        self.end()
        self.assertContains(self.client.get(self.address), "mark-hanamaru")
        self.assertContains(self.client.get(self.address), "It named 36 of 40 unseen pictures right.")
        self.put(best={"epoch": 2, "val_accuracy": 0.899, "val_loss": 0.3})
        self.assertNotContains(self.client.get(self.address), "mark-hanamaru")

    def test_a_failed_run_says_the_cause_and_the_next_step(self) -> None:
        self.end("failed", error={"cause": f"Memory ran out {EVIL}.", "next_step": "Train with smaller pictures."})
        page = self.client.get(self.address)
        self.assertContains(page, "Memory ran out &quot;&gt;&lt;script&gt;")
        self.assertContains(page, "Train with smaller pictures.")
        self.assertNotContains(page, EVIL)

    def test_the_button_without_javascript_cancels_and_twice_is_fine(self) -> None:
        for _press in range(2):
            answer = self.client.post(reverse("training:cancel", args=[self.run.id]))
            self.assertRedirects(answer, self.address)
        assert Run.objects.get().cancel_requested
        self.assertContains(self.client.get(self.address), "Stopping")

    def test_cancelling_what_has_ended_changes_nothing(self) -> None:
        self.end()
        page = self.client.post(reverse("training:cancel", args=[self.run.id]), follow=True)
        self.assertContains(page, "Skill of run 1")

    def test_the_report_shows_bars_mix_ups_and_the_mistakes_whose_pictures_are_still_there(self) -> None:
        mistake = {"image_id": str(self.image(self.cat).id), "actual": "猫", "predicted": "犬", "confidence": 0.64}
        gone = mistake | {"image_id": "00000000-0000-4000-8000-000000000000"}
        labels = [{"name": "猫", "precision": 1, "recall": 0.75, "f1": 1, "support": 4}, {"name": "犬", "precision": 1, "recall": 1, "f1": 1, "support": 4}]
        self.end(evaluation={"accuracy": 0.9, "labels": labels, "confusion": [[3, 1], [0, 4]], "mistakes": [mistake, gone]})
        page = self.client.get(self.address)
        self.assertContains(page, "3 of 4")
        self.assertContains(page, '<td data-heat="3">1</td>')
        self.assertContains(page, "1 mistake</h3>")
        self.assertContains(page, "猫 is the hardest.")

    def test_a_name_that_tries_to_be_a_script_stays_a_name(self) -> None:
        self.project.name = EVIL
        self.project.save()
        self.assertNotContains(self.client.get(self.address), EVIL)

    def test_the_page_asks_as_often_for_three_epochs_and_runs_as_for_one(self) -> None:
        self.epochs(1)
        self.client.get(self.address)  # reads the counts of its labels, which are kept
        with self.assertNumQueries(6):
            self.client.get(self.address)
        Epoch.objects.all().delete()
        self.epochs(3)
        Run.objects.create(project=self.project, number=2, active=None, status="ready")
        Run.objects.create(project=self.project, number=3, active=None, status="failed")
        with self.assertNumQueries(6):
            self.client.get(self.address)

    def test_its_pictures_are_counted_once_and_its_other_addresses_do_not_read_them(self) -> None:
        self.put(snapshot=[["a", "猫", "train"], ["b", "猫", "val"], ["c", "犬", "train"]])
        self.assertContains(self.client.get(self.address), '<tr><th scope="row">猫</th><td class="r">1</td><td class="r">1</td></tr>', html=True)
        with CaptureQueriesContext(connection) as asked:
            self.assertContains(self.client.get(self.address), '<th scope="row">犬</th>', html=True)
            self.client.post(reverse("training:start", args=[self.project.id]))
            self.client.post(reverse("api:cancel_run", args=[self.run.id]))
            self.client.get(f"/api/v1/runs/{self.run.id}")
        assert asked and not [query["sql"] for query in asked if re.search(r'[`"]snapshot[`"]', query["sql"])]
        assert Run.objects.get().cancel_requested

    def test_bob_sees_and_stops_it_and_for_charlie_and_nobody_it_is_not_there(self) -> None:
        stopping = reverse("training:cancel", args=[self.run.id])
        for someone in (self.charlie, None):
            self.client.logout()
            if someone:
                self.login(someone)
            assert [self.client.get(self.address).status_code, self.client.post(stopping).status_code] == [404, 404]
        self.login(self.bob)
        assert [self.client.get(self.address).status_code, self.client.post(stopping).status_code] == [200, 302]

    def test_no_page_has_a_style_or_script_inline(self) -> None:
        self.epochs(2)
        page = self.client.get(self.address).content.decode()
        assert " style=" not in page and "<style" not in page and " onclick" not in page
        assert all("src=" in tag or "application/json" in tag for tag in re.findall(r"<script[^>]*>", page))
