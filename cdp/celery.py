"""The Celery app: workers and beat that carry nothing but wakes, so losing the broker loses no work."""

import os

from celery import Celery
from kombu.entity import Exchange, Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdp.settings")

QUEUES = ("ingest", "default", "segments", "ml", "mail")


def _queue(name: str) -> Queue:
    """With an exchange of its own: left to Celery, all queues would be bound to one and the same key."""
    return Queue(name, Exchange(name), routing_key=name)  # type: ignore[no-untyped-call]  # kombu has no types


app = Celery("cdp")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_queues=[_queue(name) for name in QUEUES],
    task_default_queue="default",
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,  # rows are fenced: finishing twice is harmless
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": 60,
        # By default a killed worker's wake came back only after 75 s or more.
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": 1,
        "socket_timeout": 5,
        "socket_keepalive": True,
    },
    enable_utc=True,
    timezone="UTC",
    beat_scheduler="cdp.schedule:WakeScheduler",
    beat_max_loop_interval=5,
)
app.autodiscover_tasks()
