"""What watching costs a request: its number, its line in the log, its counts for Prometheus; around an application that answers at once, in one process.

    python -m benchmarks.watching
"""

import io
import os
import sys
import tempfile
from pathlib import Path
from timeit import repeat

from django.conf import settings

from webapp.core import access, measures
from webapp.core.tracing import ROUTE, Traced

MUST = 50.0  # microseconds: a hundredth of what a model needs for an answer
TIMES, ROUNDS = 200, 300  # short ones: the best of many is one that nobody disturbed
PATH = "/api/v1/models/0f8fad5b-d9cb-469f-a165-70867728950e/predict"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="aimaker-bench-") as data, open(os.devnull, "w") as nowhere:
        settings.configure(DATA=Path(data), METRICS_TOKEN="", LOG_REQUESTS=False, LOG_FORMAT="json", STATIC_URL="/static/")
        access.STDERR = nowhere.fileno()
        floor, found = microseconds(answer), {}
        found["its number"] = microseconds(Traced(answer))
        settings.LOG_REQUESTS = True
        found["and a line in the log"] = microseconds(Traced(answer))
        settings.METRICS_TOKEN = "x" * 20
        found["and counts for Prometheus"] = microseconds(Traced(answer))
        found["and the seconds of a model"] = microseconds(Traced(predicted))
    print(f"{'microseconds a request':32} {'all':>7} {'watching':>9}")
    for name, took in {"unwatched (floor)": floor, **found}.items():
        print(f"{name:32} {took:7.2f} {took - floor:9.2f}")
    print(f"must: at most {MUST:.0f} for watching")
    if max(found.values()) - floor > MUST:
        sys.exit("watching costs too much")


def answer(environ: dict, start_response) -> list[bytes]:
    environ[ROUTE] = "api:predict_by_model"
    start_response("200 OK", [("Content-Type", "application/json")])
    return [b"{}"]


def predicted(environ: dict, start_response) -> list[bytes]:
    measures.predicted("api", 0.0042)
    return answer(environ, start_response)


def microseconds(application) -> float:
    """The best of some rounds."""
    asked = {"REQUEST_METHOD": "POST", "PATH_INFO": PATH, "wsgi.input": io.BytesIO()}

    def once() -> None:
        application(dict(asked), lambda status, headers, *_: None)

    return 1e6 * min(repeat(once, number=TIMES, repeat=ROUNDS)) / TIMES


if __name__ == "__main__":
    main()
