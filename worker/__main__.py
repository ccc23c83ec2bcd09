"""`python -m worker`: one worker for all queues."""

import sys
import warnings

from celery.platforms import SecurityWarning

from worker.app import app

if __name__ == "__main__":
    # It warns of root because of pickled messages; ours are JSON, and in a container root is usual.
    warnings.simplefilter("ignore", SecurityWarning)
    # Workers do not talk to each other: what they would say stands in the database.
    worker = app.Worker(quiet=True, without_gossip=True, without_mingle=True, without_heartbeat=True)
    worker.start()
    sys.exit(worker.exitcode)
