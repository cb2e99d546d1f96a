"""Which law holds for people, by what is stored of them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from django.conf import settings

from cdp.lib import bulk_sql
from consent import regimes
from consent.contracts import RegimeFound, Subject

# One row an identifier: what its person said of where they live, and the time zone last told with its events.
PLACES = """
SELECT i.id, p.traits->>'country', p.traits->>'address', p.traits->>'state', z.time_zone, z.said_at
FROM profiles_identifier AS i LEFT JOIN profiles_profile AS p ON p.id = i.profile_id
  LEFT JOIN consent_place AS z ON z.identifier_id = i.id
WHERE i.id = ANY(%s::bigint[])
"""
Row = tuple[int, str | None, str | None, str | None, str | None, datetime | None]


def regimes_of(subjects: Sequence[Subject]) -> list[RegimeFound]:
    """The law that holds for each subject, in their order, with one query. Of several answers the latest counts."""
    ids = list({identifier_id for subject in subjects for identifier_id in subject.identifier_ids})
    fetch = bulk_sql.fetch_often if len(subjects) == 1 else bulk_sql.fetch
    rows: dict[int, Row] = {row[0]: row for row in fetch(PLACES, [ids])} if ids else {}
    return [_regime([rows[i] for i in subject.identifier_ids if i in rows]) for subject in subjects]


def _regime(rows: Sequence[Row]) -> RegimeFound:
    zones = [(said_at, zone) for *_, zone, said_at in rows if said_at is not None and zone]
    return regimes.derive(
        country=_latest(row[1] for row in rows),
        address=_latest(row[2] for row in rows),
        state=_latest(row[3] for row in rows),
        time_zone=max(zones)[1] if zones else "",
        default=settings.CONSENT_DEFAULT_REGIME,
    )


def _latest(said: Iterable[str | None]) -> object:
    """The value of the latest of these traits, as stored: [value, event time µs, message hash hex]."""
    known = [msgspec.json.decode(trait) for trait in set(said) if trait is not None]
    return max(known, key=lambda trait: (trait[1], trait[2]))[0] if known else None
