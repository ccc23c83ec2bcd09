import hashlib
import io
from collections.abc import Iterator
from threading import Thread

import numpy as np
import pytest
from django.db import connection
from django.test import TransactionTestCase
from PIL import Image as Picture

from fixtures import samples
from trainer.embed import SIZE
from trainer.pixels import decode
from webapp.accounts.models import User
from webapp.core import store
from webapp.core.test import Cast, jpeg
from webapp.images import vectors
from webapp.images.guard import NETWORK_SIDE, prepare
from webapp.images.intake import AHEAD, BATCH, Candidate, Item, Outcome, embed, new_image, record, take_in, write
from webapp.images.models import Embedding, Image
from webapp.projects.models import Label, Project


class IntakeTests(Cast):
    def take(self, *contents: bytes, **facts) -> list[Outcome]:
        outcomes: list[Outcome] = []
        take_in(self.project, (Candidate(self.cat, content, f"{n}.jpg", facts) for n, content in enumerate(contents)), outcomes.append)
        return outcomes

    def test_a_picture_gets_files_a_row_and_a_vector(self) -> None:
        (outcome,) = self.take(jpeg(1, (2000, 1000)), source="web", license="by")
        image = Image.objects.get()
        assert outcome.image == image and not outcome.duplicate
        assert (image.label, image.name, image.source, image.license) == (self.cat, "0.jpg", "web", "by")
        assert (image.width, image.height) == (1024, 512)
        content = store.get(image.file_name)
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (image.sha256, image.size_bytes)
        assert Picture.open(io.BytesIO(store.get(image.thumb_name))).size == (256, 128)
        assert len(image.embedding.vector) == 2560

    def test_the_vector_is_that_of_the_stored_file(self) -> None:
        assert NETWORK_SIDE == SIZE
        for size in ((400, 711), (3000, 2000)):
            (outcome,) = self.take(jpeg(5, size))
            stored = vectors.embedder().embed([decode(store.get(outcome.image.file_name))])[0]
            kept = np.frombuffer(outcome.image.embedding.vector, "<f2").astype(np.float32)
            assert stored @ kept / np.linalg.norm(stored) / np.linalg.norm(kept) > 0.99, size

    def test_what_is_seen_in_a_picture_is_kept_with_it(self) -> None:
        self.take(jpeg(7, (100, 300)), jpeg(8, (640, 480)), samples.jpeg("cat", 1))
        rows = Image.objects.order_by("name")
        assert list(rows.values_list("is_tiny", "is_empty")) == [(True, False), (False, False), (False, False)]
        assert rows[2].phash == prepare(samples.jpeg("cat", 1)).looks.phash and not rows[2].is_blurred

    def test_the_same_picture_is_one_picture(self) -> None:
        first, second, third = self.take(jpeg(1), jpeg(2), jpeg(1))
        again = self.take(jpeg(2))[0]
        assert [o.duplicate for o in (first, second, third, again)] == [False, False, True, True]
        assert third.image == first.image and again.image == second.image
        assert Image.objects.count() == Embedding.objects.count() == 2

    def test_every_candidate_is_told_of_in_order(self) -> None:
        outcomes = self.take(*(b"no picture" if n % 7 == 3 else jpeg(n) for n in range(50)))
        assert [o.candidate.name for o in outcomes] == [f"{n}.jpg" for n in range(50)]
        assert [o.reason for o in outcomes] == ["not_a_picture" if n % 7 == 3 else "" for n in range(50)]
        assert all(bool(o.message) == bool(o.reason) for o in outcomes)
        assert Image.objects.count() == 43

    def test_a_label_deleted_meanwhile_takes_nothing(self) -> None:
        Label.objects.filter(id=self.cat.id).delete()
        (outcome,) = self.take(jpeg(1))
        assert outcome.reason == "label_gone" and outcome.image is None
        assert Image.objects.count() == 0

    def test_a_picture_deleted_meanwhile_comes_in_again(self) -> None:
        self.take(jpeg(1))

        def stream() -> Iterator[Candidate]:
            yield Candidate(self.cat, jpeg(1))
            for n in range(2, 20):
                yield Candidate(self.cat, jpeg(n))
            Image.objects.filter(name="0.jpg").delete()

        outcomes: list[Outcome] = []
        take_in(self.project, stream(), outcomes.append)
        assert Image.objects.count() == Embedding.objects.count() >= 18

    def test_the_stream_is_not_read_far_ahead(self) -> None:
        read, told = [], []

        def stream() -> Iterator[Candidate]:
            for n in range(300):
                assert n - len(told) < AHEAD + 5 * BATCH
                read.append(n)
                yield Candidate(self.cat, b"no picture")

        take_in(self.project, stream(), told.append)
        assert len(read) == len(told) == 300 and AHEAD < 40

    def test_stopping_keeps_what_was_told(self) -> None:
        told: list[Outcome] = []

        def stop() -> None:
            if told:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            take_in(self.project, (Candidate(self.cat, jpeg(n)) for n in range(500)), told.append, stop)
        assert Image.objects.count() == len(told) < 100

    def test_stopping_leaves_no_file_without_a_row(self) -> None:
        written: list[int] = []

        def stop() -> None:
            written.append(len(list(store.walk(f"projects/{self.project.id}/pictures"))))
            if written[-1] > 2 * BATCH:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            take_in(self.project, (Candidate(self.cat, jpeg(n)) for n in range(500)), lambda outcome: None, stop)
        rows = {name for image in Image.objects.all() for name in (image.file_name, image.thumb_name)}
        assert set(store.walk(f"projects/{self.project.id}")) == rows and len(rows) < 4 * written[-1]

    def test_a_label_deleted_at_the_last_moment_leaves_no_file(self) -> None:
        items = [Item(Candidate(self.cat, b"", "a.jpg"), prepared=prepare(jpeg(n))) for n in range(3)]
        for item in items:
            item.image = new_image(self.project, item)
        write(embed(items, {}))
        assert len(list(store.walk(f"projects/{self.project.id}"))) == 6
        Label.objects.filter(id=self.cat.id).delete()
        assert [outcome.reason for outcome in record(self.project, items)] == ["label_gone"] * 3
        assert not list(store.walk(f"projects/{self.project.id}"))


class RaceTests(TransactionTestCase):
    def test_two_workers_that_bring_the_same_pictures_make_one_of_each(self) -> None:
        owner = User.objects.create_guest()
        project = Project.objects.create(owner=owner, name="Race")
        label = Label.objects.create(project=project, name="cat", key="cat")
        told: list[list[Outcome]] = [[], []]

        def work(mine: list[Outcome]) -> None:
            take_in(project, (Candidate(label, jpeg(n)) for n in range(40)), mine.append)
            connection.close()

        threads = [Thread(target=work, args=(mine,)) for mine in told]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert Image.objects.count() == Embedding.objects.count() == 40
        assert [len(mine) for mine in told] == [40, 40]
        assert sum(not outcome.duplicate for mine in told for outcome in mine) == 40
