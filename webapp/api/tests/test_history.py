from uuid import uuid4

from trainer.config import TrainConfig
from webapp.api.tests.calls import ApiCast
from webapp.serving.models import Model
from webapp.training.models import Epoch, Run


class RunsThatHaveEnded(ApiCast):
    def setUp(self) -> None:
        super().setUp()
        self.pictures = [self.image(label, seed) for label in (self.cat, self.dog) for seed in range(5)]
        self.first, self.second = self.learned(1, "猫", epochs=3), self.learned(2, "犬", epochs=4)

    def learned(self, number: int, word: str, **config) -> Run:
        config = TrainConfig.from_dict({"preset": "quick"} | config).to_dict()
        rows = [[str(picture.id), picture.label.name, "val" if place == 0 else "train"] for place, picture in enumerate(self.pictures)]
        answers = [[rows[0][0], "猫", word, 0.75]]
        return Run.objects.create(project=self.project, number=number, preset="quick", status="ready", active=None, config=config, snapshot=rows, answers=answers)

    def test_are_named_and_starred(self):
        path = f"/runs/{self.first.id}"
        changed = self.call("PATCH", path, {"name": " Longer ", "starred": True})
        self.assertEqual((changed["name"], changed["starred"]), ("Longer", True))
        self.assertEqual(self.call("PATCH", path, {"starred": False})["name"], "Longer")
        self.assertEqual(self.call("PATCH", path, {"name": ""})["name"], "")
        self.refused("PATCH", path, 422, "name_too_long", {"name": "x" * 101})
        self.refused("PATCH", path, 422, "invalid", {"title": "x"})

    def test_are_deleted_and_brought_back(self):
        path = f"/runs/{self.first.id}"
        self.call("DELETE", path, status=204)
        self.refused("GET", path, 404, "not_found")
        self.refused("GET", f"/compare?runs={self.first.id},{self.second.id}", 404, "not_found")
        self.assertEqual(self.call("POST", f"{path}/restore")["id"], str(self.first.id))
        self.call("GET", path)

    def test_whose_model_is_in_use_are_deleted_only_by_who_says_so(self):
        Model.objects.create(project=self.project, run=self.first, accuracy=1, size_bytes=1, input_size=8, sha256="0", published=True)
        self.refused("DELETE", f"/runs/{self.first.id}", 409, "model_in_use")
        self.call("DELETE", f"/runs/{self.first.id}?even_in_use=true", status=204)
        self.assertIsNone(self.call("GET", f"/projects/{self.project.id}")["model_id"])

    def test_are_not_deleted_while_they_learn(self):
        Run.objects.filter(id=self.first.id).update(status="running", active=True)
        self.refused("DELETE", f"/runs/{self.first.id}", 409, "still_running")

    def test_are_repeated_with_todays_pictures_or_with_the_same(self):
        made = self.call("POST", f"/runs/{self.first.id}/again", {"pictures": "same"}, 202)
        self.assertEqual((made["again_of"], made["config"], made["images"]), (str(self.first.id), self.first.config, {"train": 9, "val": 1}))
        self.assertEqual(self.call("POST", f"/runs/{self.second.id}/again", status=202)["id"], made["id"], "one live run")

    def test_give_their_numbers_as_a_table(self):
        Epoch.objects.create(run=self.first, epoch=1, train_loss=1, train_accuracy=1, val_loss=1, val_accuracy=1, learning_rate=1, seconds=1)
        answer = self.api.get(f"/api/v1/runs/{self.first.id}/metrics.csv")
        self.assertEqual(answer.content.decode().splitlines()[1], "1,1.0,1.0,1.0,1.0,1.0,1.0")

    def test_are_compared(self):
        found = self.call("GET", f"/compare?runs={self.first.id},{self.second.id}")
        self.assertEqual(found["run_ids"], [str(self.first.id), str(self.second.id)])
        self.assertEqual([each["values"] for each in found["settings"] if each["name"] == "epochs"], [[3, 4]])
        (pair,) = found["pairs"]
        self.assertEqual(pair["score"], {"count": 1, "before": 1, "after": 0, "gained": 0, "lost": 1, "p": 1.0})
        self.assertEqual([(flip["image_id"], flip["kind"], flip["after"]) for flip in pair["flips"]], [(str(self.pictures[0].id), "lost", "犬")])
        self.assertEqual((pair["pictures"]["same"], found["labels"][0]), (10, {"name": "猫", "counts": [{"train": 4, "val": 1}] * 2}))

    def test_are_compared_only_by_who_may_see_every_one(self):
        self.api = self.as_(self.charlie)
        self.refused("GET", f"/compare?runs={self.first.id},{self.second.id}", 404, "not_found")
        self.api = self.as_(self.bob)
        self.call("GET", f"/compare?runs={self.first.id},{self.second.id}")
        self.refused("GET", f"/compare?runs={self.first.id},{uuid4()}", 404, "not_found")
        self.refused("GET", f"/compare?runs={self.first.id}", 422, "invalid_runs")
