"""People let into a journey: the audience asked, re-entry held to, and nobody in it twice at once.

Who belongs to whom is read under locks on the people concerned, so that two triggers at one instant make one
enrollment. Idempotent: one occasion is entered once, for ever, a journey.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.db import transaction

from automation.contracts import Enrolling, Entry
from automation.graph import Graph
from automation.models import Journey
from automation.queries.ruling import holding
from automation.queries.versions import graph_of
from cdp.lib import bulk_sql
from cdp.outbox.services import publish, wake
from profiles import queries as profiles

CHUNK = 2_000
# Few enough locks for any batch. Taken in their order.
LOCKS = """
SELECT pg_advisory_xact_lock(20640, bucket) FROM (
  SELECT DISTINCT abs(hashtext(%s::text || ':' || p::text)) %% 512 AS bucket FROM unnest(%s::uuid[]) AS p ORDER BY 1
) AS wanted
"""
# Of everybody who owns one of these identifiers: whether they are in it now, and when they came in last.
BEFORE = """
SELECT i.profile_id, bool_or(e.state IN ('armed', 'waiting', 'sending')), max(e.entered_at)
FROM profiles_identifier AS i JOIN automation_enrollment AS e ON e.identifier_id = i.id AND e.journey_id = %s::bigint
WHERE i.profile_id = ANY(%s::uuid[]) GROUP BY 1
"""
INSERT = """
INSERT INTO automation_enrollment (journey_id, version_id, occasion, cart_key, node, node_at, awaits, facts, held_out,
  attempts, entered_at, identifier_id, state, reason, armed_at, due_at)
SELECT %s::bigint, %s::bigint, occasion, '', %s::text, due_at, '', facts::jsonb, FALSE, 0, %s::timestamptz,
  identifier_id, 'waiting', '', armed_at, due_at
FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::timestamptz[], %s::timestamptz[])
  AS n(occasion, facts, identifier_id, armed_at, due_at)
ORDER BY occasion ON CONFLICT (journey_id, occasion) DO NOTHING RETURNING id
"""
_encode = msgspec.json.Encoder().encode


def enroll(journey: Journey, triggers: Sequence[Entry], now: datetime) -> Enrolling:
    """Let these people in, in the caller's transaction or its own; who was and how many were turned away, by reason.

    Reasons: not_live, unknown_person, shared_profile, audience, in_it (now), reentry (too early, or once only),
    repeated (the occasion).
    """
    entered: list[int] = []
    turned: Counter[str] = Counter()
    for start in range(0, len(triggers), CHUNK):
        ids, away = _chunk(journey, triggers[start : start + CHUNK], now)
        entered += ids
        turned += away
    return Enrolling(tuple(entered), dict(turned))


@transaction.atomic
def _chunk(journey: Journey, triggers: Sequence[Entry], now: datetime) -> tuple[list[int], Counter[str]]:
    row = Journey.objects.filter(pk=journey.pk, state=Journey.State.LIVE).first()
    graph = graph_of(row) if row is not None else None
    if row is None or graph is None or not triggers:
        return [], Counter({"not_live": len(triggers)} if triggers else {})
    owners = _locked(row, {one.identifier_id for one in triggers})
    chosen, turned = _chosen(row, graph, triggers, owners, now)
    ids = _inserted(row, graph, chosen, now)
    turned["repeated"] += len(chosen) - len(ids)
    if ids:
        publish("journey.entered", {"enrollment_ids": ids})
        wake("automation.step")
    return ids, +turned


def _locked(journey: Journey, identifier_ids: Collection[int]) -> dict[int, UUID]:
    """{identifier id: its profile}, which nobody else enrolls until the transaction ends. Read again once locked."""
    owners = profiles.profiles_of_identifiers(identifier_ids)
    while True:
        bulk_sql.fetch(LOCKS, [str(journey.pk), sorted(set(owners.values()))])
        again = profiles.profiles_of_identifiers(identifier_ids)
        if set(again.values()) <= set(owners.values()):
            return again
        owners = again


def _chosen(
    journey: Journey, graph: Graph, triggers: Sequence[Entry], owners: dict[int, UUID], now: datetime
) -> tuple[list[Entry], Counter[str]]:
    people = set(owners.values())
    states = profiles.profile_states(people)
    allowed = people if graph.audience is None else holding([graph.audience], people, now)[graph.audience]
    before = {who: (bool(is_in), last) for who, is_in, last in bulk_sql.fetch(BEFORE, [journey.pk, sorted(people)])}
    turned: Counter[str] = Counter()
    chosen: dict[UUID, Entry] = {}
    for one in triggers:
        who = owners.get(one.identifier_id)
        reason = (
            "unknown_person"
            if who is None or who not in states
            else "shared_profile"
            if states[who].is_shared
            else "audience"
            if who not in allowed
            else "in_it"
            if who in chosen or before.get(who, (False, None))[0]
            else _too_early(journey, before.get(who, (False, None))[1], now)
        )
        if reason or who is None:
            turned[reason] += 1
        else:
            chosen[who] = one
    return list(chosen.values()), turned


def _too_early(journey: Journey, last: datetime | None, now: datetime) -> str:
    """Why somebody who was in it before may not come in again; empty if they may."""
    if last is None or journey.reentry == Journey.Reentry.ALWAYS:
        return ""
    is_early = journey.reentry == Journey.Reentry.ONCE or last > now - timedelta(days=journey.reentry_days)
    return "reentry" if is_early else ""


def may_enter(journey: Journey, profile_ids: Collection[UUID], now: datetime) -> dict[UUID, bool]:
    """{profile: whether re-entry lets them in}, for carts, of which a person may have several at once."""
    before = {who: last for who, _, last in bulk_sql.fetch(BEFORE, [journey.pk, sorted(set(profile_ids))])}
    return {who: not _too_early(journey, before.get(who), now) for who in profile_ids}


def _inserted(journey: Journey, graph: Graph, chosen: Sequence[Entry], now: datetime) -> list[int]:
    if not chosen:
        return []
    rows = [
        (one.occasion, _encode(one.facts).decode(), one.identifier_id, one.at or now, one.due or now) for one in chosen
    ]
    columns = [list(column) for column in zip(*rows, strict=True)]
    return [row[0] for row in bulk_sql.fetch(INSERT, [journey.pk, journey.version_id, graph.first, now, *columns])]
