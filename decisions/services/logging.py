"""The log of decisions: one INSERT for all of a request. A crash of the server's machine may lose the last moments of
it, as nothing else is written in that transaction; nothing else is lost by that."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from cdp.lib import bulk_sql
from decisions.contracts import Decided

# In a statement of its own the setting ends with it.
WRITE = """
INSERT INTO decisions_decision (id, version_id, placement, request_key, identifier_id, unit_hash, decided_by, arm,
  reason, propensity, probabilities, features, state_version, answer, decided_at)
SELECT id, version_id, CASE WHEN version_id IS NULL THEN placement ELSE '' END, key, identifier_id, unit_hash,
  decided_by, arm, reason, propensity, probabilities::jsonb, features::jsonb, state_version, answer::jsonb, at.now
FROM unnest(%s::uuid[], %s::bigint[], %s::text[], %s::bigint[], %s::bytea[], %s::text[], %s::text[], %s::text[],
  %s::float8[], %s::text[], %s::text[], %s::bigint[], %s::text[]) AS new(id, version_id, placement, identifier_id,
  unit_hash, decided_by, arm, reason, propensity, probabilities, features, state_version, answer),
  (SELECT %s::timestamptz AS now, %s::bytea AS key) AS at,
  (SELECT set_config('synchronous_commit', 'off', true)) AS quick
ON CONFLICT DO NOTHING RETURNING id
"""
STORED = "SELECT id, answer #>> '{}' FROM decisions_decision WHERE id = ANY(%s::uuid[]) AND answer IS NOT NULL"
_encode = msgspec.json.Encoder(decimal_format="number").encode


def write_decisions(
    decided: Sequence[Decided], answers: Sequence[bytes | None], key: bytes | None, now: datetime
) -> set[UUID]:
    """Write these; the ids of those that were not there before. `answers`: bodies to be answered again, with a key."""
    rows = [
        (
            one.id,
            one.version_id,
            one.placement,
            one.identifier_id,
            one.unit_hash,
            one.decided_by,
            one.arm,
            one.reason,
            one.propensity,
            _json(one.probabilities),
            _json(one.features),
            one.state_version,
            None if answer is None else _json(answer.decode()),  # as a text: jsonb would put its keys in order
        )
        for one, answer in zip(decided, answers, strict=True)
        if one.id is not None
    ]
    if not rows:
        return set()
    columns = [list(column) for column in zip(*rows, strict=True)]
    return {pk for (pk,) in bulk_sql.fetch_often(WRITE, [*columns, now, key])}


def stored_answers(ids: Collection[UUID]) -> dict[UUID, bytes]:
    """{decision id: body} of those that were answered before under an idempotency key."""
    return {pk: text.encode() for pk, text in bulk_sql.fetch_often(STORED, [list(ids)])}


def _json(value: Any) -> str | None:
    return None if value is None else _encode(value).decode()
