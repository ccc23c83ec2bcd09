from trainer.config import describe
from webapp.api.resources.run_shapes import EpochPage, RunOut
from webapp.api.tests.calls import ApiCast
from webapp.training.models import Epoch, Run

EVALUATION = {
    "accuracy": 0.5,
    "interval": [0.1, 0.9],
    "labels": [{"name": "猫", "precision": 0.5, "recall": 1.0, "f1": 0.667, "support": 1}],
    "confusion": [[1, 0], [1, 0]],
    "mistakes": [],
    "calibration": {"ece": 0.1},
}


class Runs(ApiCast):
    def ready(self, **values) -> Run:
        return Run.objects.create(**{"project": self.project, "preset": "quick", "status": "ready", "active": None, "epochs": 3} | values)

    def pictures(self) -> None:
        for seed in range(5):
            self.image(self.cat, seed), self.image(self.dog, seed)

    def test_are_started_with_any_option_of_training(self):
        self.pictures()
        made = self.call("POST", f"/projects/{self.project.id}/runs", {"preset": "quick", "epochs": 3, "seed": 7}, 202)
        self.assertEqual((made["status"], made["preset"], made["epochs"], made["config"]["seed"]), ("queued", "quick", 3, 7))
        self.assertEqual(self.call("GET", f"/runs/{made['id']}"), made)
        RunOut(**made)

    def test_tell_what_auto_chose_and_why_and_how_long_it_will_take(self):
        self.pictures()
        made = self.call("POST", f"/projects/{self.project.id}/runs", {"epochs": 2}, 202)
        self.assertEqual((made["advice"]["preset"], made["advice"]["epochs"]), (made["preset"], 2))
        self.assertIn("about", made["advice"]["reason"])
        self.assertGreater(made["estimate_seconds"], 0)
        Run.objects.update(active=None, status="ready")
        chosen = self.call("POST", f"/projects/{self.project.id}/runs", {"preset": "quick"}, 202)
        self.assertIsNone(chosen["advice"])

    def test_have_options_that_explain_themselves_with_their_bounds(self):
        options = self.api.get("/api/v1/openapi.json").json()["components"]["schemas"]["NewRun"]["properties"]
        for about in describe():
            if about["name"] != "preset":
                self.assertEqual(options[about["name"]]["description"], about["help"])
        self.assertEqual((options["epochs"]["minimum"], options["epochs"]["maximum"]), (1, 1000))

    def test_are_started_without_a_body(self):
        self.pictures()
        answer = self.api.generic("POST", f"/api/v1/projects/{self.project.id}/runs")
        self.assertEqual((answer.status_code, answer["Location"]), (202, f"/api/v1/runs/{Run.objects.get().id}"))

    def test_pressed_twenty_times_are_one(self):
        self.pictures()
        ids = {self.call("POST", f"/projects/{self.project.id}/runs", {}, 202)["id"] for _ in range(20)}
        self.assertEqual((len(ids), Run.objects.count()), (1, 1))

    def test_with_unknown_or_wild_options_are_refused(self):
        self.pictures()
        for body in ({"epoch": 3}, {"epochs": 0}, {"epochs": 10**9}, {"epochs": "many"}, {"preset": "best"}, {"backbone": "../x"}, {"devices": "cuda;rm"}, {"learning_rate": "NaN"}):
            with self.subTest(body):
                self.refused("POST", f"/projects/{self.project.id}/runs", 422, "invalid", body)
        self.assertFalse(Run.objects.exists())

    def test_need_enough_pictures(self):
        error = self.call("POST", f"/projects/{self.project.id}/runs", {}, 422)["error"]
        self.assertTrue(error["message"])

    def test_are_listed_newest_first_in_the_same_number_of_queries(self):
        runs = [self.ready(number=number) for number in (1, 2, 3)]
        self.api.get(f"/api/v1/projects/{self.project.id}/runs")
        with self.assertNumQueries(3):
            items = self.call("GET", f"/projects/{self.project.id}/runs")["items"]
        self.assertEqual([item["id"] for item in items], [str(run.id) for run in reversed(runs)])

    def test_are_polled_in_three_queries_and_for_nothing_when_nothing_is_new(self):
        run, path = self.ready(snapshot=[["x", "y", "train"]] * 1000), "/api/v1/runs/"
        self.login(self.alice)
        with self.assertNumQueries(3):  # session, person, run
            first = self.client.get(f"{path}{run.id}")
        again = self.client.get(f"{path}{run.id}", headers={"If-None-Match": first["ETag"]})
        self.assertEqual((again.status_code, again.content, again["ETag"]), (304, b"", first["ETag"]))
        Run.objects.filter(id=run.id).update(epoch=1)
        self.assertEqual(self.client.get(f"{path}{run.id}", headers={"If-None-Match": first["ETag"]}).json()["epoch"], 1)

    def test_give_their_epochs_after_one(self):
        run = self.ready()
        for number in (1, 2, 3):
            Epoch.objects.create(run=run, epoch=number, train_loss=1, train_accuracy=0.5, val_loss=1, val_accuracy=0.5, learning_rate=0.1, seconds=0.2)
        page = self.call("GET", f"/runs/{run.id}/epochs?after=1")
        self.assertEqual(([item["epoch"] for item in page["items"]], page["next"]), ([2, 3], None))
        EpochPage(**page)
        self.call("GET", f"/runs/{run.id}/epochs?after=-1", status=422)

    def test_give_their_evaluation_when_there_is_one(self):
        self.assertEqual(self.call("GET", f"/runs/{self.ready(evaluation=EVALUATION).id}/evaluation"), EVALUATION)
        self.refused("GET", f"/runs/{self.ready().id}/evaluation", 409, "not_evaluated")

    def test_that_wait_are_cancelled_at_once_and_those_that_ended_stay_so(self):
        run = self.ready(status="queued", active=True)
        for _ in range(2):
            self.assertEqual(self.call("POST", f"/runs/{run.id}/cancel")["status"], "cancelled")
        self.assertEqual(self.call("POST", f"/runs/{self.ready().id}/cancel")["status"], "ready")
