"""What the service believes, free of row ids and of anything that may depend on the order of arrival."""

from collections import defaultdict
from typing import Any

from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from commerce.models import Cart, Order
from consent import queries as consent
from consent.contracts import ANALYTICS, EMAIL_MARKETING, Subject
from profiles.models import Identifier, IdentifierState, Profile
from segments.models import Membership


def take() -> dict[str, Any]:
    """Partition of identifiers, states, profiles, carts, orders, memberships and consent, keyed by what they mean."""
    names = {row.pk: f"{row.kind}:{row.value}" for row in Identifier.objects.all()}
    groups: dict[Any, list[str]] = defaultdict(list)
    for row in Identifier.objects.all():
        groups[row.profile_id].append(names[row.pk])
    people = {profile: tuple(sorted(group)) for profile, group in groups.items()}
    return {
        "partition": sorted(people.values()),
        "shared": sorted(names[row.pk] for row in Identifier.objects.filter(is_shared=True)),
        "states": {
            names[state.pk]: (state.traits, state.counters, state.event_count, state.first_seen_at, state.last_seen_at)
            for state in IdentifierState.objects.all()
        },
        "profiles": {
            people[row.pk]: (row.traits, row.counters, row.event_count, row.first_seen_at, row.last_seen_at)
            for row in Profile.objects.all()
        },
        "carts": {_cart_name(cart.key, names): _cart(cart, names) for cart in Cart.objects.all()},
        "orders": {order.order_id: _order(order, names) for order in Order.objects.prefetch_related("lines")},
        "mail gate": _mail_gate(),
        "analytics": _analytics(people),
        "memberships": sorted(
            (row.segment.slug, people[row.profile_id])
            for row in Membership.objects.filter(left_at__isnull=True).select_related("segment")
        ),
    }


def _mail_gate() -> dict[str, tuple[bool, str, str]]:
    """{address: (allowed, reason, why it is suppressed)} as a send asks."""
    emails = list(Identifier.objects.filter(kind="email").order_by("value"))
    subjects = [Subject(address_hash(row.value), _kin(row.profile_id)) for row in emails]
    gate = consent.mail_gate(subjects, EMAIL_MARKETING, utc_now())
    return {row.value: (said.allowed, said.reason, why) for row, (said, why) in zip(emails, gate, strict=True)}


def _analytics(people: dict[Any, tuple[str, ...]]) -> dict[tuple[str, ...], tuple[bool, str]]:
    said = consent.allows_each([Subject(None, _kin(profile)) for profile in people], ANALYTICS, utc_now())
    return {names: (one.allowed, one.reason) for names, one in zip(people.values(), said, strict=True)}


def _kin(profile_id: Any) -> tuple[int, ...]:
    return tuple(Identifier.objects.filter(profile_id=profile_id).values_list("id", flat=True))


def _cart_name(key: str, names: dict[int, str]) -> str:
    if not key.startswith("run:"):
        return key
    _, identifier, start = key.split(":")
    return f"run:{names[int(identifier)]}:{start}"


def _cart(cart: Cart, names: dict[int, str]) -> tuple[Any, ...]:
    return (
        cart.state, cart.lines, cart.currency, cart.value, cart.opened_at, cart.last_added_at, cart.last_activity_at,
        cart.order_id, names[cart.identifier_id],
    )  # fmt: skip


def _order(order: Order, names: dict[int, str]) -> tuple[Any, ...]:
    lines = [
        (line.kind, line.product_id, line.quantity, line.price, line.amount, line.occurred_at)
        for line in order.lines.all()
    ]
    owner = names[order.identifier_id] if order.identifier_id else None
    return (
        order.status,
        order.is_guest,
        order.currency,
        order.revenue,
        order.refunded,
        order.placed_at,
        owner,
        sorted(lines, key=str),
    )
