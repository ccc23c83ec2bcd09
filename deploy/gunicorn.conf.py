"""gunicorn, the web process: pages and API. Settings that are the same on one machine and on many."""

import os

_host = os.environ.get("HOST") or "127.0.0.1"
bind = f"{f'[{_host}]' if ':' in _host else _host}:{os.environ.get('PORT') or 8000}"
workers = 2
worker_class = "gthread"
threads = 4
preload_app = False  # it would save 25 MB, but onnxruntime does not live through a fork: the processes would abort when they end
timeout = 60
graceful_timeout = 5
keepalive = 5
backlog = 512
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # a heartbeat on a slow disk would look like a frozen worker
control_socket_disable = True
loglevel = "warning"
