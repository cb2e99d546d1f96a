"""The row at first exposure: who met an experiment, when, and in which variant.

A stored exposure wins over a new computation, so a change of shares moves nobody who was already exposed.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import connection, transaction

from cdp.lib import bulk_sql
from experiments import queries
from experiments.assignment import assign
from experiments.contracts import NewExposure, SeenAnswer
from experiments.deciding import HELD_OUT, HOLDOUT, HOLDOUT_KEY, NOBODY, TAKING_PART, TREATED
from experiments.queries.running import running_now

NOTE = """
INSERT INTO experiments_exposure (experiment_id, unit_hash, variant, exposed_at, identifier_id)
SELECT e.id, met.unit_hash, met.variant, met.exposed_at, met.identifier_id
FROM unnest(%s::text[], %s::bytea[], %s::text[], %s::timestamptz[], %s::bigint[])
  AS met(key, unit_hash, variant, exposed_at, identifier_id)
JOIN experiments_experiment AS e ON e.key = met.key
ORDER BY e.id, met.unit_hash ON CONFLICT (experiment_id, unit_hash) DO NOTHING
"""


def expose(experiment_key: str, unit: bytes, now: datetime) -> str:
    """The unit's variant, written down at first exposure; raises UnknownExperimentError.

    Safe under concurrency: the unique row decides, and whoever comes second reads the first one's variant.
    """
    known = queries.variant_of(experiment_key, unit)
    if known is not None:
        return known
    facts = queries.experiment(experiment_key)
    variant = assign(facts.salt, unit, dict(facts.variants))
    return _first_exposure(facts.id, queries.unit_hash(unit), variant, now)


def note_exposures(met: Collection[NewExposure]) -> int:
    """Write the first exposures among these; how many were new. What names no experiment is left out.

    A unit that was exposed before keeps its variant and time.
    """
    firsts: dict[tuple[str, bytes], NewExposure] = {}
    for one in sorted(met, key=lambda one: (one.experiment_key, one.unit_hash, one.exposed_at)):
        firsts.setdefault((one.experiment_key, one.unit_hash), one)
    if not firsts:
        return 0
    rows = [
        (one.experiment_key, one.unit_hash, one.variant, one.exposed_at, one.identifier_id) for one in firsts.values()
    ]
    return bulk_sql.execute(NOTE, [list(column) for column in zip(*rows, strict=True)])


def note_seen(seen: Collection[SeenAnswer]) -> int:
    """Write the first exposures that these seen answers are, to their experiments and to the global holdout.

    Only who took part counts; in the global holdout everybody counts who could have been treated. How many were new.
    """
    met = [
        NewExposure(one.experiment_key, one.unit_hash, one.variant, one.seen_at, one.identifier_id)
        for one in seen
        if one.experiment_key and one.reason in TAKING_PART
    ]
    holdout = running_now().get(HOLDOUT_KEY)
    if holdout is not None and holdout.state == "running":
        met += [
            NewExposure(HOLDOUT_KEY, one.unit_hash, _side(one), one.seen_at, one.identifier_id)
            for one in seen
            if one.unit_hash and one.reason != NOBODY
        ]
    return note_exposures(met)


def _side(one: SeenAnswer) -> str:
    return HOLDOUT if one.reason == HELD_OUT else TREATED


def _first_exposure(experiment_id: int, unit_hash: bytes, variant: str, now: datetime) -> str:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO experiments_exposure (experiment_id, unit_hash, variant, exposed_at) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (experiment_id, unit_hash) DO NOTHING",
            [experiment_id, unit_hash, variant, now],
        )
        cursor.execute(
            "SELECT variant FROM experiments_exposure WHERE experiment_id = %s AND unit_hash = %s",
            [experiment_id, unit_hash],
        )
        return str(cursor.fetchone()[0])
