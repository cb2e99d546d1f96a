"""Writes of experiments: making one, and the row at first exposure.

A stored exposure wins over a new computation, so a change of shares moves nobody who was already exposed.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction

from experiments import queries
from experiments.assignment import assign, shares
from experiments.contracts import ExperimentFacts
from experiments.models import Experiment, Exposure


def ensure_experiment(key: str, name: str, variants: Mapping[str, Decimal | float]) -> ExperimentFacts:
    """The experiment with this key, made with a fresh salt if missing.

    An existing one keeps its name and shares, which staff may have changed. Raises BadVariantsError.
    """
    stored = {variant: float(share) for variant, share in shares(variants)}
    Experiment.objects.get_or_create(key=key, defaults={"name": name, "variants": stored, "salt": secrets.token_hex(8)})
    return queries.experiment(key)


def change_shares(key: str, variants: Mapping[str, Decimal | float]) -> ExperimentFacts:
    """New shares for units not yet exposed; raises BadVariantsError, UnknownExperimentError."""
    stored = {variant: float(share) for variant, share in shares(variants)}
    Experiment.objects.filter(key=key).update(variants=stored)
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
