"""What an event itself denies: its own consent context, or Sec-GPC where the law it tells of says so.

By the denied purpose's setting such an event is stored as ever and asked about at each use, stored without identifiers,
or not stored. Only the event is asked, and the laws as they stand: never what is stored of the person, so that a
replay finds the same. Exempt: orders (a contract needs them), consent events, and receipts of e-mails and messages.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from cdp.lib.clock import from_us
from consent import regimes, signals
from consent.contracts import DENIED, GPC, WITHDRAWN, SignalEvent
from consent.purposes_in_force import Purposes, purposes_now
from consent.services.meaning import meaning_of
from events.identifying import emails_of
from events.items import OpenItem
from events.names import ORDER_EVENTS

STORE, ANONYMOUS, REFUSE = "store", "anonymous", "refuse"
STRICTNESS = (STORE, ANONYMOUS, REFUSE)
ORDERS = ORDER_EVENTS - {"Checkout Started"}
ABOUT_PEOPLE = frozenset({"identify", "alias", "group"})
"""Calls that say nothing but who somebody is: without identifiers nothing is left of them."""
RECEIPT_PREFIXES = ("email ", "sms ", "text message ")


def fate_of(item: OpenItem, event: SignalEvent) -> str:
    """STORE, ANONYMOUS or REFUSE."""
    purposes = purposes_now()
    if all(one.denied_event == STORE for one in purposes.all) or is_exempt(item):
        return STORE
    refused = [one for one in signals.read(event, meaning_of(purposes)) if one.state in (DENIED, WITHDRAWN)]
    found = max((_asked(one, purposes, item) for one in refused), key=STRICTNESS.index, default=STORE)
    return REFUSE if found == ANONYMOUS and item.type in ABOUT_PEOPLE else found


def is_exempt(item: OpenItem) -> bool:
    """Whether it is needed for a contract, or speaks of consent and messages itself."""
    if item.type != "track":
        return False
    folded = item.name.lower()
    if item.name in ORDERS or folded == signals.PREFERENCE_EVENT or folded in signals.RECEIPTS:
        return True
    return folded.startswith(RECEIPT_PREFIXES)


def signal_of(
    item: OpenItem, *, source_id: int, server_side: bool, message_hash: bytes, gpc: bool, identifier_id: int = 0
) -> SignalEvent:
    """The event as consent sees it."""
    return SignalEvent(
        source_id=source_id,
        server_side=server_side,
        message_hash=message_hash,
        type=item.type,
        name=item.name,
        occurred_at=from_us(item.at_us),
        identifier_id=identifier_id,
        properties=item.properties,
        context=item.context,
        traits=item.traits,
        emails=emails_of(item.properties, item.traits, item.context),
        gpc=gpc,
    )


def _asked(statement: signals.Statement, purposes: Purposes, item: OpenItem) -> str:
    purpose = purposes.get(statement.purpose)
    if purpose is None or purpose.denied_event == STORE:
        return STORE
    if statement.method == GPC and not purpose.rules[_law(item)].gpc_denies:
        return STORE
    return purpose.denied_event


def _law(item: OpenItem) -> str:
    """The law by what the event itself tells of where somebody is."""
    beside = item.context.get("traits")
    traits: Mapping[str, Any] = {**(beside if isinstance(beside, Mapping) else {}), **item.traits}
    return regimes.derive(
        country=traits.get("country"),
        address=traits.get("address"),
        state=traits.get("state"),
        time_zone=zone if isinstance(zone := item.context.get("timezone"), str) else "",
        default=settings.CONSENT_DEFAULT_REGIME,
    ).regime
