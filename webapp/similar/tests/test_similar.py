"""The nearest pictures: of a project, of a run, beside an answer, for programs; and never for people who may not see them."""

import json

import numpy as np

from webapp.accounts.services import create_token
from webapp.api.answers import address
from webapp.core import store
from webapp.core.test import Cast, vector
from webapp.images import vectors
from webapp.images.models import Image
from webapp.serving.examples import learned_by
from webapp.similar import services
from webapp.similar.indexes import Index, Indexes
from webapp.similar.words import how_alike
from webapp.training.models import Run


def numbers(kind: int, seed: int) -> np.ndarray:
    return np.frombuffer(vector(kind, seed), "<f2").astype(np.float32)


class SimilarTest(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.cats = [self.image(self.cat, seed) for seed in range(5)]
        self.dogs = [self.image(self.dog, seed) for seed in range(5)]

    def ids(self, **asked) -> list:
        return [near.image.id for near in services.nearest(project_id=self.project.id, **asked)]

    def learned(self, images: list[Image]) -> Run:
        snapshot = [[str(image.id), image.label.name, "train"] for image in images] + [[str(self.cats[4].id), "猫", "val"]]
        return Run.objects.create(project=self.project, preset="quick", status="ready", active=None, snapshot=snapshot)

    def test_the_picture_itself_is_the_nearest_and_then_those_of_its_kind(self) -> None:
        found = services.nearest(project_id=self.project.id, vector=numbers(0, 2), count=5)
        assert found[0].image == self.cats[2] and found[0].distance < 0.001
        assert {near.image.label for near in found} == {self.cat}
        assert [near.distance for near in found] == sorted(near.distance for near in found)

    def test_only_pictures_that_the_run_learned_from_explain_its_answer(self) -> None:
        run = self.learned([self.cats[0], self.cats[1], *self.dogs])
        found = self.ids(vector=numbers(0, 4), count=3, allowed=learned_by(run.id))
        assert set(found[:2]) == {self.cats[0].id, self.cats[1].id} and found[2] in {dog.id for dog in self.dogs}

    def test_pictures_that_come_go_or_move_count_at_once(self) -> None:
        self.ids(vector=numbers(0, 7))
        new = self.image(self.cat, 7)
        assert self.ids(vector=numbers(0, 7), count=1) == [new.id]
        Image.objects.filter(id=new.id).update(label=self.dog)
        assert services.nearest(project_id=self.project.id, vector=numbers(0, 7), count=1)[0].image.label == self.dog
        new.delete()
        assert self.ids(vector=numbers(0, 7), count=10) and new.id not in self.ids(vector=numbers(0, 7), count=10)

    def test_a_picture_is_taken_in_once_however_often_it_is_asked(self) -> None:
        index = Index(self.project.id)
        assert len(index.search(numbers(0, 0), 50).ids) == len(index.search(numbers(0, 0), 50).ids) == 10

    def test_the_least_recently_asked_project_is_dropped_but_never_the_one_that_is_asked(self) -> None:
        held = Indexes(most_bytes=1)
        held.of(self.project.id).search(numbers(0, 0), 1)
        assert held.of(self.project.id).size_bytes > 1 and len(held) == 1
        held.of(self.cat.id)
        assert len(held) == 1

    def test_programs_ask_by_a_picture_of_the_project_and_do_not_get_it_back(self) -> None:
        self.cats[1].status = Image.SET_ASIDE
        self.cats[1].save()
        answer = self.ask({"image_id": str(self.cats[0].id)}, "?k=2")
        items = answer.json()["items"]
        assert answer.status_code == 200 and len(items) == 2 and set(answer.json()["timing"]) == {"vector_ms", "search_ms", "total_ms"}
        assert {item["image_id"] for item in items} < {str(cat.id) for cat in self.cats[2:]} and items[0]["label"] == "猫"

    def test_programs_ask_by_a_file(self) -> None:
        vectors.embedder()
        content = store.get(self.cats[0].file_name)
        token = create_token(user=self.bob, name="robot")[1]
        answer = self.client.post(address("find_similar", self.project.id, "project_id"), content, "image/jpeg", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200 and len(answer.json()["items"]) == 3

    def test_nonsense_is_refused_with_a_sentence(self) -> None:
        for body, status in (({"image_id": str(self.project.id)}, 422), ({"image_id": 5}, 422), ([], 422), ({"image_id": "x"}, 422)):
            assert self.ask(body).status_code == status, body
        assert self.ask({"image_id": str(self.cats[0].id)}, "?k=500").status_code == 422

    def ask(self, body: object, query: str = ""):
        self.login(self.alice)
        return self.client.post(address("find_similar", self.project.id, "project_id") + query, json.dumps(body), "application/json")

    def test_how_alike_two_pictures_are_is_said_in_words(self) -> None:
        assert [how_alike(distance) for distance in (0.0, 0.1, 0.3, 0.5)] == ["the same, or nearly", "very much alike", "alike", "not very much alike"]
