"""What a training child does: fit, export, check, publish; it talks to its parent in plain dicts and never outlives it."""

import errno
import logging
import os
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

from trainer.bundle import versions, write_bundle
from trainer.config import ConfigError, TrainConfig
from trainer.fit import Cancelled, FitError, fit
from trainer.manifest import Manifest, ManifestError
from trainer.sentences import _
from trainer.shortage import is_out_of_memory

# What the forkserver should import once, so that every child starts in a few hundredths of a second.
PRELOAD = ["trainer.child", "trainer.finetune", "trainer.export", "onnxscript"]

# A batch or an export that does not come back in time is left behind: everything on disk is whole at any moment.
PATIENCE_SECONDS = 1.5

log = logging.getLogger(__name__)


def serve(connection: Connection, job: dict) -> None:
    """Train as `job` says and tell `connection` (multiprocessing) how it goes.

    job: config (dict), manifest (path), work_dir, bundle_dir, cache_dir.
    Sends {"stage": name}, {"epoch": {...}}, {"log": line}, then one of {"done": {...}}, {"failed": {"cause", "next_step"}, "out_of_memory": bool, "batch_size": what was used, or 0}, {"cancelled": True}.
    Obeys "cancel" within 2 s at every stage, "save" (leave a checkpoint) at the end of the epoch; ends at once when the other side is gone.
    """
    link = _Link(connection)
    try:
        link.send({"done": run(job, link)})
    except Cancelled:
        link.send({"cancelled": True})
    except Exception as error:
        log.exception("the run failed")
        link.send({"failed": explain(error), "out_of_memory": is_out_of_memory(error), "batch_size": getattr(error, "batch_size", 0)})


def run(job: dict, link: "_Link") -> dict:
    """Fit, export, check and publish; returns the facts of the model as plain values."""
    started = time.monotonic()
    config, manifest = TrainConfig.from_dict(job["config"]), Manifest.load(job["manifest"])
    result = fit(config, manifest, job["work_dir"], lambda report: link.send({"epoch": report.to_dict()}),
                 on_stage=link.stage, should_stop=link.cancelled.is_set, cache_dir=job["cache_dir"], on_log=link.log, should_save=link.saving.is_set)
    link.stage("exporting")
    # Here and not before: loading torch takes seconds, and the epochs of preset quick need none of it.
    from trainer.export import export

    exported = export(result, job["cache_dir"], link.check)
    link.log(f"Exported; its answers differ from those of training by {exported.difference:.2g} at most.")
    link.check()
    accuracy = result.evaluation["accuracy"]
    folder = write_bundle(
        job["bundle_dir"], model=exported.model, labels=result.labels, input_size=exported.input_size, preset=config.preset,
        accuracy=accuracy, golden=exported.golden, novelty=result.novelty, details={"config": config.to_dict(), "best": result.best, "torch_difference": exported.difference},
    )
    return {
        "bundle": str(folder), "accuracy": accuracy, "evaluation": result.evaluation, "best": result.best,
        "epochs": result.epochs, "seconds": time.monotonic() - started, "skipped": result.skipped,
        "answers": result.answers, "device": result.device, "versions": versions(),
    }


def explain(error: Exception) -> dict:
    """An exception as {"cause", "next_step", "values"}: two sentences for a person, the first with places for the values."""
    for test, cause, next_step in _EXPLANATIONS:
        if test(error):
            said = {"cause": cause} if cause else {"cause": getattr(error, "text", str(error)), "values": getattr(error, "values", {})}
            return {"next_step": next_step, "values": {}} | said
    return {
        "cause": _("Training stopped because of an unexpected error (%(name)s: %(error)s)."), "values": {"name": type(error).__name__, "error": str(error)},
        "next_step": _("Train again. If it happens again, report it with this text."),
    }


def _is_full(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def _is_lost_gpu(error: Exception) -> bool:
    return type(error).__name__ == "AcceleratorError" or isinstance(error, RuntimeError) and "CUDA error" in str(error)


def _named(*names: str) -> Callable[[Exception], bool]:
    return lambda error: type(error).__name__ in names


_EXPLANATIONS = [
    (_is_full, _("The disk is full."), _("Free some space, then train again: it goes on where it stopped.")),
    (is_out_of_memory, _("The memory was not enough."), _("Choose a smaller batch_size or image_size, or preset quick, then train again.")),
    (_is_lost_gpu, _("The GPU stopped working."), _("Train again. If it happens again, restart this machine, or choose cpu for devices.")),
    (lambda error: isinstance(error, FitError | ManifestError), None, _("Look through the pictures of each label, then train again.")),
    (lambda error: isinstance(error, ConfigError), None, _("Change this option, then train again.")),
    (_named("BackboneError"), None, _("Choose another backbone, then train again.")),
    (_named("ParityError"), None, _("Nothing was published. Train again; if it happens again, choose another backbone.")),
]


class _Link:
    """The connection to the parent: sends from the training thread, listens in a thread of its own."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.cancelled, self.saving = threading.Event(), threading.Event()
        threading.Thread(target=self._listen, name="parent", daemon=True).start()

    def send(self, message: dict) -> None:
        try:
            self._connection.send(message)
        except (BrokenPipeError, ConnectionError):
            os._exit(1)  # nobody is left to train for

    def stage(self, name: str) -> None:
        self.check()
        self.send({"stage": name})

    def log(self, line: str) -> None:
        self.send({"log": line})

    def check(self) -> None:
        if self.cancelled.is_set():
            raise Cancelled

    def _listen(self) -> None:
        try:
            while (asked := self._connection.recv()) != "cancel":
                if asked == "save":
                    self.saving.set()
        except (EOFError, OSError):
            os._exit(1)  # the parent is gone; its successor goes on from the checkpoints
        self.cancelled.set()
        time.sleep(PATIENCE_SECONDS)
        self.send({"cancelled": True})
        os._exit(0)
