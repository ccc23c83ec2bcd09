"""The Celery app. Messages carry ids only; what they mean stands in the database. A worker is started by `python -m worker`."""

import os

import django
from celery import Celery

from webapp.core import broker
from worker import slots

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
django.setup()

# Without Celery's own Django glue: it loads every page of the web process, and `worker.perform` looks after connections.
app = Celery(
    "aimaker",
    broker=broker.urls().celery,
    fixups=[],
    include=["worker.life", "worker.tasks.bundles", "worker.tasks.ingest", "worker.tasks.collect", "worker.tasks.correct", "worker.tasks.review", "worker.tasks.exports", "worker.tasks.instant", "worker.tasks.map", "worker.tasks.preview", "worker.tasks.remix", "worker.tasks.similar", "worker.tasks.sweep", "worker.tasks.train", "worker.tasks.tune"],
)
app.conf.update(
    accept_content=["json"],
    task_serializer="json",
    task_ignore_result=True,
    task_track_started=False,
    task_acks_late=False,  # the row's lease, not the message, brings lost work back
    task_create_missing_queues=False,
    task_queues={"io": {"exchange": "io", "routing_key": "io"}, "train": {"exchange": "train", "routing_key": "train"}},
    task_default_queue="io",
    task_publish_retry_policy={"max_retries": 1, "interval_start": 0, "interval_max": 0.2},
    worker_pool="threads",
    worker_concurrency=slots.threads(),
    worker_prefetch_multiplier=1,
    worker_soft_shutdown_timeout=30,
    worker_cancel_long_running_tasks_on_connection_loss=False,  # a training outlives an outage of Redis
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "visibility_timeout": 3600,
        "socket_timeout": 30,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 25,
    },
)
