"""Forgetting: topics that carry a key which an erased person gave, such as the id of a cart."""

from collections.abc import Collection

from cdp.lib.mentions import Mentions
from cdp.lib.naming_rows import naming_rows
from cdp.outbox.models import TopicRow

PREFIX = "cart"


def forget_topics(keys: Collection[str]) -> int:
    """Delete topics whose payload carries one of these keys, bare or after a kind ("cart:…"), with their deliveries.

    Whoever was still to hear of them has nothing left to read. Returns how many.
    """
    mentions = Mentions(("key", text) for key in keys for text in (key, f"{PREFIX}:{key}"))
    gone = naming_rows(TopicRow, ("payload",), mentions)
    return TopicRow.objects.filter(pk__in=gone).delete()[1].get("outbox.TopicRow", 0) if gone else 0
