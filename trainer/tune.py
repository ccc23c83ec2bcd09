"""How fast and how good a variant of a model is, measured in a process of its own."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import numpy as np

from trainer import engines
from trainer.bundle import Bundle, read_network
from trainer.pixels import PictureError, decode
from trainer.predict import wanted
from trainer.sentences import Refusal, _
from trainer.variants import Variant

TIMED_PICTURES = 24  # asked again and again for the times
WARM_UP = 8
TIMES, SECONDS, PATIENCE = 60, 1.0, 5.0  # at least so many undisturbed answers and so long; no more once this is over
DISTURBED = 0.02  # of an answer's time its threads waited for a core that another process had
ENOUGH = 20  # undisturbed answers; with fewer, all count
LONGEST = 900.0  # seconds for a job that says nothing else
_POLL = 0.1


class TuneError(Refusal):
    """A conversion or a measurement came to nothing, and why; the message is a sentence for a person."""


@dataclass(frozen=True)
class Measured:
    """What was measured: milliseconds from the decoded picture to what an answer is made of, its probabilities and features; pictures a second one after
    another; bytes of the network's files and of the process at most; and for each picture asked the label answered ("" where it cannot be read), accuracy over those that can.

    The median and the pictures a second are those of answers that no other process disturbed; p95_ms is that of all answers, as somebody who waits meets them.
    Opening the picture file, its way to this machine and the comparison with what the model holds for usual are in none of them.
    """

    p50_ms: float
    p95_ms: float
    per_second: float
    size_bytes: int
    memory_bytes: int
    accuracy: float
    answers: list[str]


def measure(folder: str | Path, variant: Variant, pictures: Sequence[tuple[str | Path, str]], check_stop: Callable[[], None] = lambda: None) -> Measured:
    """Measure a variant that was converted: pictures are pairs of (picture file, its label), such as the validation pictures. Raises TuneError.

    Answers during which another process had the cores do not count for the median, unless there are hardly any others: it is to be that of this machine, not of its day.
    """
    bundle, files = read_network(folder)
    network = engines.load(variant.engine, variant.precision, files, variant.threads)
    del files  # the engine has its own; the memory told should be that of serving
    calm, times = _times(network, wanted(bundle), [picture for path, _label in pictures[:TIMED_PICTURES] if (picture := _decoded(path, bundle)) is not None], check_stop)
    answers = _answers(network, bundle, [path for path, _label in pictures], check_stop)
    right = [answer == label for answer, (_path, label) in zip(answers, pictures, strict=True) if answer]
    return Measured(
        p50_ms=1000 * float(np.median(calm)), p95_ms=1000 * float(np.percentile(times, 95)), per_second=1 / float(np.mean(calm)), size_bytes=bundle.size_bytes,
        memory_bytes=_peak_memory(), accuracy=float(np.mean(right)), answers=answers,
    )


def run_child(job: dict, check: Callable[[], None] = lambda: None, room: str | Path | None = None) -> dict:
    """Let a process of its own do a job and return what it found; kills it, and all it started, when check() raises. Raises TuneError.

    {"verb": "convert", "bundle", "variant": asdict(Variant), "out", "calibration": [path]}            -> {"folder", "size_bytes"}; may carry "golden"
    {"verb": "finish", "folder", "rows": [asdict(Row)]}                                                -> {"folder"}
    {"verb": "measure", "folder", "variant", "pictures": [[path, label]]}                              -> asdict(Measured)
    All may carry "seconds": how long it may take at most. check() is called several times a second. room: an existing folder for all files that are there
    for a time, the child's own too, which a child that is killed leaves behind: they go at the end, or with the room where this process is killed as well.
    """
    with tempfile.TemporaryDirectory(prefix="tuning", dir=room) as scratch:
        told, result, said_by_it = (Path(scratch).resolve() / name for name in ("job.json", "result.json", "output.txt"))
        told.write_text(json.dumps(job), encoding="utf-8")
        with open(said_by_it, "wb") as output:
            # Its standard input is a pipe that closes when this process dies, whatever it dies of: then it ends too.
            child = subprocess.Popen(
                [sys.executable, "-m", "trainer.tuning_child", str(told), str(result)], cwd=Path(__file__).parents[1], start_new_session=True,
                stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT, env=os.environ | {"TMPDIR": str(told.parent)},
            )
            try:
                _wait(child, job.get("seconds", LONGEST), check)
            finally:
                _end(child)
        return _found(child.returncode, result, said_by_it)


def _wait(child: subprocess.Popen, seconds: float, check: Callable[[], None]) -> None:
    until = time.monotonic() + seconds
    while True:
        check()
        try:
            child.wait(_POLL)
            return
        except subprocess.TimeoutExpired:
            if time.monotonic() > until:
                raise TuneError(_("It took longer than %(seconds)d seconds and was stopped."), seconds=int(seconds)) from None


def _end(child: subprocess.Popen) -> None:
    """Kill it, if it is still there, and all of its session."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    child.stdin.close()


def _found(status: int, result: Path, output: Path) -> dict:
    if result.exists():
        found = json.loads(result.read_text(encoding="utf-8"))
        if "failed" not in found:
            return found
        raise TuneError(found["failed"]["text"], **found["failed"]["values"])
    if status == -signal.SIGKILL:
        raise TuneError(_("The memory of this machine was not enough for it."))
    lines = output.read_text(encoding="utf-8", errors="replace").strip().splitlines() or [""]
    raise TuneError(_("It ended without a result (status %(status)d): %(line)s"), status=status, line=lines[-1][:200])


def _times(network: engines.Network, outputs: list[str], pictures: Sequence[np.ndarray], check_stop: Callable[[], None]) -> tuple[list[float], list[float]]:
    """Seconds from a decoded picture to these outputs, one after another: of the answers that nothing disturbed (of all, where those are few), and of all."""
    if not pictures:
        raise TuneError(_("None of the pictures can be read, so that nothing can be measured. Add pictures, then train again."))
    for picture in pictures[:WARM_UP]:  # these fill caches and start threads
        check_stop()
        network.run(picture, outputs)
    times, calm, began = [], [], time.perf_counter()
    for picture in cycle(pictures):
        check_stop()
        before, started = _waited(), time.perf_counter()
        network.run(picture, outputs)
        ended = time.perf_counter()
        times.append(ended - started)
        if _waited() - before <= DISTURBED * times[-1]:
            calm.append(times[-1])
        if ended - began > (SECONDS if len(calm) >= TIMES else PATIENCE):
            return calm if len(calm) >= ENOUGH else times, times


def _waited() -> float:
    """Seconds that the threads of this process have been ready to run while others had the cores."""
    waited = 0
    for task in os.scandir("/proc/self/task"):
        try:
            waited += int(Path(task, "schedstat").read_bytes().split()[1])
        except OSError:
            continue  # a thread that ended just now, or a system that does not count it
    return waited / 1e9


def _answers(network: engines.Network, bundle: Bundle, paths: Sequence[str | Path], check_stop: Callable[[], None]) -> list[str]:
    answers = []
    for path in paths:
        check_stop()
        picture = _decoded(path, bundle)
        answers.append("" if picture is None else bundle.labels[int(network.run(picture, ["probabilities"])[0][0].argmax())])
    return answers


def _decoded(path: str | Path, bundle: Bundle) -> np.ndarray | None:
    try:
        return decode(path, bundle.input_size)
    except PictureError:
        return None


def _peak_memory() -> int:
    """Bytes that this process held at most. (`ru_maxrss` would begin with what its parent held.)"""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise TuneError(_("This system does not say how much memory a process holds."))
