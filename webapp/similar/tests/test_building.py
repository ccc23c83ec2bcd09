"""The index of many pictures: made by a worker, kept in the store, joined by what comes, made anew when much has changed."""

import io
import json
from datetime import timedelta
from unittest import mock

import numpy as np
import pytest
from django.urls import reverse
from django.utils.timezone import now

from trainer import nearest as trained
from webapp.api.answers import address
from webapp.core import jobs, store
from webapp.core.errors import LeaseLost, UserError
from webapp.core.limits import HOUR, LIMITS, Limit
from webapp.core.test import Cast, vector
from webapp.images.models import Embedding, Image
from webapp.images.services import changed, delete_images
from webapp.projects.models import Project
from webapp.similar import building, indexes, services, work
from webapp.similar.indexes import Index as Held
from webapp.similar.models import Index
from webapp.takedown.services import take_down


def numbers(kind: int, seed: int) -> np.ndarray:
    return np.frombuffer(vector(kind, seed), "<f2").astype(np.float32)


class Building(Cast):
    """A project of 16 pictures, which are many here, and what makes and asks its index."""

    def setUp(self) -> None:
        super().setUp()
        self.enterContext(mock.patch.object(building, "FEW", 8))
        self.enterContext(mock.patch.object(work, "step_back", None))  # nobody waits here
        self.cats = [self.row(self.cat, seed) for seed in range(8)]
        self.dogs = [self.row(self.dog, seed) for seed in range(8)]
        changed.send(Image, projects={self.project.id: 16})

    def row(self, label, seed: int) -> Image:
        """A picture without a file."""
        image = Image.objects.create(project=label.project, label=label, sha256=f"{label.id}{seed}", width=64, height=48, size_bytes=1, phash=hash((label.name, seed)))
        Embedding.objects.create(image=image, vector=vector(label.position, seed))
        return image

    def build(self) -> Index:
        row = jobs.claim(Index, building.order(self.project.id).id, "worker")
        work.run(row)
        return Index.objects.get(id=row.id)

    def ids(self, index: Held, kind: int = 0, seed: int = 0, count: int = 3) -> list:
        return index.search(numbers(kind, seed), count).ids


