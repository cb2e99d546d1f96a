"""`manage.py subscriptions`: every consumer with its topics and how far it is behind."""

from typing import Any

from django.core.management.base import BaseCommand

from cdp.outbox import queries, registry


class Command(BaseCommand):
    """Prints the subscriptions page."""

    help = "List consumers, their queues and topics, and what each has yet to do."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line a consumer, then the public topics."""
        self.stdout.write(f"{'consumer':<20} {'queue':<9} {'waiting':>8} {'oldest s':>9} {'parked':>7}  topics")
        for lag in queries.consumer_lags():
            age = "" if lag.oldest_age_s is None else f"{lag.oldest_age_s:.1f}"
            topics = ", ".join(lag.topics) or "(its own due rows)"
            self.stdout.write(f"{lag.consumer:<20} {lag.queue:<9} {lag.undone:>8} {age:>9} {lag.parked:>7}  {topics}")
        for topic, reason in registry.public_topics().items():
            self.stdout.write(f"public: {topic} ({reason})")
