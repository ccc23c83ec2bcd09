"""Whoever compares all pictures of a project uses the index that it is searched with, and leaves one where there was none."""

from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import numpy as np

from webapp.core import jobs, store
from webapp.core.test import vector
from webapp.images.models import Embedding
from webapp.images.services import delete_images
from webapp.similar import building, candidates
from webapp.similar.indexes import Index as Held
from webapp.similar.models import Index
from webapp.similar.tests.test_building import Building, numbers
from worker.tasks.similar import make


class CandidatesTest(Building):
    def rows(self, of: int = 16) -> list:
        return (self.cats + self.dogs)[:of]

    def made(self, made_by=make, pictures=None) -> candidates.Candidates:
        pictures = pictures or self.rows()
        known = dict(Embedding.objects.values_list("image", "vector"))
        vectors = np.stack([np.frombuffer(bytes(known.get(one.id, bytes(2560))), "<f2") for one in pictures])
        with ThreadPoolExecutor(1) as thread:
            return candidates.of_pictures(self.project.id, [one.id for one in pictures], vectors, thread, lambda: None, made_by)

    def found(self, given: candidates.Candidates, kind: int, seed: int, count: int = 3) -> list[int]:
        return given(numbers(kind, seed)[None], count)[1][0].tolist()

    def test_many_pictures_leave_the_index_that_the_project_is_then_searched_with(self) -> None:
        cosines, rows = self.made()(np.stack([numbers(0, 3), numbers(1, 2)]), 16)
        assert rows[:, 0].tolist() == [3, 10] and np.allclose(cosines[:, 0], 1, atol=0.01) and sorted(rows[0]) == list(range(16))
        row = Index.objects.get()
        assert (row.status, row.count) == ("done", 16) and len(self.ids(Held(self.project.id), count=50)) == 16

    def test_an_index_that_is_there_is_taken_new_pictures_join_and_deleted_ones_are_nobody(self) -> None:
        made = self.build()
        new = self.row(self.cat, 40)
        delete_images(images=self.cats[:1])
        given = self.made(made_by=None, pictures=[*self.rows()[1:], new])
        assert self.found(given, 0, 40, 17)[0] == 15 and -1 in self.found(given, 0, 0, 17) and Index.objects.get() == made

    def test_an_index_that_is_behind_is_made_anew_first(self) -> None:
        made = self.build()
        Index.objects.update(new_images=5)
        assert self.found(self.made(), 0, 3)[0] == 3 and Index.objects.get().id != made.id

    def test_few_pictures_need_no_file(self) -> None:
        Index.objects.all().delete()
        assert self.found(self.made(made_by=None, pictures=self.cats), 0, 5)[0] == 5 and not Index.objects.exists()

    def test_what_another_worker_is_making_is_waited_for_and_no_longer_than_it_takes(self) -> None:
        other = jobs.claim(Index, building.order(self.project.id).id, "another")
        tries = []

        def and_then_it_is_done(row_id) -> bool:
            tries.append(make(row_id))
            jobs.finish(other, kind="exact") if len(tries) == 2 else None

        with mock.patch.object(candidates, "LOOK", 0):
            assert self.found(self.made(and_then_it_is_done), 0, 3)[0] == 3  # its file is none: it is done without
        assert tries == [False, False]

    def test_where_none_can_be_had_in_time_one_is_made_for_this_once(self) -> None:
        jobs.claim(Index, building.order(self.project.id).id, "another")
        with mock.patch.object(candidates, "PATIENCE", 0):
            assert self.found(self.made(), 1, 2)[0] == 10
        Index.objects.update(status="failed", finished=Index.objects.get().created)
        assert self.found(self.made(made_by=None), 1, 2)[0] == 10

    def test_a_damaged_file_is_let_go_and_ordered_anew(self) -> None:
        row = self.build()
        store.put(row.file_name, b"x")
        assert self.found(self.made(made_by=None), 0, 3)[0] == 3
        assert Index.objects.get().status == "queued" and not store.exists(row.file_name)

    def test_pictures_without_a_vector_are_found_by_nobody(self) -> None:
        Embedding.objects.filter(image=self.cats[3]).update(vector=bytes(2560))
        assert 3 not in self.found(self.made(made_by=None, pictures=self.cats), 0, 3, 7)
        assert vector(0, 3) != bytes(2560)
