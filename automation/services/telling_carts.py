"""Consumer of finished messages and ended ways: what journeys did about a cart is told to the cart, as its state.

Mailed (and so recovered, once it is ordered), or why nobody was written to. Idempotent.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from automation.models import Enrollment
from automation.queries.journeys import SENDER
from cdp.outbox.contracts import TopicMessage
from commerce import services as commerce
from mailing.models import Message

# The cart's own story, which its state tells.
OF_THE_CART = frozenset({"cart_gone", "cart_emptied", "cart_ordered", "ordered_since", "not_idle", "goal_reached"})


def consume(messages: Sequence[TopicMessage]) -> None:
    """Note which carts were mailed about, and of the others why not."""
    finished = {int(pk) for one in messages if one.topic == "message.finished" for pk in one.payload["message_ids"]}
    ended = {int(pk) for one in messages if one.topic == "journey.ended" for pk in one.payload["enrollment_ids"]}
    _mailed(finished)
    _unmailed(ended)


def _mailed(message_ids: set[int]) -> None:
    sent = Message.objects.filter(pk__in=message_ids, sender=SENDER, state=Message.State.SENT, about_id__isnull=False)
    at = {about: when for about, when in sent.order_by("sending_at").values_list("about_id", "sending_at") if when}
    keys = Enrollment.objects.filter(pk__in=list(at)).exclude(cart_key="").values_list("pk", "cart_key")
    latest: dict[str, datetime] = {}
    for pk, key in keys:
        latest[key] = max(at[pk], latest.get(key, at[pk]))
    for key, when in sorted(latest.items()):
        commerce.note_mailed([key], when)


def _unmailed(enrollment_ids: set[int]) -> None:
    unwritten = Q(state=Enrollment.State.EXITED) | Q(reason="held_out")
    rows = Enrollment.objects.filter(unwritten, pk__in=enrollment_ids).exclude(cart_key="")
    rows = rows.exclude(reason__in=OF_THE_CART)
    by_reason: dict[str, list[str]] = defaultdict(list)
    for key, reason in rows.values_list("cart_key", "reason").order_by("cart_key"):
        by_reason[reason].append(key)
    for reason, keys in sorted(by_reason.items()):
        commerce.note_unmailed(keys, reason)
