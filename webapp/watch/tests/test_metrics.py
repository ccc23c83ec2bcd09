import re
from datetime import timedelta
from unittest.mock import patch

import yaml
from django.db.models.functions import Now
from django.test import override_settings
from django.urls import reverse
from prometheus_client.parser import text_string_to_metric_families

from tests.source import ROOT
from trainer.predict import Prediction
from webapp.collect.models import Bucket
from webapp.core import health, measures, store
from webapp.core.test import Cast
from webapp.exports.models import Export
from webapp.serving.answered import AGAIN, API, answered
from webapp.serving.models import Model
from webapp.training.models import Run

TOKEN = "a token of 24 characters"


@override_settings(METRICS_TOKEN=TOKEN)
class Metrics(Cast):
    def setUp(self) -> None:
        super().setUp()
        measures._made.cache_clear()
        self.addCleanup(measures._made.cache_clear)

    def told(self) -> dict[str, float]:
        """Samples by name and the values of their labels."""
        answer = self.client.get(reverse("watch:metrics"), headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200 and answer["Content-Type"].startswith("text/plain")
        samples = [sample for family in text_string_to_metric_families(answer.content.decode()) for sample in family.samples]
        return {" ".join([sample.name, *(value for _name, value in sorted(sample.labels.items()))]): sample.value for sample in samples}

    def test_without_the_token_nothing_is_there(self):
        self.login(self.alice)
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer "}):
            assert self.client.get(reverse("watch:metrics"), headers=headers).status_code == 404
        with override_settings(METRICS_TOKEN=""):
            assert self.client.get(reverse("watch:metrics"), headers={"Authorization": "Bearer "}).status_code == 404

    def test_rows_by_state_and_how_long_the_first_in_line_has_waited(self):
        waiting = [Export.objects.create(project=self.project) for _ in range(3)]
        Export.objects.filter(id=waiting[0].id).update(created=Now() - timedelta(seconds=300))
        Export.objects.filter(id=waiting[2].id).update(status="running", lease_until=Now() - timedelta(seconds=1), created=Now() - timedelta(seconds=900))
        Run.objects.create(project=self.project, status="ready", active=None)
        told = self.told()
        assert [told[f"aimaker_rows exports.run {status}"] for status in ("queued", "running")] == [2, 1]
        assert 299 < told["aimaker_queue_age_seconds exports.run"] < 320 and told["aimaker_queue_age_seconds train.run"] == 0
        assert (told["aimaker_rows_left_alone exports.run"], told["aimaker_rows_left_alone train.run"], told["aimaker_rows train.run ready"]) == (1, 0, 1)

    def test_what_search_services_still_allow(self):
        Bucket.objects.create(name="openverse")
        now = Bucket.objects.annotate(now=Now()).get().now.timestamp()
        Bucket.objects.update(taken=[now - 3000, now - 5, now - 1])
        told = self.told()
        assert (told["aimaker_provider_left openverse 60 searches"], told["aimaker_provider_allowed openverse 60 searches"]) == (18, 20)
        assert told["aimaker_provider_left openverse 86400 searches"] == told["aimaker_provider_allowed openverse 86400 searches"] - 3

    def test_how_long_models_take_is_counted_by_way_and_what_nobody_asked_is_not(self):
        before = self.told().get("aimaker_predict_seconds_count api", 0)
        for door in (API, AGAIN):
            answered.send(Model, model=Model(), data=b"", prediction=Prediction([("a", 1.0)], 1.0, 4.0), door=door, key="")
        told = self.told()
        assert told["aimaker_predict_seconds_count api"] == before + 1 and f"aimaker_predict_seconds_count {AGAIN}" not in told
        assert told["aimaker_predict_seconds_bucket api 0.006"] - told["aimaker_predict_seconds_bucket api 0.004"] >= 1

    def test_it_takes_at_most_eight_queries_however_many_rows_there_are(self):
        Export.objects.bulk_create([Export(project=self.project) for _ in range(30)])
        with self.assertNumQueries(3):
            self.told()

    def test_a_store_that_hangs_is_not_asked_how_large_it_is(self):
        with patch.object(health, "store_state", lambda: "slow"), patch.object(store, "disk", side_effect=AssertionError):
            health.readiness.cache_clear()
            self.addCleanup(health.readiness.cache_clear)
            told = self.told()
        assert told["aimaker_part_ok store"] == 0 and told["aimaker_disk_free_bytes data"] > 0 and "aimaker_disk_free_bytes store" not in told

    def test_disks_parts_and_workers_are_told(self):
        told = self.told()
        assert 0 < told["aimaker_disk_free_bytes store"] <= told["aimaker_disk_bytes store"]
        assert told["aimaker_part_ok broker"] == 0 and told["aimaker_workers"] == 0


def test_alerts_dashboard_and_documents_name_only_numbers_that_are_told():
    told = set(re.findall(r'"(aimaker_[a-z_]+)"', "".join((ROOT / "webapp" / name).read_text() for name in ("core/measures.py", "watch/numbers.py"))))
    files = [*(ROOT / "deploy" / "prometheus").iterdir(), *(ROOT / "deploy" / "kubernetes").glob("*.yaml"), ROOT / "docs" / "observe.md"]
    used = {name for file in files for name in re.findall(r"\baimaker_[a-z_]+[a-z]\b(?=[{}\[`) /])", file.read_text())}
    assert len(used) > 10 and {re.sub("_(total|bucket|count|sum)$", "", name) for name in used} <= told


def test_every_alert_is_explained():
    alerts = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text())["groups"][0]["rules"]
    explained = (ROOT / "docs" / "observe.md").read_text()
    assert alerts and not [rule["alert"] for rule in alerts if f"`{rule['alert']}`" not in explained]
