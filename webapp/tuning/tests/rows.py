"""A tuning whose rows are typed, for pages and for what needs no clock."""

from webapp.core.test import Cast
from webapp.serving.models import Model
from webapp.training.models import Run
from webapp.tuning.models import Tuning

# engine, precision, input size, threads, milliseconds, right of 200, answered otherwise
TYPED = [
    ("onnxruntime", "fp32", 224, 2, 7.1, 184, 0),
    ("onnxruntime", "int8", 224, 2, 6.6, 181, 6),
    ("openvino", "fp32", 224, 2, 5.5, 184, 0),
    ("openvino", "int8", 224, 2, 3.9, 183, 4),
    ("openvino", "int8", 224, 1, 6.2, 183, 4),
    ("openvino", "int8", 160, 2, 2.1, 176, 15),
    ("torch", "fp32", 224, 2, 19.1, 184, 0),
]


def typed(tuning: Tuning) -> None:
    """The rows of a tuning, as if they had been measured."""
    for engine, precision, size, threads, milliseconds, right, changed in TYPED:
        tuning.rows.create(
            engine=engine, precision=precision, input_size=size, threads=threads, p50_ms=milliseconds, p95_ms=1.2 * milliseconds, per_second=1000 / milliseconds,
            size_bytes=13_400_000 if precision == "fp32" else 3_900_000, memory_bytes=180_000_000, pictures=200, accuracy=right / 200, changed=changed, files=["1/bundle.json"],
        )


class Measured(Cast):
    """A published model of Alice's project that was measured on two cores for 6 ms."""

    def setUp(self) -> None:
        super().setUp()
        run = Run.objects.create(project=self.project, preset="quick", status="ready", active=None)
        self.model = Model.objects.create(project=self.project, run=run, labels=["猫", "犬"], accuracy=0.92, size_bytes=13_400_000, input_size=224, sha256="0" * 64, published=True)
        machine = {"name": "A processor", "cores": 2, "versions": {}}
        self.tuning = Tuning.objects.create(project=self.project, model=self.model, status="done", target_ms=6, total=7, processed=7, machine=machine)
        typed(self.tuning)

    def row(self, engine: str, precision: str, size: int = 224, threads: int = 2):
        return self.tuning.rows.get(engine=engine, precision=precision, input_size=size, threads=threads)
