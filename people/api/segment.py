"""Segment's Profile API: traits, external_ids, events, metadata and links of one person.

GET /v1/spaces/{any}/collections/users/profiles/{kind}:{value}/… as Segment documents it: a client of theirs works with
another host and key. Where we say more than Segment (`at`, shared identifiers), docs/profile-api.md tells.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from rest_framework.request import Request

from cdp.lib.clock import from_us
from events import queries as events
from events.queries import TimelineEvent, TimelineFilter
from people import queries
from people.api import schema
from people.api.base import SegmentShaped, plain, stored
from people.api.params import BadParameter, Params, cursor_of
from people.contracts import Person, Place
from people.queries import accounts, memberships, sources
from people.queries.accounts import AccountShown, MemberShown
from profiles import standing
from profiles.contracts import IdentifierFacts

TRAITS, EXTERNAL_IDS, EVENTS, LINKS = 10, 25, 10, 20
NO_CURSOR = "`next` is no cursor: take it from the answer before, as it stands."
COMPUTED, AUDIENCE, CUSTOM = "computed_trait", "audience", "custom"
CLASSES = {COMPUTED: COMPUTED, "computed": COMPUTED, AUDIENCE: AUDIENCE, CUSTOM: CUSTOM}
SORTS = {"asc": "asc", "desc": "desc"}


class TraitsView(SegmentShaped):
    """Traits of one person."""

    @schema.traits
    def get(self, request: Request, space: str, collection: str, key: str) -> Any:
        """A page of traits by name."""
        return self.reply(request, space=space, collection=collection, key=key)

    def answer(self, request: Request, now: datetime, **where: str) -> Any:
        """{traits, cursor}."""
        asked = Params(request.GET, ("class", "include", "limit", "verbose", "next", "at"))
        limit, after, names = asked.limit(TRAITS), asked.cursor("next"), asked.names("include")
        wanted, verbose = asked.choice("class", CLASSES), asked.flag("verbose")
        if where["collection"] == "accounts":
            found = accounts.account(_group_id(where))
            path = _path(where, f"group_id:{found.group_id}", "traits")
            shown: dict[str, Any] = {
                name: {"value": value, "source_id": "", "updated_at": None} if verbose else value
                for name, value in found.traits.items()
            }
        else:
            place = _place(where, asked, now)
            path = _path(where, f"profile_id:{place.profile_id}", "traits")
            shown = _traits(place, wanted, verbose=verbose, names=names, now=now)
        chosen = [name for name in sorted(shown) if name > after and (not names or name in names)]
        page = chosen[:limit]
        more = len(chosen) > limit
        return {
            "traits": {name: shown[name] for name in page},
            "cursor": _cursor(path, cursor_of(page[-1]) if more else "", limit),
        }


class ExternalIdsView(SegmentShaped):
    """The identifiers of one person."""

    @schema.external_ids
    def get(self, request: Request, space: str, collection: str, key: str) -> Any:
        """A page of identifiers, oldest first."""
        return self.reply(request, space=space, collection=collection, key=key)

    def answer(self, request: Request, now: datetime, **where: str) -> Any:
        """{data, cursor}."""
        asked = Params(request.GET, ("include", "limit", "verbose", "next", "at"))
        limit, after, kinds = asked.limit(EXTERNAL_IDS), asked.cursor("next"), asked.names("include")
        asked.flag("verbose")
        if after and not (after.isascii() and after.isdigit() and len(after) < 19):
            raise BadParameter("next", NO_CURSOR)
        place = _place(where, asked, now)
        found = [fact for fact in queries.members(place) if not kinds or fact.kind in kinds]
        start = next((n + 1 for n, fact in enumerate(found) if after and fact.id == int(after)), 0)
        page = found[start : start + limit]
        more = start + limit < len(found)
        evidence = standing.first_evidence([fact.id for fact in page])
        path = _path(where, f"profile_id:{place.profile_id}", "external_ids")
        return {
            "data": [_external_id(fact, *evidence.get(fact.id, (None, ""))) for fact in page],
            "cursor": _cursor(path, cursor_of(str(page[-1].id)) if more else "", limit),
        }


class EventsView(SegmentShaped):
    """The events of one person."""

    @schema.events
    def get(self, request: Request, space: str, collection: str, key: str) -> Any:
        """A page of events, newest first."""
        return self.reply(request, space=space, collection=collection, key=key)

    def answer(self, request: Request, now: datetime, **where: str) -> Any:
        """{data, cursor}."""
        asked = Params(request.GET, ("include", "exclude", "limit", "start", "end", "sort", "next", "at"))
        limit, sort = asked.limit(EVENTS), asked.choice("sort", SORTS)
        wanted = TimelineFilter(
            names=asked.names("include"),
            without=asked.names("exclude"),
            since=asked.instant("start"),
            until=asked.instant("end"),
            received_until=asked.past("at", now),
        )
        cursor = asked.cursor("next")
        place = _place(where, asked, now)
        facts = {fact.id: fact for fact in queries.members(place)}
        try:
            page = events.timeline(facts, wanted, cursor=cursor, limit=limit, oldest_first=sort == "asc")
        except ValueError:
            raise BadParameter("next", NO_CURSOR) from None
        path = _path(where, f"profile_id:{place.profile_id}", "events")
        return {
            "data": [_event(event, facts[event.identifier_id], place) for event in page.events],
            "cursor": _cursor(path, cursor_of(page.next_cursor), limit),
        }


class MetadataView(SegmentShaped):
    """Since when one person is known, and by what."""

    @schema.metadata
    def get(self, request: Request, space: str, collection: str, key: str) -> Any:
        """First and last."""
        return self.reply(request, space=space, collection=collection, key=key)

    def answer(self, request: Request, now: datetime, **where: str) -> Any:
        """{metadata}."""
        asked = Params(request.GET, ("verbose", "at"))
        asked.flag("verbose")
        place = _place(where, asked, now)
        facts = queries.members(place)
        found = queries.person(place, facts)
        ids = [fact.id for fact in facts]
        wanted = TimelineFilter(received_until=place.at)
        first = next(iter(events.timeline(ids, wanted, limit=1, oldest_first=True).events), None)
        last = next(iter(events.timeline(ids, wanted, limit=1).events), None)
        return {
            "metadata": {
                "profile_id": plain(place.profile_id),
                "created_at": plain(found.first_seen_at or (facts[0].first_seen_at if facts else None)),
                "updated_at": plain(found.updated_at),
                "expires_at": None,
                "first_message_id": first.message_hash.hex() if first else None,
                "first_source_id": str(first.source_id) if first else None,
                "last_message_id": last.message_hash.hex() if last else None,
                "last_source_id": str(last.source_id) if last else None,
            }
        }


class LinksView(SegmentShaped):
    """The accounts of one person, or the people of one account."""

    @schema.links
    def get(self, request: Request, space: str, collection: str, key: str) -> Any:
        """Accounts, by group id."""
        return self.reply(request, space=space, collection=collection, key=key)

    def answer(self, request: Request, now: datetime, **where: str) -> Any:
        """{data, cursor}."""
        asked = Params(request.GET, ("limit", "next"))
        limit, after = asked.limit(LINKS), asked.cursor("next")
        if where["collection"] == "accounts":
            group_id = _group_id(where)
            people = accounts.people_of(group_id, after=_profile_id(after), limit=limit)
            data = [_linked_person(one) for one in people[:limit]]
            path = _path(where, f"group_id:{group_id}", "links")
            more = cursor_of(str(people[limit - 1].profile_id)) if len(people) > limit else ""
        else:
            place = _place(where, asked, now)
            ids = [fact.id for fact in queries.members(place)]
            found = accounts.accounts_of(ids, after=after, limit=limit)
            data = [_linked_account(one) for one in found[:limit]]
            path = _path(where, f"profile_id:{place.profile_id}", "links")
            more = cursor_of(found[limit - 1].group_id) if len(found) > limit else ""
        return {"data": data, "cursor": _cursor(path, more, limit)}


def _group_id(where: Mapping[str, str]) -> str:
    kind, _, value = where["key"].partition(":")
    if kind != "group_id" or not value:
        raise BadParameter("group_id", "An account is named by its group id: …/accounts/profiles/group_id:acme/traits.")
    return value


def _profile_id(cursor: str) -> str:
    try:
        return str(UUID(cursor)) if cursor else ""
    except ValueError:
        raise BadParameter("next", NO_CURSOR) from None


def _linked_account(one: AccountShown) -> dict[str, Any]:
    external = {"id": one.group_id, "type": "group_id", "collection": "accounts", "encoding": "none"}
    return {"to_collection": "accounts", "external_ids": [{**external, "created_at": plain(one.since)}]}


def _linked_person(one: MemberShown) -> dict[str, Any]:
    external = {"id": one.value, "type": one.kind, "collection": "users", "encoding": "none"}
    return {
        "to_collection": "users",
        "profile_id": plain(one.profile_id),
        "external_ids": [{**external, "created_at": plain(one.since)}],
    }


def _place(where: Mapping[str, str], asked: Params, now: datetime) -> Place:
    if where["collection"] != "users":
        message = "The collection is users; of accounts there are traits and links."
        raise BadParameter("collection", message)
    return queries.locate(where["key"], asked.past("at", now))


def _path(where: Mapping[str, str], key: str, part: str) -> str:
    """Without personal data: by profile id, however it was asked for."""
    return f"/v1/spaces/{where['space']}/collections/{where['collection']}/profiles/{key}/{part}"


def _cursor(path: str, following: str, limit: int) -> dict[str, Any]:
    return {"url": path, "has_more": bool(following), "next": following, "limit": limit}


def _traits(place: Place, wanted: str, *, verbose: bool, names: tuple[str, ...], now: datetime) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if wanted != AUDIENCE:
        found = queries.person(place)
        if wanted in ("", CUSTOM):
            shown |= _custom(found, names) if verbose else found.present_traits
        if wanted == COMPUTED or (verbose and not wanted and place.at is None):
            shown |= _computed(place, found, verbose=verbose, names=names, now=now)
    if wanted == AUDIENCE:
        if place.at is not None:
            raise BadParameter("at", "Audiences are known as of now only: leave `at` out.")
        shown = {
            one.slug: {"value": True, "class": AUDIENCE, "source_id": "", "updated_at": plain(one.since)}
            if verbose
            else True
            for one in memberships.segments_of(place.profile_id)
        }
    return shown


def _custom(found: Person, names: tuple[str, ...]) -> dict[str, Any]:
    told = {
        name: trait for name, trait in found.traits.items() if trait[0] is not None and (not names or name in names)
    }
    by = sources.of_messages({hash_hex for _, _, hash_hex in told.values()})
    return {
        name: {
            "value": value,
            "class": CUSTOM,
            "source_id": str(by.get(hash_hex, "")),
            "updated_at": plain(from_us(at_us)),
        }
        for name, (value, at_us, hash_hex) in told.items()
    }


def _computed(place: Place, found: Person, *, verbose: bool, names: tuple[str, ...], now: datetime) -> dict[str, Any]:
    if place.at is not None:
        raise BadParameter("at", "Computed traits are known as of now only: leave `at` or `class` out.")
    ids = [fact.id for fact in queries.members(place)]
    figures = queries.figures_of(queries.definitions(names or None), ids, found.counters, now)
    return {
        figure.name: {
            "value": figure.value,
            "class": COMPUTED,
            "source_id": "",
            "updated_at": None,
            "partial": figure.is_partial,
        }
        if verbose
        else figure.value
        for figure in figures
        if figure.value is not None
    }


def _external_id(fact: IdentifierFacts, source_id: int | None, message: str) -> dict[str, Any]:
    return {
        "id": fact.value,
        "type": fact.kind,
        "collection": "users",
        "encoding": "none",
        "created_at": plain(fact.first_seen_at),
        "source_id": None if source_id is None else str(source_id),
        "first_message_id": message or None,
    }


def _event(event: TimelineEvent, fact: IdentifierFacts, place: Place) -> dict[str, Any]:
    said = stored(event.properties_json)
    told = {"traits": said, "properties": {}} if event.type == "identify" else {}
    return {
        "event": event.name,
        "type": event.type,
        "message_id": event.message_hash.hex(),
        "source_id": str(event.source_id),
        "timestamp": plain(event.occurred_at),
        "received_at": plain(event.received_at),
        "properties": said,
        **told,
        "context": stored(event.context_json),
        "external_ids": [{"collection": "users", "type": fact.kind, "id": fact.value, "encoding": "none"}],
        "related": {"users": plain(place.profile_id)},
    }
