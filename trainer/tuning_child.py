"""python -m trainer.tuning_child job.json result.json: one conversion or one measurement, in a process that may be killed at any moment.

`trainer.tune.run_child` is the other side. What is not needed is not imported: the memory told is that of one engine.
"""

import json
import logging
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from trainer.files import write_atomic
from trainer.sentences import Refusal, _

NICE = 5  # pages go first
PREFER_TO_KILL = 500  # of 1,000: when memory runs out the kernel shall take this process, not a worker

log = logging.getLogger(__name__)


def main(arguments: list[str]) -> int:
    """Do the job in the first file and write what was found to the second; returns the exit status."""
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    os.nice(NICE)
    # NNCF and OpenVINO report their use to their makers where this package is installed, NNCF as soon as it is imported. Nobody asked for that here.
    sys.modules["openvino_telemetry"] = None
    Path("/proc/self/oom_score_adj").write_text(str(PREFER_TO_KILL))
    job = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    write_atomic(arguments[1], json.dumps(answer(job), ensure_ascii=False).encode())
    return 0


def answer(job: dict) -> dict:
    """What was found, or {"failed": {"text", "values"}}: a sentence with its values."""
    try:
        return _VERBS[job["verb"]](job)
    except Refusal as error:
        return {"failed": {"text": error.text, "values": error.values}}
    except Exception as error:
        log.exception("%s came to nothing", job["verb"])
        return {"failed": {"text": _("This machine cannot do it: %(error)s"), "values": {"error": _short(error)}}}


def _convert(job: dict) -> dict:
    # Each verb loads what it needs alone: OpenVINO, NNCF and torch are hundreds of megabytes.
    from trainer.bundle import PICTURES, read_bundle
    from trainer.convert import convert
    from trainer.variants import Variant

    folder = convert(job["bundle"], Variant(**job["variant"]), job["out"], job["calibration"], golden=job.get("golden", PICTURES))
    return {"folder": str(folder), "size_bytes": read_bundle(folder).size_bytes}


def _finish(job: dict) -> dict:
    from trainer.convert import finish  # as above
    from trainer.manifest import Row

    finish(job["folder"], [Row(**row) for row in job["rows"]])
    return {"folder": job["folder"]}


def _measure(job: dict) -> dict:
    from trainer.tune import measure  # as above
    from trainer.variants import Variant

    return asdict(measure(job["folder"], Variant(**job["variant"]), [tuple(pair) for pair in job["pictures"]]))


_VERBS: dict[str, Callable[[dict], dict]] = {"convert": _convert, "finish": _finish, "measure": _measure}


def _end_with_parent() -> None:
    # Nothing is ever written to the pipe: it ends when the process that holds its other end does.
    sys.stdin.buffer.read()
    os._exit(1)


def _short(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:200] or type(error).__name__


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
