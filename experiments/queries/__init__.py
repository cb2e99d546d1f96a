"""Reads of experiments: the split by key, a unit's exposures, heads per variant.

For requests a split is kept in process for three seconds.
"""

import time
from collections.abc import Collection

from django.db.models import Count

from cdp.lib import bulk_sql
from experiments.assignment import assign, shares
from experiments.contracts import ExperimentFacts, ExposureFacts, UnknownExperimentError
from experiments.models import Experiment, Exposure
from experiments.queries.running import forget_running
from experiments.queries.units import unit_hash as unit_hash

KEPT_S = 3.0
MOST_KEPT = 1_000
VARIANT = """
SELECT variant FROM experiments_exposure WHERE experiment_id = %s::bigint AND unit_hash = %s::bytea
"""
VARIANTS = """
SELECT unit_hash, variant FROM experiments_exposure
WHERE experiment_id = %s::bigint AND unit_hash = ANY(%s::bytea[])
"""


def experiment(key: str) -> ExperimentFacts:
    """The experiment with this key; raises UnknownExperimentError."""
    row = Experiment.objects.filter(key=key).first()
    if row is None:
        raise UnknownExperimentError(f"there is no experiment {key!r}")
    return ExperimentFacts(id=row.pk, key=row.key, name=row.name, salt=row.salt, variants=shares(row.variants))


_kept: dict[str, tuple[float, ExperimentFacts | None]] = {}


def experiment_now(key: str) -> ExperimentFacts | None:
    """The experiment with this key, up to three seconds old; None where there is none."""
    known = _kept.get(key)
    if known is not None and known[0] > time.monotonic():
        return known[1]
    try:
        found = experiment(key)
    except UnknownExperimentError:
        found = None
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
    _kept[key] = (time.monotonic() + KEPT_S, found)
    return found


def forget_experiments() -> None:
    """Read the splits afresh from now on, in this process."""
    _kept.clear()
    forget_running()


def variant_of(experiment_key: str, unit: bytes) -> str | None:
    """The variant a unit was exposed to, or None while it never met the experiment."""
    found = Exposure.objects.filter(experiment__key=experiment_key, unit_hash=unit_hash(unit))
    return found.values_list("variant", flat=True).first()


def variant_now(key: str, unit: bytes) -> str:
    """The variant a unit was exposed to, else the one it would be: writes nothing. "" where there is no experiment."""
    facts = experiment_now(key)
    if facts is None:
        return ""
    stored = bulk_sql.fetch(VARIANT, [facts.id, unit_hash(unit)])
    return str(stored[0][0]) if stored else assign(facts.salt, unit, dict(facts.variants))


def variants_now(key: str, units: Collection[bytes]) -> dict[bytes, str]:
    """`variant_now` of many units by one statement; empty where there is no experiment."""
    facts = experiment_now(key)
    if facts is None or not units:
        return {}
    hashes = {unit: unit_hash(unit) for unit in units}
    stored = {bytes(one): str(variant) for one, variant in bulk_sql.fetch(VARIANTS, [facts.id, list(hashes.values())])}
    shares_of = dict(facts.variants)
    return {unit: stored.get(one) or assign(facts.salt, unit, shares_of) for unit, one in hashes.items()}


def exposures_of(unit: bytes) -> list[ExposureFacts]:
    """Every experiment a unit met, oldest first."""
    rows = Exposure.objects.filter(unit_hash=unit_hash(unit)).order_by("exposed_at", "pk")
    return [ExposureFacts(*row) for row in rows.values_list("experiment__key", "variant", "exposed_at")]


def heads(experiment_key: str) -> dict[str, int]:
    """Exposed units by variant."""
    rows = Exposure.objects.filter(experiment__key=experiment_key).values("variant").annotate(heads=Count("pk"))
    return {row["variant"]: row["heads"] for row in rows.order_by("variant")}
