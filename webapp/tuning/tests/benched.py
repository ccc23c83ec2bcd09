"""A small real model, and a stand-in for the processes that pack and measure it: their times are typed, so that what is chosen and kept is known."""

import shutil
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from django.conf import settings

from trainer.tune import TuneError
from trainer.variants import Machine, Variant
from webapp.core import jobs
from webapp.core.test import Cast
from webapp.serving import cache
from webapp.serving.models import Model
from webapp.serving.publish import publish
from webapp.serving.tests.small import RESULT, SIDE, small_bundle
from webapp.training.models import Run
from webapp.tuning import services, work
from webapp.tuning.models import Tuning

LABELS = ["猫", "犬"]
# milliseconds, and how many of the four unseen pictures are named wrong
TYPED = {
    ("onnxruntime", "fp32", 2): (6.0, 0),
    ("onnxruntime", "fp32", 1): (9.0, 0),
    ("onnxruntime", "int8", 2): (5.0, 1),
    ("openvino", "int8", 2): (2.0, 1),
    ("openvino", "fp32", 2): (3.0, 0),
    ("openvino", "fp32", 1): (1.0, 0),
    ("torch", "fp32", 2): (20.0, 0),
}
WAYS = [Variant(engine, precision, SIDE, threads) for engine, precision, threads in TYPED if (engine, precision, threads) != ("openvino", "fp32", 1)]
SMALL = Variant("openvino", "fp32", SIDE // 2, 1)  # sees less of a picture, and beats all


class Child:
    """Stands in for `trainer.tune.run_child`: notes the jobs, and does as little as will do. `troubles`: what to do instead at (verb, engine, precision)."""

    def __init__(self) -> None:
        self.jobs: list[tuple] = []
        self.troubles: dict[tuple, Callable] = {}

    def __call__(self, job: dict, check: Callable[[], None], room: Path) -> dict:
        check()
        assert room.parent == work.root()  # swept when a worker was killed
        way = job.get("variant", {})
        key = job["verb"], way.get("engine"), way.get("precision")
        self.jobs.append((*key, way.get("threads")))
        if key in self.troubles:
            self.troubles[key](check)
        return getattr(self, job["verb"])(job)

    def convert(self, job: dict) -> dict:
        left_out = shutil.ignore_patterns("*.jpg", "*.png") if job.get("golden") == "answers" else None
        shutil.copytree(job["bundle"], job["out"], ignore=left_out)
        return {"folder": job["out"], "size_bytes": 1}

    def finish(self, job: dict) -> dict:
        (Path(job["folder"]) / "finished").write_text(str(len(job["rows"])))
        return {"folder": job["folder"]}

    def measure(self, job: dict) -> dict:
        way = job["variant"]
        milliseconds, wrong = TYPED[way["engine"], way["precision"], way["threads"]]
        labels = [label for _path, label in job["pictures"]]
        answers = [LABELS[1 - LABELS.index(label)] if place < wrong else label for place, label in enumerate(labels)]
        right = len(labels) - wrong
        return {"p50_ms": milliseconds, "p95_ms": 2 * milliseconds, "per_second": 1000 / milliseconds, "size_bytes": 10, "memory_bytes": 20, "accuracy": right / len(answers), "answers": answers}

    def count(self, verb: str) -> int:
        return sum(job[0] == verb for job in self.jobs)


def refuse(_check: Callable) -> None:
    raise TuneError("It cannot be done.")


class Benched:
    """What has a model in use that learned two pictures and was tested with four; `self.child` packs and measures it."""

    def setUp(self) -> None:
        Cast.setUp(self)
        cache.predictors.cache_clear()
        self.tested = [self.image(label, seed) for label in (self.cat, self.dog) for seed in (1, 2)]
        self.learned = [self.image(label, 3) for label in (self.cat, self.dog)]
        self.model = self.trained(1)
        self.child = Child()
        self.swap(work, "offered", lambda bundle, machine: WAYS)
        self.swap(work, "this_machine", lambda: Machine("A processor", 2))
        self.swap(work.tune, "run_child", self.child)
        self.swap(work, "LOOK_EVERY", 0.0)

    def swap(self, place: object, name: str, value: object) -> None:
        patcher = patch.object(place, name, value)
        patcher.start()
        self.addCleanup(patcher.stop)

    def trained(self, number: int) -> Model:
        """The model of a run, in use."""
        snapshot = [[str(image.id), image.label.name, part] for part, some in (("val", self.tested), ("train", self.learned)) for image in some]
        run = jobs.claim(Run, Run.objects.create(project=self.project, number=number, preset="quick", snapshot=snapshot).id, "one")
        folder = small_bundle(settings.DATA / "benched", LABELS)
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        return publish(run, folder, RESULT)

    def claimed(self, **options) -> Tuning:
        return jobs.claim(Tuning, services.start(model=self.model, **options).id, "one")

    def tuned(self, **options) -> Tuning:
        """A tuning that was done."""
        tuning = self.claimed(**options)
        work.run(tuning)
        return Tuning.objects.get(id=tuning.id)

    def row(self, tuning: Tuning, engine: str, precision: str, threads: int = 2):
        return tuning.rows.get(engine=engine, precision=precision, threads=threads)
