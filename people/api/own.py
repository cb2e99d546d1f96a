"""Our own calls: one person whole, their timeline, and search by an exact identifier."""

from datetime import datetime
from typing import Any

from rest_framework.request import Request

from cdp.lib.clock import from_us
from cdp.lib.hashing import address_hash
from consent import queries as consent
from consent.contracts import Subject
from consent.models import Purpose
from events import queries as events
from events.queries import TimelineEvent, TimelineFilter
from people import queries
from people.api import schema
from people.api.base import PersonView, plain, stored
from people.api.params import BadParameter, Params, cursor_of
from people.contracts import Match, Person
from people.queries import accounts, memberships, sources
from profiles.contracts import Counter, IdentifierFacts
from profiles.identifiers import EMAIL

SEARCHED = ("email", "phone", "user_id", "anonymous_id")
MOST_MATCHES = 50
TIMELINE = 50
NO_FILTER = (
    "Say whom you look for: search= (any identifier or profile id), email=, phone=, user_id= or anonymous_id=. "
    "Nobody gets a list of everybody here."
)


class ProfileView(PersonView):
    """One person whole."""

    @schema.profile
    def get(self, request: Request, key: str) -> Any:
        """Identifiers, traits, computed traits, counters, consent, segments and accounts."""
        return self.reply(request, key=key)

    def answer(self, request: Request, now: datetime, **where: str) -> Any:
        """As they stand, or stood at `at`; what is known of the present alone is left out then."""
        asked = Params(request.GET, ("at",))
        place = queries.locate(where["key"], asked.past("at", now))
        facts = queries.members(place)
        found = queries.person(place, facts)
        ids = [fact.id for fact in facts]
        shown = {
            "profile_id": plain(place.profile_id),
            "as_of": plain(place.at),
            "identifiers": [_identifier(fact) for fact in facts],
            "traits": _traits(found),
            "counters": {name: _counter(counter) for name, counter in sorted(found.counters.items())},
            "event_count": found.event_count,
            "first_seen_at": plain(found.first_seen_at),
            "last_seen_at": plain(found.last_seen_at),
            "updated_at": plain(found.updated_at),
            "regime": _regime(facts),
            "consent": _consent(found, facts, place.at or now),
        }
        if place.at is None:
            figures = queries.figures_of(queries.definitions(), ids, found.counters, now)
            shown["computed"] = {
                one.name: {"value": one.value, "label": one.label, "partial": one.is_partial} for one in figures
            }
            shown["segments"] = [
                {"slug": one.slug, "name": one.name, "since": plain(one.since)}
                for one in memberships.segments_of(place.profile_id)
            ]
            shown["accounts"] = [
                {"group_id": one.group_id, "traits": one.traits, "since": plain(one.since)}
                for one in accounts.accounts_of(ids)[:20]
            ]
        return shown


class TimelineView(PersonView):
    """What one person did."""

    @schema.timeline
    def get(self, request: Request, key: str) -> Any:
        """A page of events, newest first."""
        return self.reply(request, key=key)

    def answer(self, request: Request, now: datetime, **where: str) -> Any:
        """{profile_id, data, next}."""
        asked = Params(request.GET, ("name", "source", "since", "until", "q", "cursor", "limit", "at"))
        at, limit, cursor = asked.past("at", now), asked.limit(TIMELINE), asked.cursor("cursor")
        wanted = TimelineFilter(
            name=asked.text("name"),
            source_id=asked.whole("source"),
            since=asked.instant("since"),
            until=asked.instant("until"),
            text=asked.text("q")[:100],
            received_until=at,
        )
        place = queries.locate(where["key"], at)
        facts = {fact.id: fact for fact in queries.members(place)}
        try:
            page = events.timeline(facts, wanted, cursor=cursor, limit=limit)
        except ValueError:
            text = "`cursor` is no cursor: take it from the answer before, as it stands."
            raise BadParameter("cursor", text) from None
        known = events.source_names()
        return {
            "profile_id": plain(place.profile_id),
            "as_of": plain(at),
            "data": [_event(event, facts[event.identifier_id], known) for event in page.events],
            "next": cursor_of(page.next_cursor) or None,
        }


class SearchView(PersonView):
    """People by an exact identifier."""

    @schema.search
    def get(self, request: Request) -> Any:
        """At most 50, the newest first; an empty list where nobody is known."""
        return self.reply(request)

    def answer(self, request: Request, now: datetime, **where: str) -> Any:
        """{data}."""
        asked = Params(request.GET, ("search", "limit", *SEARCHED))
        keys = [(kind, value) for kind in SEARCHED if (value := asked.text(kind))]
        if text := asked.text("search"):
            keys.append(("", text))
        if not keys:
            raise BadParameter("search", NO_FILTER)
        return {"data": [_match(one) for one in queries.search(keys, limit=min(asked.limit(20), MOST_MATCHES))]}


def _identifier(fact: IdentifierFacts) -> dict[str, Any]:
    return {"kind": fact.kind, "value": fact.value, "first_seen_at": plain(fact.first_seen_at)}


def _traits(found: Person) -> dict[str, Any]:
    told = {name: trait for name, trait in sorted(found.traits.items()) if trait[0] is not None}
    by = sources.of_messages({hash_hex for _, _, hash_hex in told.values()})
    return {
        name: {"value": value, "said_at": plain(from_us(at_us)), "source_id": by.get(hash_hex)}
        for name, (value, at_us, hash_hex) in told.items()
    }


def _counter(counter: Counter) -> dict[str, Any]:
    count, first_us, last_us = counter
    return {"count": count, "first_at": plain(from_us(first_us)), "last_at": plain(from_us(last_us))}


def _consent(found: Person, facts: list[IdentifierFacts], at: datetime) -> dict[str, Any]:
    """What each purpose's gate says of that instant; the address is the one a mail would go to."""
    emails = [fact.value for fact in facts if fact.kind == EMAIL]
    said = str(found.present_traits.get("email", "")).strip().lower()
    email = said if said in emails else next(reversed(emails), "")
    subject = Subject(address_hash(email) if email else None, tuple(fact.id for fact in facts))
    decisions = {code: consent.allows(subject, code, at) for code in _purposes()}
    return {code: {"allowed": one.allowed, "reason": one.reason} for code, one in decisions.items()}


def _regime(facts: list[IdentifierFacts]) -> dict[str, Any]:
    """The law that holds for the person now, and by what."""
    found = consent.regimes_of([Subject(identifier_ids=tuple(fact.id for fact in facts))])[0]
    return {"regime": found.regime, "by": found.by, "detail": found.detail}


def _purposes() -> list[str]:
    return list(Purpose.objects.order_by("code").values_list("code", flat=True))


def _event(event: TimelineEvent, fact: IdentifierFacts, known: dict[int, str]) -> dict[str, Any]:
    return {
        "name": event.name,
        "type": event.type,
        "occurred_at": plain(event.occurred_at),
        "received_at": plain(event.received_at),
        "message_id": event.message_hash.hex(),
        "source": {"id": event.source_id, "name": known.get(event.source_id, ""), "server_side": event.server_side},
        "identifier": {"kind": fact.kind, "value": fact.value},
        "flags": list(event.flags),
        "properties": stored(event.properties_json),
        "context": stored(event.context_json),
    }


def _match(one: Match) -> dict[str, Any]:
    return {
        "profile_id": plain(one.profile_id),
        "matched": [{"kind": fact.kind, "value": fact.value} for fact in one.matched],
        "is_shared": one.is_shared,
        "event_count": one.event_count,
        "first_seen_at": plain(one.first_seen_at),
        "last_seen_at": plain(one.last_seen_at),
    }
