"""gunicorn, the web process: pages and API. Settings that are the same on one machine and on many."""

import os

from gunicorn.workers.gthread import ThreadWorker

from webapp.core import logs, patience

_host = os.environ.get("HOST") or "127.0.0.1"
bind = f"{f'[{_host}]' if ':' in _host else _host}:{os.environ.get('PORT') or 8000}"
workers = 2
threads = 12  # of which few read long bodies (webapp/core/bodies.py), few look at pictures, and the rest wait for a database or a line
preload_app = False  # it would save 25 MB, but onnxruntime does not live through a fork: the processes would abort when they end
timeout = 60
graceful_timeout = 5
keepalive = 5
backlog = 512
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # a heartbeat on a slow disk would look like a frozen worker
control_socket_disable = True
logconfig_dict = logs.settings(os.environ.get("LOG_FORMAT") or logs.LINE, "WARNING")  # of the process above the workers


class Leaving(ThreadWorker):
    """Threads that lose nobody when they are told to end.

    gunicorn's own threads take no calls any more but keep the door open: whoever comes while a last answer takes its time waits in front of it, and is sent
    away when the process ends. These take who is there already and close the door, so that the next caller is refused at once and nginx asks another process.
    """

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                if listener.sock:  # none where we were told to end before we began
                    self._take_all(listener)
                    listener.close()

    def _take_all(self, listener) -> None:
        before = -1
        while before != self.nr_conns:  # a call that nobody makes counts for nothing
            before = self.nr_conns
            self.accept(listener)


worker_class = Leaving


def post_fork(server, worker) -> None:
    """Keep the process small, before it has threads."""
    # Here, because onnxruntime does not live through a fork.
    from trainer.memory import keep_little

    keep_little()
    patience.serve_people()


def post_worker_init(worker) -> None:
    """What a process does before the first request, with the settings read."""
    # Here, because the one asks the database and the other reads the settings.
    from webapp.core import incoming, one_key

    incoming.sweep_at_start()
    one_key.tell_at_start()
