from datetime import timedelta
from threading import Thread
from unittest.mock import patch

from django.db import OperationalError
from django.test import override_settings
from django.utils import timezone

from webapp.core.test import Cast
from webapp.keys.models import Key, Usage
from webapp.keys.services import create_key
from webapp.keys.usage import DAYS, Counter, by_day, by_key


class TheUseOfKeys(Cast):
    def setUp(self):
        super().setUp()
        self.key, self.other = (create_key(project=self.project, user=self.alice, name=name)[0] for name in "ab")
        self.counter = Counter()

    def use(self, key: Key, *ms: float, errors: int = 0) -> None:
        for one in ms:
            self.counter.count(key.id, ms=one, errors=errors)

    def test_is_counted_in_memory_and_written_down_together(self):
        with self.assertNumQueries(0):
            self.use(self.key, 1, 2)
            self.use(self.key, 6, errors=1)
            self.use(self.other, 5)
        self.assertFalse(Usage.objects.exists())
        self.counter.flush()
        self.use(self.key, 3)
        self.counter.flush()
        self.assertEqual(list(Usage.objects.filter(key=self.key).values_list("day", "calls", "errors", "ms")), [(timezone.now().date(), 4, 1, 12.0)])
        self.key.refresh_from_db()
        self.assertLess(timezone.now() - self.key.last_used, timedelta(minutes=1))
        with self.assertNumQueries(0):
            Counter().flush()

    def test_is_kept_while_the_database_is_away_and_lost_for_keys_that_are_gone(self):
        self.use(self.key, 1)
        with patch("webapp.keys.usage.write", side_effect=OperationalError("away")), self.assertLogs("webapp.keys.usage"):
            self.counter.flush()
        self.use(self.key, 2)
        self.use(self.other, 1)
        self.other.delete()
        self.counter.flush()
        self.assertEqual(list(Usage.objects.values_list("key", "calls", "ms")), [(self.key.id, 2, 3.0)])

    def test_is_counted_rightly_by_many_threads(self):
        threads = [Thread(target=self.use, args=(self.key, *[1] * 500)) for _ in range(4)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        self.counter.flush()
        self.assertEqual(Usage.objects.get().calls, 2000)

    def test_is_told_by_day_and_by_key_for_30_days(self):
        today = timezone.now().date()
        for back, calls in ((0, 4), (1, 2), (DAYS - 1, 1), (DAYS, 9)):
            Usage.objects.create(key=self.key, day=today - timedelta(days=back), calls=calls, errors=1, ms=10 * calls)
        Usage.objects.create(key=self.other, day=today, calls=6, ms=6)
        days = by_day(self.project.keys.all())
        self.assertEqual((len(days), days[0], days[1], days[2], days[-1].calls), (DAYS, (today, 10, 1, 4.6), (today - timedelta(days=1), 2, 1, 10.0), (today - timedelta(days=2), 0, 0, None), 1))
        self.assertEqual({key: (row.calls, row.errors) for key, row in by_key(self.project).items()}, {self.key.id: (7, 3), self.other.id: (6, 0)})

    @override_settings(USAGE_SECONDS=1)
    def test_is_written_down_by_itself_after_a_while(self):
        with patch("webapp.keys.usage.Timer") as timer, patch("webapp.keys.usage.atexit"):
            self.use(self.key, 1, 1)
            timer.assert_called_once_with(1, self.counter._write_down)
