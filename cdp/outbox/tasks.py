"""The one task there is: a wake. It names a consumer and nothing else; what is to be done stands in PostgreSQL."""

from celery import shared_task

from cdp.outbox import services


@shared_task(name="cdp.wake", queue="default", ignore_result=True)  # type: ignore[untyped-decorator]  # celery has no types
def wake(*, consumer: str, **_: object) -> None:
    """Work `consumer` for a while. Later versions may send more keywords: they are ignored."""
    services.run_consumer(consumer)
