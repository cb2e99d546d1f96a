"""Steps that tell somebody outside: by a topic in the slice's transaction, delivered at least once afterwards."""

from collections.abc import Sequence
from datetime import datetime

from automation.graph import NotifyStaff, Webhook
from automation.queries.ways import Way
from automation.services import moving
from cdp.outbox.services import publish

TOLD = (
    "cart_key",
    "order_id",
    "product_id",
    "product_ids",
    "stage",
    "segment",
    "day",
    "old",
    "new",
    "currency",
    "offer",
)
"""What started a way, as ids and amounts; what else an event told of a person is no business of a recipient."""


def webhook(ways: Sequence[Way], now: datetime) -> None:
    """`journey.webhook`: the recipient's own queue, consent and signatures are recipients'."""
    for way in ways:
        assert isinstance(way.step, Webhook)
        payload = {
            "endpoint": way.step.endpoint,
            "key": f"journey:{way.row.pk}:{way.row.node}",
            "journey": way.journey.slug,
            "node": way.row.node,
            "identifier_id": way.row.identifier_id,
            "facts": {name: way.row.facts[name] for name in TOLD if name in way.row.facts},
        }
        publish("journey.webhook", payload)
        moving.go_on(way, now)


def notify_staff(ways: Sequence[Way], now: datetime) -> None:
    """`journey.staff`: `automation.services.notifying` writes the mails."""
    told = []
    for way in ways:
        assert isinstance(way.step, NotifyStaff)
        told.append({"enrollment_id": way.row.pk, "version_id": way.row.version_id, "node": way.row.node})
        moving.go_on(way, now)
    for one in told:
        publish("journey.staff", one)
