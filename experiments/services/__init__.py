"""Writes of experiments: making one, and the row at first exposure.

A stored exposure wins over a new computation, so a change of shares moves nobody who was already exposed.
"""

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction

from cdp.lib import bulk_sql
from experiments import queries
from experiments.assignment import assign, shares
from experiments.contracts import ExperimentFacts, NewExposure
from experiments.models import Experiment, Exposure

NOTE = """
INSERT INTO experiments_exposure (experiment_id, unit_hash, variant, exposed_at)
SELECT e.id, met.unit_hash, met.variant, met.exposed_at
FROM unnest(%s::text[], %s::bytea[], %s::text[], %s::timestamptz[]) AS met(key, unit_hash, variant, exposed_at)
JOIN experiments_experiment AS e ON e.key = met.key
ORDER BY e.id, met.unit_hash ON CONFLICT (experiment_id, unit_hash) DO NOTHING
"""


def ensure_experiment(key: str, name: str, variants: Mapping[str, Decimal | float]) -> ExperimentFacts:
    """The experiment with this key, made with a fresh salt if missing.

    An existing one keeps its name and shares, which staff may have changed. Raises BadVariantsError.
    """
    stored = {variant: float(share) for variant, share in shares(variants)}
    Experiment.objects.get_or_create(key=key, defaults={"name": name, "variants": stored, "salt": secrets.token_hex(8)})
    queries.forget_experiments()
    return queries.experiment(key)


def change_shares(key: str, variants: Mapping[str, Decimal | float]) -> ExperimentFacts:
    """New shares for units not yet exposed; raises BadVariantsError, UnknownExperimentError."""
    stored = {variant: float(share) for variant, share in shares(variants)}
    Experiment.objects.filter(key=key).update(variants=stored)
    queries.forget_experiments()
    return queries.experiment(key)


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
    rows = [(one.experiment_key, one.unit_hash, one.variant, one.exposed_at) for one in firsts.values()]
    return bulk_sql.execute(NOTE, [list(column) for column in zip(*rows, strict=True)])


def forget(unit: bytes) -> int:
    """Deletes a unit's exposures (erasure); returns how many."""
    return Exposure.objects.filter(unit_hash=queries.unit_hash(unit)).delete()[0]


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
