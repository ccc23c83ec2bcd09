"""Asking for pictures from the web."""

from unittest.mock import patch

from django.test import override_settings
from django.utils import translation

from webapp.collect.models import Collection
from webapp.collect.services import start
from webapp.core import jobs, store
from webapp.core.errors import UserError
from webapp.core.test import Cast
from webapp.images import space


class StartTests(Cast):
    def refused(self, **values) -> UserError:
        with self.assertRaises(UserError) as caught:
            start(label=self.cat, **values)
        self.assertTrue(str(caught.exception).endswith("."))
        return caught.exception

    def test_it_searches_for_the_name_of_the_label_unless_other_words_are_given(self) -> None:
        self.assertEqual(start(label=self.cat).query, "猫")
        self.assertEqual(start(label=self.dog, query=" shiba \n inu ").query, "shiba inu")

    def test_the_row_waits_with_what_is_wanted_and_from_whom_and_in_which_language(self) -> None:
        with translation.override("ja"):
            row = start(label=self.cat, count=7, providers=["commons", "openverse", "commons"])
        row.refresh_from_db()
        self.assertEqual((row.status, row.wanted, row.project, row.language), ("queued", 7, self.project, "ja"))
        self.assertEqual(row.providers[0], {"name": "commons", "asked": 0, "accepted": 0, "error": None})
        self.assertEqual([line["name"] for line in row.providers], ["commons", "openverse"])

    def test_all_providers_that_are_set_up_are_asked_when_none_is_named(self) -> None:
        self.assertEqual([line["name"] for line in start(label=self.cat).providers], ["openverse", "commons"])
        with override_settings(COLLECT_CONTACT="", BING_KEY="k", BING_ENDPOINT="https://gateway.example.org"):
            self.assertEqual([line["name"] for line in start(label=self.dog).providers], ["openverse", "bing"])

    def test_from_1_to_200_pictures_can_be_asked_for(self) -> None:
        for count in (0, -1, 201):
            self.assertEqual(self.refused(count=count).code, "bad_count")
        self.assertEqual(start(label=self.cat, count=200).wanted, 200)
        self.assertEqual(start(label=self.dog, count=1).wanted, 1)

    def test_nothing_is_begun_when_there_is_no_room_for_more(self) -> None:
        with patch.object(space, "MOST_IMAGES", 0):
            self.assertEqual((self.refused().code, Collection.objects.count()), ("too_many_images", 0))
        with patch.object(store, "free_bytes", return_value=space.floor_bytes() - 1):
            self.assertEqual((self.refused().code, Collection.objects.count()), ("disk_full", 0))

    def test_an_unknown_provider_is_named_and_the_known_ones_too(self) -> None:
        said = str(self.refused(providers=["openverse", "gogle"]))
        self.assertIn("gogle", said)
        self.assertIn("openverse, commons", said)
        self.assertEqual(self.refused(providers=[]).code, "no_providers")

    def test_too_many_search_words_are_refused(self) -> None:
        self.assertEqual(self.refused(query="x" * 201).code, "query_too_long")

    def test_one_collection_of_a_label_is_live_at_a_time(self) -> None:
        first = start(label=self.cat)
        self.assertEqual(start(label=self.cat), first)
        error = self.refused(query="kitten")
        self.assertEqual((error.status, error.code), (409, "collecting"))
        jobs.request_cancel(first)
        self.assertNotEqual(start(label=self.cat), first)
        self.assertEqual(Collection.objects.count(), 2)

    def test_too_many_in_an_hour_are_refused(self) -> None:
        for _time in range(60):
            jobs.request_cancel(start(label=self.cat))
        self.assertEqual(self.refused().status, 429)
