"""Messages as rows, for tests that only read them."""

import itertools
from typing import Any

from cdp.lib.hashing import address_hash
from consent.contracts import EMAIL_MARKETING
from mailing.models import Message

_numbers = itertools.count(1)


def message(address: str = "jane@example.com", **changes: Any) -> Message:
    """A queued message of a journey, unless told otherwise."""
    values: dict[str, Any] = {
        "sender": "journey",
        "sender_id": 1,
        "label": "Abandoned cart",
        "step": "mail_1",
        "occasion": f"row:{next(_numbers)}",
        "purpose": EMAIL_MARKETING,
        "template": "abandoned-cart-1",
        "address": address,
        "address_hash": address_hash(address),
        "identifier_id": 1,
    }
    return Message.objects.create(**(values | changes))
