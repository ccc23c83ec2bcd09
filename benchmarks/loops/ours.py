"""A run as a training child does it, from the list of pictures to the checked bundle.

    python -m benchmarks.loops.ours task.json

task: config (of TrainConfig), manifest (path of one), folder (an empty one), cache, and test, a list of [path, name of the label].
Prints {"seconds" from start to bundle, "epoch_seconds", "stages" (the seconds of each by its name), "log", "accuracy" of the bundle on the test pictures, "peak_mb", "gpu_mb"} as JSON.
"""

import json
import resource
import sys
import time
from collections.abc import Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread

import torch

import trainer.finetune  # what the process has loaded already that training children are forked from
from trainer.child import serve
from trainer.export import export
from trainer.predict import Predictor

LOADED = (trainer.finetune, export)


def main() -> Connection:
    """Run the task; gives our end of the pipe, which must stay open: a child that loses it ends its process."""
    with open(sys.argv[1]) as file:
        task = json.load(file)
    folder = Path(task["folder"])
    job = {"config": task["config"], "manifest": task["manifest"], "work_dir": str(folder), "bundle_dir": str(folder / "bundle"), "cache_dir": task["cache"]}
    here, there = Pipe()
    heard, started = [], time.perf_counter()
    listener = Thread(target=lambda: heard.extend(told(here)))
    listener.start()
    serve(there, job)  # here and not in a thread, as in a training child: memory that a thread asks for is given back to the system again and again
    listener.join()
    seconds = time.perf_counter() - started
    peak, gpu = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, torch.cuda.max_memory_allocated() / 2**20 if torch.cuda.is_initialized() else 0
    predictor = Predictor(folder / "bundle")
    hits = sum(predictor.predict(path, top=1).answers[0][0] == label for path, label in task["test"])
    facts = {"seconds": seconds, "stages": stages(heard, started + seconds), "log": [message["log"] for _when, message in heard if "log" in message]}
    epochs = [message["epoch"]["seconds"] for _when, message in heard if "epoch" in message]
    print(json.dumps(facts | {"epoch_seconds": epochs, "accuracy": hits / len(task["test"]), "peak_mb": peak, "gpu_mb": gpu}), flush=True)
    return here


def told(connection: Connection) -> Iterator[tuple[float, dict]]:
    """When it said what, until the child has ended well."""
    while True:
        message = connection.recv()
        yield time.perf_counter(), message
        if "done" in message:
            return
        if "failed" in message:
            sys.exit(str(message["failed"]))


def stages(heard: list[tuple[float, dict]], ended: float) -> dict[str, float]:
    """The seconds of each stage; the last one includes writing the bundle."""
    begun = [(when, message["stage"]) for when, message in heard if "stage" in message]
    ends = [when for when, _stage in begun[1:]] + [ended]
    return {stage: end - when for (when, stage), end in zip(begun, ends, strict=True)}


if __name__ == "__main__":
    open_until_the_end = main()
