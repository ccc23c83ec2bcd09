"""`python -m worker`: one worker for all queues, or `--queues io` and `--queues train` on machines of their own."""

import argparse
import os
import sys
import warnings

from celery.platforms import SecurityWarning
from django.core.exceptions import ImproperlyConfigured


def main() -> int:
    """Work until told to end; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m worker", description="Do the work that waits in the database.")
    parser.add_argument("--queues", help="io, train, or both with a comma between; WORKER_QUEUES when left out")
    if said := parser.parse_args().queues:
        os.environ["WORKER_QUEUES"] = said
    # They read the settings, so after what was said here.
    from django.conf import settings

    from trainer.memory import keep_little

    keep_little()  # before there are threads: each would have a heap of its own, and keep what its pictures needed
    from worker.app import app

    # It warns of root because of pickled messages; ours are JSON, and in a container root is usual.
    warnings.simplefilter("ignore", SecurityWarning)
    # Workers do not talk to each other: what they would say stands in the database.
    worker = app.Worker(queues=settings.WORKER_QUEUES, quiet=True, without_gossip=True, without_mingle=True, without_heartbeat=True)
    worker.start()
    return worker.exitcode


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ImproperlyConfigured as error:
        sys.exit(f"AI Maker cannot start. {error}")
