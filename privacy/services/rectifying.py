"""Rectification: an identify event of a server source of our own, of the instant it is carried out.

As an event it wins over replays of what was said before, and a profile rebuilt from the log says it too. A corrected
address or number is seen together with the person from then on; what it replaces is no longer their trait.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cdp.lib.rights import Held, Person
from events import services as events
from events.services.internal import internal_source
from privacy.models import Request
from privacy.services.waiting import NotYet
from profiles import queries as profiles
from profiles.identifiers import ANONYMOUS_ID, EMAIL, PHONE, USER_ID, rank

SOURCE = "Privacy requests"
LIVE = 0


def rectify(request: Request, person: Person, now: datetime) -> Mapping[str, Any]:
    """Record the event; the same message again is the same one. Evidence: how many fields, and its message id."""
    strongest = _strongest(person)
    if strongest is None:
        return {"fields": 0, "why": "nobody is known by this address"}
    others = taken(request, person)
    traits = {name: value for name, value in _fields(request).items() if name not in others}
    if not traits:
        return {"fields": 0, "left out: somebody else's": others}
    message_id = f"privacy-{request.pk}"
    item = {
        "type": "identify",
        "messageId": message_id,
        "timestamp": now.isoformat(),
        "traits": traits,
        "context": {"library": {"name": "privacy-requests"}},
    }
    events.record(internal_source(SOURCE), [item | _named(strongest, traits, message_id)], lane=LIVE)
    left_out = {"left out: somebody else's": others} if others else {}
    return {"fields": len(traits), "message": message_id, **left_out}


def applied(request: Request, person: Person) -> Mapping[str, Any]:
    """Raises NotYet until the profile says each new value, and each new address leads to it."""
    strongest = _strongest(person)
    if strongest is None:
        return {"fields as corrected": 0}
    profile_id = profiles.profiles_of_identifiers([strongest.id]).get(strongest.id)
    state = profiles.profile_states([profile_id]).get(profile_id) if profile_id else None
    traits = state.traits if state else {}
    others = taken(request, person)
    fields = {name: value for name, value in _fields(request).items() if name not in others}
    addresses = {name: profiles.find(name, str(value)) for name, value in fields.items() if name in (EMAIL, PHONE)}
    missing = [name for name, value in fields.items() if name not in addresses and traits.get(name) != value]
    missing += [name for name, found in addresses.items() if found is None or found.profile_id != profile_id]
    if missing:
        raise NotYet(f"{len(missing)} of {len(fields)} fields are not on the profile yet")
    return {"fields as corrected": len(fields)}


def taken(request: Request, person: Person | None) -> list[str]:
    """The new addresses that another person is known by: to correct to one of them would join the two."""
    own = set(person.profile_ids) if person else set()
    new = {name: value for name, value in _fields(request).items() if name in (EMAIL, PHONE)}
    found = {name: profiles.find(name, str(value)) for name, value in new.items()}
    return sorted(name for name, one in found.items() if one is not None and one.profile_id not in own)


def _strongest(person: Person) -> Held | None:
    """The strongest identifier that was ever seen; None where only an address is known, and nobody by it."""
    seen = [held for held in person.identifiers if held.id]
    return min(seen, key=lambda held: (rank(held.kind), held.id)) if seen else None


def _fields(request: Request) -> dict[str, Any]:
    return {item["field"]: item["new"] for item in request.wishes.get("fields", ())}


def _named(held: Held, traits: dict[str, Any], message_id: str) -> dict[str, Any]:
    """Whom the event names: the strongest identifier of the person. Every event needs a user or an anonymous id."""
    if held.kind == USER_ID:
        return {"userId": held.value}
    if held.kind == ANONYMOUS_ID:
        return {"anonymousId": held.value}
    if held.kind in (EMAIL, PHONE) and held.kind not in traits:
        return {"anonymousId": message_id, "traits": {**traits, held.kind: held.value}}
    # A new address of somebody known by the old one alone: both stand on the event, and are one person.
    known = {"id": held.value, "type": held.kind, "collection": "users", "encoding": "none"}
    return {"anonymousId": message_id, "context": {"externalIds": [known]}}
