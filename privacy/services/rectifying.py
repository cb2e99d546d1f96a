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
    if not person.identifiers:
        return {"fields": 0, "why": "nobody is known by this address"}
    fields = _fields(request)
    message_id = f"privacy-{request.pk}"
    traits = {name: value for name, value in fields.items() if not (name in (EMAIL, PHONE) and value is None)}
    strongest = min((held for held in person.identifiers), key=lambda held: (rank(held.kind), held.id))
    item = {
        "type": "identify",
        "messageId": message_id,
        "timestamp": now.isoformat(),
        "traits": traits,
        "context": {"library": {"name": "privacy-requests"}},
    }
    events.record(internal_source(SOURCE), [item | _named(strongest, traits, message_id)], lane=LIVE)
    return {"fields": len(fields), "message": message_id}


def applied(request: Request, person: Person) -> Mapping[str, Any]:
    """Raises NotYet until the profile says each new value."""
    if not person.identifiers:
        return {"fields as corrected": 0}
    strongest = min(person.identifiers, key=lambda held: (rank(held.kind), held.id))
    profile_id = profiles.profiles_of_identifiers([strongest.id]).get(strongest.id)
    state = profiles.profile_states([profile_id]).get(profile_id) if profile_id else None
    traits = state.traits if state else {}
    fields = _fields(request)
    missing = [name for name, value in fields.items() if traits.get(name) != value and name not in (EMAIL, PHONE)]
    if missing:
        raise NotYet(f"{len(missing)} of {len(fields)} fields are not on the profile yet")
    return {"fields as corrected": len(fields)}


def _fields(request: Request) -> dict[str, Any]:
    return {item["field"]: item["new"] for item in request.wishes["fields"]}


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
