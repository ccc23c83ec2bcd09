import io
import logging
import time
from datetime import timedelta
from queue import Full
from unittest.mock import patch

import pytest
from django.db import connection
from django.test import TransactionTestCase
from django.test.utils import CaptureQueriesContext
from PIL import Image

from webapp.answers import recorder as recording
from webapp.answers.models import Answer
from webapp.answers.pictures import SIDE, shrunk
from webapp.answers.recorder import Heard, Recorder, write
from webapp.answers.tests.asking import AnswersCast
from webapp.core import store
from webapp.serving import services
from webapp.serving.answered import ADAPTER, AGAIN, API, LIVE, PAGE, UNKEPT
from webapp.serving.tests.small import coloured


class HearingTest(AnswersCast):
    def setUp(self) -> None:
        super().setUp()
        self.recorder, self.taken = Recorder(), []
        self.recorder._put = self.taken.append
        recording.recorder.cache_clear()
        patched = patch.object(recording, "recorder", lambda: self.recorder)
        patched.start()
        self.addCleanup(patched.stop)

    def ask(self, door: str = API, key: str = "") -> None:
        services.predict(model=self.model, data=coloured("red"), door=door, key=key)

    def test_nothing_is_kept_where_nobody_wants_that(self) -> None:
        self.ask()
        assert self.taken == []

    def test_every_door_is_heard_with_the_name_of_its_key(self) -> None:
        self.keep()
        self.ask(PAGE)
        self.ask(ADAPTER, key="robot")
        assert [(heard.door, heard.key, heard.data) for heard in self.taken] == [(PAGE, "", coloured("red")), (ADAPTER, "robot", coloured("red"))]

    def test_what_is_asked_again_for_a_comparison_is_no_answer_to_anybody_and_who_wants_nothing_kept_is_heeded(self) -> None:
        self.keep()
        self.ask(AGAIN)
        self.ask(UNKEPT)
        assert self.taken == []

    def test_of_a_live_camera_one_answer_a_second_is_kept(self) -> None:
        self.keep()
        for _frame in range(5):
            self.ask(LIVE)
        assert len(self.taken) == 1
        with patch.object(recording, "LIVE_SECONDS", 0.0):
            self.ask(LIVE)
        assert len(self.taken) == 2

    def test_the_database_is_asked_once_a_second_and_not_for_each_answer(self) -> None:
        self.ask()
        with self.assertNumQueries(0):
            for _ask in range(5):
                self.ask()

    def test_an_answer_that_nobody_can_keep_goes_out_all_the_same(self) -> None:
        self.keep()
        with patch.object(self.recorder, "_put", side_effect=Full), self.assertLogs(recording.log, logging.WARNING):
            self.ask()


class QueueTest(AnswersCast):
    def test_is_bounded_by_number_and_by_bytes(self) -> None:
        heard = Heard(self.model.id, b"x" * 1000, None, PAGE, "")
        for bounds in ({"MOST": 3}, {"MOST_BYTES": 3500}):
            recorder = Recorder()
            recorder._thread = object()  # nobody takes anything out
            with patch.multiple(recording, **bounds):
                for _more in range(3):
                    recorder._put(heard)
                with pytest.raises(Full):
                    recorder._put(heard)


class WritingTest(AnswersCast):
    def test_an_answer_is_written_with_its_picture_and_what_is_known_of_it(self) -> None:
        self.keep()
        answer = self.kept("green", door=API, confidence=0.8, key="robot")
        assert (answer.project, answer.model, answer.best, answer.confidence, answer.door, answer.key) == (self.project, self.model, "green", 0.8, API, "robot")
        with Image.open(io.BytesIO(store.get(answer.file_name))) as picture:
            assert picture.format == "JPEG" and answer.size_bytes > 100

    def test_what_was_turned_off_meanwhile_is_not_written(self) -> None:
        assert self.kept() is None
        assert not list(store.walk(f"projects/{self.project.id}/answers"))

    def test_what_is_turned_off_while_files_are_written_leaves_neither_row_nor_file(self) -> None:
        self.keep()
        put = store.put_many
        with patch.object(store, "put_many", lambda files: (put(files), self.keep(None))):
            assert self.kept() is None
        assert not list(store.walk(f"projects/{self.project.id}/answers"))

    def test_the_project_is_held_before_it_is_asked_again_so_that_nobody_turns_it_off_in_between(self) -> None:
        self.keep()
        with CaptureQueriesContext(connection) as asked:
            self.kept()
        said = [query["sql"].replace("`", '"') for query in asked]
        assert said[1 + next(n for n, sql in enumerate(said) if sql.startswith("SAVEPOINT"))].startswith('SELECT "projects_project"."id"')

    def test_nothing_is_written_onto_a_disk_that_is_nearly_full(self) -> None:
        self.keep()
        with patch.object(store, "free_bytes", lambda: 1000):
            assert self.kept() is None

    def test_one_picture_that_cannot_be_kept_does_not_lose_the_others(self) -> None:
        self.keep()
        good, bad = Heard(self.model.id, coloured("red"), self.said(), PAGE, ""), Heard(self.model.id, b"no picture", self.said(), PAGE, "")
        write([bad, good])
        assert Answer.objects.count() == 1

    def said(self):
        return services.predict(model=self.model, data=coloured("red"), door=AGAIN)


class PictureTest(AnswersCast):
    def test_is_small_upright_and_knows_nothing_of_where_it_was_taken(self) -> None:
        exif = Image.Exif()
        exif[0x0112], exif[0x010F] = 6, "A camera of mine"
        out = io.BytesIO()
        Image.new("RGB", (2000, 1000), "red").save(out, "JPEG", exif=exif)
        with Image.open(io.BytesIO(shrunk(out.getvalue()))) as kept:
            assert kept.size == (SIDE // 2, SIDE) and not kept.getexif() and b"camera" not in shrunk(out.getvalue())


class ThreadTest(TransactionTestCase):
    def test_writes_beside_whoever_answers(self) -> None:
        cast = AnswersCast("kept")
        cast.setUp()
        self.addCleanup(cast.doCleanups)
        cast.keep()
        recorder = Recorder()
        for colour in ("red", "blue"):
            recorder.hear(model=cast.model, data=coloured(colour), prediction=services.predict(model=cast.model, data=coloured(colour), door=AGAIN), door=PAGE, key="")
        ends = time.monotonic() + timedelta(seconds=30).total_seconds()
        while recorder._count and time.monotonic() < ends:
            time.sleep(0.01)
        assert sorted(Answer.objects.values_list("best", flat=True)) == ["blue", "red"]
        connection.close()
