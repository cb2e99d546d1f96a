"""People as a segment's pages list them: what they are called, last seen, what they bought, and why they are in it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import F, Sum
from django.urls import reverse

from cdp.admin_home.charts import spoken
from cdp.admin_segment.frame import Reader
from commerce.models import Order
from profiles import queries as profiles
from profiles.recognizing import recognized


@dataclass(frozen=True, slots=True)
class PersonRow:
    """`url` and `why_url` are empty for those who may not open people's pages. `value`: bought less refunds."""

    profile_id: UUID
    name: str
    detail: str
    last_seen_at: datetime | None
    value: str
    url: str
    why_url: str


def people_rows(profile_ids: Collection[UUID], reader: Reader, segment_id: int) -> dict[UUID, PersonRow]:
    """{id as given: the person it is now}, in a fixed number of statements. Ids of nobody any more say so."""
    wanted = list(dict.fromkeys(profile_ids))
    present = {one: one for one in wanted} | profiles.resolve_many(wanted)
    ids = list(dict.fromkeys(present.values()))
    identifiers, states = profiles.identifiers_of(ids), profiles.profile_states(ids)
    owner = {fact.id: profile_id for profile_id, facts in identifiers.items() for fact in facts}
    values = _values(owner)
    found = {}
    for asked in wanted:
        profile_id = present[asked]
        state, facts = states.get(profile_id), identifiers[profile_id]
        called = recognized(profile_id, state.traits if state else {}, facts, personal=reader.personal)
        links = reader.opens and bool(facts)
        found[asked] = PersonRow(
            profile_id,
            called.name if facts else f"former profile …{profile_id.hex[-6:]}",
            called.detail if facts else "",
            state.last_seen_at if state else None,
            values.get(profile_id, "–"),
            reverse("admin:profiles_profile_change", args=[profile_id]) if links else "",
            reverse("segment-desk-why-person", args=[segment_id, profile_id]) if links else "",
        )
    return found


def _values(owner: dict[int, UUID]) -> dict[UUID, str]:
    """{profile id: what they bought less refunds, by currency}."""
    rows = Order.objects.filter(identifier_id__in=list(owner), status__in=Order.BOUGHT)
    totals: dict[UUID, dict[str, Decimal]] = {}
    for identifier_id, currency, net in rows.values_list("identifier_id", "currency").annotate(
        net=Sum(F("revenue") - F("refunded"))
    ):
        theirs = totals.setdefault(owner[identifier_id], {})
        theirs[currency] = theirs.get(currency, Decimal(0)) + net
    return {
        profile_id: " + ".join(spoken(net, currency) for currency, net in sorted(theirs.items()))
        for profile_id, theirs in totals.items()
    }
