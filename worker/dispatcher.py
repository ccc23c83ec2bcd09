"""The dispatcher: looks for rows that wait and sends their ids. `python -m worker.dispatcher`, or `manage.py dispatch`.

Any number of them may run, and any of them may be killed at any moment: a hint that is lost is sent again, one that comes twice changes nothing.
"""

import logging
import signal
from datetime import date
from threading import Event

import redis
from django.db import DatabaseError, InterfaceError, close_old_connections
from django.utils import timezone
from kombu.exceptions import OperationalError

from worker.app import app  # before the models: it sets Django up

# isort: split
from webapp.answers import corrections
from webapp.core import alive, broker, jobs
from webapp.core.jobs import Job
from webapp.instant import services as instant
from webapp.takedown import janitor

LOOK_EVERY = 0.2
AFTER_TROUBLE = 1.0
ENOUGH = 200  # hints of one queue that may lie in Redis; more would only pile up while no worker is there

log = logging.getLogger(__name__)
_swept: list[date] = []  # the last day that this process has ordered a sweep for


def main() -> None:
    """Dispatch until SIGTERM or SIGINT."""
    ended = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_args: ended.set())
    # A dispatcher that hangs in a dead connection would start nothing: it gives up after two seconds and tries again.
    app.conf.broker_transport_options = {**app.conf.broker_transport_options, "socket_timeout": 2}
    trouble = ""
    while not ended.wait(AFTER_TROUBLE if trouble else LOOK_EVERY):
        trouble = look(trouble)
        alive.tell()


def look(trouble: str) -> str:
    """One look at every kind of work; gives what is wrong, and logs it when it differs from what was wrong before."""
    try:
        order_daily_sweep()
        instant.order()
        corrections.order()
        for model in jobs.kinds():
            dispatch(model)
        now = ""
    except (DatabaseError, InterfaceError) as error:
        close_old_connections()
        now = f"the database does not answer: {error}"
    except (OperationalError, redis.RedisError, OSError) as error:
        now = f"Redis does not answer, work waits: {error}"
    if now != trouble:
        log.warning("%s", now or "all is well again")
    return now


def order_daily_sweep() -> None:
    """Once a day, have the files swept; any number of dispatchers order the same one."""
    today = timezone.now().date()
    if _swept != [today]:
        janitor.order()
        _swept[:] = [today]


def dispatch(model: type[Job]) -> int:
    """Send hints for the rows of a kind that are due; gives how many."""
    ids = jobs.due(model)
    if not ids or broker.waiting(model.QUEUE) >= ENOUGH:
        return 0
    # A connection for each time something is due, which is seldom: one that broke while nothing was sent is never met.
    with app.connection_for_write(broker.urls().celery) as connection:
        for row_id in ids:
            app.send_task(model.TASK, args=[str(row_id)], queue=model.QUEUE, ignore_result=True, retry=False, connection=connection)
    jobs.mark_hinted(model, ids)
    return len(ids)


if __name__ == "__main__":
    main()
