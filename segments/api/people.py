"""Who is and was in a segment, and why: members, comparisons, a person's segments, explanations."""

from datetime import datetime
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from cdp.lib.clock import utc_now
from cdp.lib.problems import Problem
from profiles.queries import identifiers_of
from segments import queries
from segments.api import schema
from segments.api.base import PEOPLE, READ, Query, SegmentsView, bad, may_see_people, person_of, segment_of
from segments.api.shaping import interval_shown, when, why_shown
from segments.queries import history


class MembersView(SegmentsView):
    """GET /v1/segments/{slug}/members; people are put on lists by its other methods (see api/lists.py)."""

    @schema.call(
        "members",
        "Who is in a segment, now or as it was",
        {200: schema.page("profile_id", "since")},
        schema.SLUG,
        schema.AT,
        schema.IDENTIFIERS,
        schema.CURSOR,
        schema.LIMIT,
    )
    def get(self, request: Request, slug: str) -> Response:
        """A page, last entered first. With `at` the ids are those of that time."""
        now = utc_now()
        asked = Query(request.query_params, "at", "identifiers", "cursor", "limit")
        at, kinds = asked.past("at", now), _kinds(request, asked)
        segment = segment_of(slug)
        found = history.members_at(segment.pk, at or now, cursor=asked.text("cursor") or None, limit=asked.limit())
        told = _told([one.profile_id for one in found.members], kinds)
        data = [
            {"profile_id": str(one.profile_id), "since": when(one.since)} | told.get(one.profile_id, {})
            for one in found.members
        ]
        return Response({"data": data, "next": found.next_cursor, "as_of": when(at or now)})


class CompareView(SegmentsView):
    """GET /v1/segments/{slug}/compare."""

    @schema.call(
        "compare",
        "Two instants compared",
        {200: schema.thing("both", "entered", "left")},
        schema.SLUG,
        schema.query("from", "The earlier instant.", required=True),
        schema.query("to", "The later instant; now where it is absent."),
        schema.query("part", "both, entered or left: its people, too.", enum=list(history.PARTS)),
        schema.CURSOR,
        schema.LIMIT,
    )
    def get(self, request: Request, slug: str) -> Response:
        """How many were in on both, only later, only before; whoever was merged since counts once."""
        now = utc_now()
        asked = Query(request.query_params, "from", "to", "part", "cursor", "limit")
        start, end = asked.past("from", now), asked.past("to", now) or now
        if start is None or start > end:
            raise bad("from", "from is an instant before to, like 2026-11-22T14:30:00Z.")
        segment = segment_of(slug)
        counts = history.compare(segment.pk, start, end)
        answer: dict[str, Any] = {
            "from": when(start),
            "to": when(end),
            "both": counts.both,
            "entered": counts.entered,
            "left": counts.left,
        }
        if part := asked.one_of("part", history.PARTS):
            answer |= _people_of(segment.pk, start, end, part, asked)
        return Response(answer)


class OfPersonView(SegmentsView):
    """GET /v1/profiles/{key}/segments."""

    scopes = {"GET": READ}

    @schema.call(
        "of_person",
        "The segments a person is in",
        {200: schema.thing("profile_id", "data")},
        schema.KEY,
        schema.query("history", "true: every stay in any segment, ended ones too.", bool),
    )
    def get(self, request: Request, key: str) -> Response:
        """Needs profiles:read as well: it is a read of a person."""
        require_people(request)
        asked = Query(request.query_params, "history")
        profile_id = person_of(key)
        if asked.flag("history"):
            data = [interval_shown(one) for one in history.intervals_of(profile_id)]
        else:
            data = [
                {"slug": one.slug, "name": one.name, "since": when(one.since)}
                for one in queries.segments_of(profile_id)
            ]
        return Response({"profile_id": str(profile_id), "data": data})


class ExplainView(SegmentsView):
    """GET /v1/segments/{slug}/explain/{key}."""

    @schema.call(
        "explain",
        "Why somebody is in a segment, or is not",
        {200: schema.thing("slug", "is_member", "explanation")},
        schema.SLUG,
        schema.KEY,
    )
    def get(self, request: Request, slug: str, key: str) -> Response:
        """Clause by clause, with the events that decided it. Needs profiles:read as well."""
        require_people(request)
        Query(request.query_params)
        segment, profile_id = segment_of(slug), person_of(key)
        found = queries.why(profile_id, segment.pk, utc_now())
        if not found:
            detail = f"“{segment.name}” is {segment.state}: only live segments are asked."
            raise Problem("segment_state", "Not now", 409, detail)
        stays = [interval_shown(one) for one in history.intervals_of(profile_id, segment.pk)]
        return Response({"profile_id": str(profile_id)} | why_shown(found[0]) | {"history": stays})


def require_people(request: Request) -> None:
    """Raises Problem for a key that may not read people."""
    if not may_see_people(request):
        detail = f"This server key lacks the scope {PEOPLE}. Make one that has it in the admin."
        raise Problem("scope_missing", "Scope missing", 403, detail)


def _kinds(request: Request, asked: Query) -> list[str]:
    kinds = [one for one in (part.strip() for part in asked.text("identifiers").split(",")) if one]
    if kinds:
        require_people(request)
    return kinds


def _told(profile_ids: list[UUID], kinds: list[str]) -> dict[UUID, dict[str, Any]]:
    """{profile id: {"identifiers": {kind: [values]}}} of these kinds."""
    if not kinds:
        return {}
    return {
        one: {
            "identifiers": {
                kind: [fact.value for fact in facts if fact.kind == kind and not fact.is_shared] for kind in kinds
            }
        }
        for one, facts in identifiers_of(profile_ids).items()
    }


def _people_of(segment_id: int, start: datetime, end: datetime, part: Any, asked: Query) -> dict[str, Any]:
    page = history.compared(segment_id, start, end, part, cursor=asked.text("cursor") or None, limit=asked.limit())
    return {"data": [{"profile_id": str(one)} for one in page.profile_ids], "next": page.next_cursor}
