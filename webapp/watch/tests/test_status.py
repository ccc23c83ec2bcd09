from datetime import timedelta
from unittest.mock import patch

from django.db import DatabaseError
from django.db.models.functions import Now
from django.urls import reverse

from webapp.collect import buckets
from webapp.core.test import Cast
from webapp.exports.models import Export
from webapp.training.models import Run
from webapp.watch import words

WELL = {"database": "ok", "broker": "ok", "store": "ok", "workers": 2}


class Status(Cast):
    def setUp(self) -> None:
        super().setUp()
        words.latest.cache_clear()

    def states(self, **parts) -> dict[str, str]:
        """The state of each line, by the first word of its title, while the parts are so."""
        with patch.object(words.health, "readiness") as readiness:
            readiness.return_value.now.return_value = WELL | parts
            return {line.title.split()[0]: line.state for line in words.now().lines}

    def page(self, **options) -> str:
        answer = self.client.get(reverse("watch:status"), **options)
        assert answer.status_code == 200
        return answer.content.decode()

    def test_everything_works(self):
        assert set(self.states().values()) == {"works"}

    def test_what_a_part_that_is_away_means_for_people(self):
        looking, bringing, training = "Looking", "Bringing", "Training"
        assert self.states(database="unreachable") == {looking: "down"}
        for parts in ({"broker": "unreachable"}, {"workers": 0}):
            found = self.states(**parts)
            assert (found[looking], found[bringing], found[training]) == ("works", "down", "down")
        full = self.states(store="full")
        assert (full[looking], full[bringing], full[training]) == ("works", "down", "works")
        assert self.states(store="unreachable")[looking] == "down"

    def test_a_training_that_waits_for_long_is_called_slow_and_a_short_line_works(self):
        run = Run.objects.create(project=self.project)
        assert self.states()["Training"] == "works"
        Run.objects.filter(id=run.id).update(created=Now() - timedelta(minutes=25))
        words.latest.cache_clear()
        assert self.states()["Training"] == "slow" and words.busy(2, 1510) == "Slow: 2 are in line, the first for 25 min."

    def test_when_every_search_service_asks_for_a_pause_that_is_said(self):
        for name in words.quotas.ready():
            buckets.block(name, 1800)
        assert self.states()["Finding"] == "slow"

    def test_the_page_is_for_everybody_and_says_nothing_of_the_inside(self):
        Export.objects.create(project=self.project)
        with self.assertNumQueries(3):
            page = self.page()
        assert "What works now" in page and not [word for word in ("redis", "sqlite", "mysql", "Traceback", self.project.name, "exports.run") if word in page]
        fragment = self.page(headers={"HX-Request": "true"})
        assert fragment.startswith('<div class="stack loose" id="status"') and 'hx-trigger="every 5s"' in fragment

    def test_the_page_answers_while_the_database_is_away(self):
        with patch.object(words.health, "readiness") as readiness, patch("django.db.backends.utils.CursorWrapper.execute", side_effect=DatabaseError("gone")):
            readiness.return_value.now.return_value = WELL | {"database": "unreachable"}
            page = self.page()
        assert "The database of this server does not answer." in page and "Some things do not work" in page

    def test_without_javascript_the_page_looks_again_by_itself(self):
        assert '<noscript><meta http-equiv="refresh" content="10"></noscript>' in self.page()
