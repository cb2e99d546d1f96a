"""Reads of experiments: the split by key, a unit's exposures, heads per variant."""

from django.db.models import Count

from cdp.lib.hashing import keyed_hash
from experiments.assignment import shares
from experiments.contracts import ExperimentFacts, ExposureFacts, UnknownExperimentError
from experiments.models import Experiment, Exposure


def unit_hash(unit: bytes) -> bytes:
    """The 16 bytes under which a unit is stored in every experiment."""
    return keyed_hash("exposure", unit.hex())


def experiment(key: str) -> ExperimentFacts:
    """The experiment with this key; raises UnknownExperimentError."""
    row = Experiment.objects.filter(key=key).first()
    if row is None:
        raise UnknownExperimentError(f"there is no experiment {key!r}")
    return ExperimentFacts(id=row.pk, key=row.key, name=row.name, salt=row.salt, variants=shares(row.variants))


def variant_of(experiment_key: str, unit: bytes) -> str | None:
    """The variant a unit was exposed to, or None while it never met the experiment."""
    found = Exposure.objects.filter(experiment__key=experiment_key, unit_hash=unit_hash(unit))
    return found.values_list("variant", flat=True).first()


def exposures_of(unit: bytes) -> list[ExposureFacts]:
    """Every experiment a unit met, oldest first."""
    rows = Exposure.objects.filter(unit_hash=unit_hash(unit)).order_by("exposed_at", "pk")
    return [ExposureFacts(*row) for row in rows.values_list("experiment__key", "variant", "exposed_at")]


def heads(experiment_key: str) -> dict[str, int]:
    """Exposed units by variant."""
    rows = Exposure.objects.filter(experiment__key=experiment_key).values("variant").annotate(heads=Count("pk"))
    return {row["variant"]: row["heads"] for row in rows.order_by("variant")}
