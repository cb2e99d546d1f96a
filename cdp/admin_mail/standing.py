"""What stands still while all marketing is stopped, or would: queued mails by sender, live journeys, campaigns."""

from dataclasses import dataclass

from django.db.models import Count

from automation.models import Journey
from campaigns.models import Campaign
from mailing.models import Message

MOST = 10


@dataclass(frozen=True, slots=True)
class Standing:
    """`queued`: (what sends them, how many), most first."""

    queued: tuple[tuple[str, int], ...]
    journeys: tuple[str, ...]
    campaigns: tuple[str, ...]

    @property
    def total(self) -> int:
        """Marketing mails that wait, of all senders."""
        return sum(count for _, count in self.queued)


def standing() -> Standing:
    """Three statements; the queue is counted through its own index."""
    waiting = Message.objects.filter(kind=Message.Kind.MARKETING, state=Message.State.QUEUED)
    rows = waiting.values_list("sender", "label").annotate(n=Count("pk")).order_by("-n")
    journeys = Journey.objects.filter(state=Journey.State.LIVE).order_by("name").values_list("name", flat=True)
    campaigns = Campaign.objects.filter(state__in=[Campaign.State.RUNNING, Campaign.State.SCHEDULED]).order_by("name")
    return Standing(
        tuple((f"{sender.capitalize()} “{label}”", count) for sender, label, count in rows),
        tuple(journeys[:MOST]),
        tuple(campaigns.values_list("name", flat=True)[:MOST]),
    )