class BuildingTest(Building):
    def test_many_pictures_are_searchable_when_a_worker_has_made_their_index(self) -> None:
        assert Index.objects.filter(project=self.project, status="queued").count() == 1
        with pytest.raises(UserError) as told:
            services.nearest(project_id=self.project.id, vector=numbers(0, 3))
        assert (told.value.status, told.value.code, told.value.details) == (503, "not_ready", {"retry_after": 5}) and Index.objects.count() == 1
        row = self.build()
        assert (row.kind, row.count, row.recall, row.status) == ("exact", 16, None, "done") and row.size_bytes == len(store.get(row.file_name))
        assert services.nearest(project_id=self.project.id, vector=numbers(0, 3))[0].image == self.cats[3]

    def test_pictures_that_come_join_without_a_new_file(self) -> None:
        self.build()
        held = Held(self.project.id)
        assert len(self.ids(held, count=50)) == 16
        new = self.row(self.cat, 40)
        assert self.ids(held, seed=40)[0] == self.ids(Held(self.project.id), seed=40)[0] == new.id
        assert len(held) == len(set(self.ids(held, count=50))) == 17

    def test_it_is_made_anew_when_a_quarter_is_new_or_gone_and_the_older_file_goes(self) -> None:
        first = self.build()
        held = Held(self.project.id)
        self.ids(held)
        delete_images(images=self.cats[:2])
        changed.send(Image, projects={self.project.id: 2})
        assert not Index.objects.filter(status="queued").exists()
        delete_images(images=self.cats[2:3])
        second = self.build()
        assert second.count == 13 and second.gone_images == 0 and not store.exists(first.file_name) and list(Index.objects.all()) == [second]
        held._looked = -100.0
        assert len(self.ids(held, count=50)) == 13

    def test_after_a_take_down_nothing_of_the_picture_stays_in_the_file(self) -> None:
        self.build()
        take_down(images=[self.cats[3]], project=self.project)
        with store.open_file(self.build().file_name) as file:
            assert self.cats[3].id.bytes not in np.load(file)["ids"].tobytes()

    def test_a_worker_that_is_at_it_during_a_take_down_begins_anew(self) -> None:
        row = jobs.claim(Index, building.order(self.project.id).id, "worker")
        take_down(images=[self.cats[3]], project=self.project)
        with pytest.raises(LeaseLost):
            work.run(row)
        assert Index.objects.get().status == "queued" and not store.exists(row.file_name)

    def test_the_sweep_has_what_was_deleted_go_from_files_and_deletes_files_of_nobody(self) -> None:
        self.build()
        stray = f"projects/{self.project.id}/indexes/stray"
        store.put(stray, b"x")
        delete_images(images=self.cats[:1])
        assert building.sweep(older_than=-1, check=lambda: None) == 1 and not store.exists(stray)
        assert Index.objects.filter(status="queued").count() == 1

    def test_a_lost_file_is_made_again(self) -> None:
        store.delete(self.build().file_name)
        with pytest.raises(UserError):
            self.ids(Held(self.project.id))
        self.build()
        assert len(self.ids(Held(self.project.id))) >= 3

    def test_a_file_that_is_damaged_or_of_another_make_is_made_again_too(self) -> None:
        row = self.build()
        whole = store.get(row.file_name)
        other = io.BytesIO()
        np.savez(other, index=np.zeros(9, np.uint8), basis=np.zeros(0), numbers=np.ones(4), ids=np.zeros(16, np.uint8), listed=np.array("2026-01-01"))
        for content in (b"", b"x", whole[: len(whole) // 2], whole[:500] + b"y" * 5000 + whole[5500:], other.getvalue()):
            Index.objects.all().delete()
            row.save(force_insert=True)
            store.put(row.file_name, content)
            with pytest.raises(UserError) as told:
                self.ids(Held(self.project.id))
            assert told.value.code == "not_ready" and Index.objects.get().status == "queued" and not store.exists(row.file_name), content[:9]

    def test_a_file_that_went_because_a_newer_one_is_there_is_no_reason_for_another(self) -> None:
        first, second = self.build(), self.build()
        held = Held(self.project.id)
        held._read(first)
        assert len(held) == 16 and held._row == second.id and list(Index.objects.all()) == [second]

    def test_more_new_pictures_than_a_request_may_take_in_wait_for_the_worker(self) -> None:
        self.build()
        held = Held(self.project.id)
        self.ids(held)
        new = [self.row(self.cat, seed) for seed in range(40, 46)]
        with mock.patch.object(indexes, "MOST_NEW", 5):
            found = held.search(numbers(0, 40), 50)
            assert len(found.ids) == len(held) == 16 and found.is_behind and Index.objects.filter(status="queued").count() == 1
            self.build()
            found = held.search(numbers(0, 40), 50)
        assert found.ids[0] == new[0].id and len(held) == 22 and not found.is_behind and not Index.objects.filter(status="queued").exists()

    def test_an_index_takes_in_no_more_than_it_is_made_for(self) -> None:
        self.build()
        held = Held(self.project.id)
        self.ids(held)
        held._nearest.most = 17
        self.row(self.cat, 40)
        assert not held.search(numbers(0, 40), 50).is_behind and len(held) == 17
        self.row(self.cat, 41)
        assert held.search(numbers(0, 40), 50).is_behind and len(held) == 17

    def test_what_could_not_be_made_is_not_tried_again_at_once_but_after_a_take_down(self) -> None:
        failed = {"status": "failed", "finished": now()}
        Index.objects.update(**failed)
        changed.send(Image, projects={self.project.id: 16})
        with pytest.raises(UserError) as told:
            self.ids(Held(self.project.id))
        assert (told.value.status, told.value.code, told.value.details) == (503, "index_failed", {"retry_after": 600}) and Index.objects.count() == 1
        Index.objects.update(finished=now() - timedelta(minutes=11))
        with pytest.raises(UserError, match="few seconds"):
            self.ids(Held(self.project.id))
        assert Index.objects.filter(status="queued").count() == 1
        self.build()
        building.order(self.project.id)
        Index.objects.filter(status="queued").update(**failed)
        building.forget_pictures([self.project.id])
        assert Index.objects.filter(status="queued").count() == 1

    def test_an_index_learns_from_enough_vectors_although_the_first_pictures_have_none(self) -> None:
        ids = sorted(Image.objects.values_list("id", flat=True))
        Embedding.objects.filter(image__in=ids[:6]).delete()
        with mock.patch.object(work, "LEARNED", 7), mock.patch.object(work, "PORTION", 2), mock.patch.object(work, "chunks", lambda rows: [rows[at : at + 3] for at in range(0, len(rows), 3)]):
            portions = list(work.portions(ids))
        assert [len(vectors) for vectors, _keys in portions] == [9, 1] and b"".join(keys for _vectors, keys in portions) == b"".join(key.bytes for key in ids[6:])

    def test_of_very_many_the_recall_is_measured_and_as_much_looked_at_as_it_takes(self) -> None:
        kinds = [np.frombuffer(vector(kind, seed), "<f2") for kind in range(20) for seed in range(16)]
        rows = Image.objects.bulk_create([Image(project=self.project, label=self.cat, sha256=f"many {n}", width=64, height=48, size_bytes=1) for n in range(len(kinds))])
        Embedding.objects.bulk_create([Embedding(image=row, vector=kind.tobytes()) for row, kind in zip(rows, kinds, strict=True)])
        with mock.patch.object(trained, "EXACT", 100):
            row = self.build()
        assert row.kind == "pca192" and 0.95 <= row.recall <= 1 and row.count == 336
        assert services.nearest(project_id=self.project.id, vector=numbers(7, 3))[0].image == rows[7 * 16 + 3]

    def test_near_duplicates_are_those_of_the_check_and_the_middle_of_a_label_is_nearest_to_it(self) -> None:
        self.build()
        copy = self.row(self.dog, 50)
        Embedding.objects.filter(image=copy).update(vector=vector(0, 3))
        assert [near.image for near in services.near_duplicates(image=self.cats[3]).neighbours] == [copy]
        found = services.nearest(project_id=self.project.id, vector=services.centre_of_label(label=self.dog), count=4)
        assert {near.image.label for near in found} == {self.dog}

    def test_all_that_a_person_may_see_is_searched_and_nothing_else(self) -> None:
        self.build()
        other = Project.objects.create(owner=self.bob, name="Bob's")
        self.project, mine = other, self.project
        foreign = self.row(self.label("鳥"), 1)
        asked = {"vector": numbers(0, 1), "count": 20}
        assert foreign in [near.image for near in services.search_everywhere(user=self.bob, **asked).neighbours]
        assert {near.image.project for near in services.search_everywhere(user=self.alice, **asked).neighbours} == {mine}
        assert services.search_everywhere(user=self.charlie, **asked) == services.Outcome([])

    def test_what_is_not_searched_is_counted_and_said(self) -> None:
        self.login(self.alice)
        page = f"{reverse('similar:everywhere')}?picture={self.cats[0].id}"
        assert "Your pictures are still being made searchable" in self.client.get(page).content.decode()
        said = self.post("find_similar_everywhere", {"image_id": str(self.cats[0].id)}).json()
        assert (said["items"], said["left_out"], said["recall"]) == ([], 1, None)
        self.build()
        Index.objects.update(recall=0.997)
        assert "1 AI was not" not in self.client.get(page).content.decode() and "99.7 of 100" in self.client.get(page).content.decode()
        said = self.post("find_similar_everywhere", {"image_id": str(self.cats[0].id)}).json()
        assert (len(said["items"]), said["left_out"], said["recall"], said["is_behind"]) == (3, 0, 0.997, False)

    def test_a_search_of_everything_takes_what_is_in_memory_first_and_no_more_than_fits(self) -> None:
        projects = [Project.objects.create(owner=self.alice, name=f"More {number}") for number in range(4)]
        for self.project in projects:
            self.row(self.label("鳥"), 1)
        newest_first = [project.id for project in reversed(projects)]
        services.nearest(project_id=projects[0].id, vector=numbers(0, 1))
        assert services.at_once(newest_first) == [projects[0].id, *newest_first[:3]]
        with mock.patch.object(services, "MOST_AT_ONCE", 2 * services.PICTURE_BYTES):
            assert services.at_once(newest_first) == [projects[0].id, newest_first[0]]
            assert services.search_everywhere(user=self.alice, vector=numbers(0, 1)).left_out == 3

    def test_searching_everything_has_a_limit(self) -> None:
        with mock.patch.dict(LIMITS, similar=Limit(1, HOUR)), pytest.raises(UserError) as told:
            for _each in range(2):
                services.search_everywhere(user=self.alice, vector=numbers(0, 1))
        assert told.value.status == 429

    def test_programs_search_everywhere_and_by_the_middle_of_a_label(self) -> None:
        self.build()
        self.login(self.bob)
        items = self.post("find_similar_everywhere", {"image_id": str(self.cats[0].id)}).json()["items"]
        assert len(items) == 3 and str(self.cats[0].id) not in {item["image_id"] for item in items}
        items = self.post("find_similar", {"label_id": str(self.dog.id)}).json()["items"]
        assert {item["label"] for item in items} == {"犬"}
        assert self.post("find_similar", {"label_id": str(self.project.id)}).status_code == 422
        self.login(self.charlie)
        assert self.post("find_similar_everywhere", {"image_id": str(self.cats[0].id)}).status_code == 422

    def post(self, operation: str, body: dict):
        where = address(operation, self.project.id, "project_id") if operation == "find_similar" else reverse(f"api:{operation}")
        return self.client.post(where, json.dumps(body), "application/json")
