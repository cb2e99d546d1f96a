"""Refolding: identifiers' states computed anew from the log, where rows of either were lost or taken out."""

from collections.abc import Collection, Sequence

import msgspec
from django.db import connection

from cdp.lib.clock import to_us
from cdp.lib.conflicts import retrying
from cdp.lib.values import read_number
from cdp.outbox.contracts import LIVE
from profiles import queries as known
from profiles import services as profiles
from profiles.contracts import StateDelta
from profiles.folds import fold_event

CHUNK = 500
AT_ONCE = 5_000
LOG = """
SELECT identifier_id, name, type, occurred_at, message_hash,
  CASE WHEN type = 'identify' THEN properties::text END
FROM events_event WHERE identifier_id = ANY(%s::bigint[])
"""
_traits = msgspec.json.Decoder(dict[str, object], float_hook=read_number).decode


def refold(identifier_ids: Collection[int], *, lane: int = LIVE) -> None:
    """Make the states of these identifiers, and their profiles, what the log says. Idempotent; 500 a transaction.

    Reads the whole history of each. Inside a transaction of the caller's it joins that.
    """
    ordered = sorted(set(identifier_ids) - known.nobodies(identifier_ids))
    for start in range(0, len(ordered), CHUNK):
        part = ordered[start : start + CHUNK]
        retrying(lambda part=part: profiles.replace_states(part, fold_log, lane=lane))  # type: ignore[misc]  # bound now


def fold_log(identifier_ids: Sequence[int]) -> dict[int, StateDelta]:
    """The state of each identifier as the fold of its events in the log; those without events are absent."""
    folded: dict[int, StateDelta] = {}
    # Read in parts by the server's cursor: a kiosk may have a million events.
    with connection.chunked_cursor() as cursor:
        cursor.execute(LOG, [list(identifier_ids)])
        while rows := cursor.fetchmany(AT_ONCE):
            for identifier_id, name, kind, occurred_at, message_hash, traits in rows:
                fold_event(
                    folded.setdefault(identifier_id, StateDelta()),
                    name=name,
                    type=kind,
                    traits=None if traits is None else _traits(traits),
                    at_us=to_us(occurred_at),
                    hash_hex=bytes(message_hash).hex(),
                )
    return folded
