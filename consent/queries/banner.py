"""What the banner must know beyond the gate."""

from django.db.models import Max

from consent.models import Notice


def asks_again_since() -> int:
    """The latest notice that asks everybody again; 0 while none does. Answers under older ones are not enough."""
    found: int | None = Notice.objects.filter(ask_again=True).aggregate(latest=Max("version"))["latest"]
    return found or 0
