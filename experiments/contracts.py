"""What other apps see of experiments: the split and the exposures, frozen."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class ExperimentFacts:
    """One experiment; `variants` are (name, share) sorted by name."""

    id: int
    key: str
    name: str
    salt: str
    variants: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True)
class ExposureFacts:
    """The first time a unit met an experiment."""

    experiment_key: str
    variant: str
    exposed_at: datetime


@dataclass(frozen=True, slots=True)
class NewExposure:
    """A unit that met an experiment, by the hash it is stored under (`experiments.queries.unit_hash`)."""

    experiment_key: str
    unit_hash: bytes
    variant: str
    exposed_at: datetime


class UnknownExperimentError(LookupError):
    """No experiment has this key: make it with `experiments.services.ensure_experiment` first."""
