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
    identifier_id: int | None = None
    """Of the unit, where it is known."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """What somebody gets of an experiment. `variant` is "" where there is no such experiment.

    `reason`: see experiments/deciding.py. `unit_hash` and `identifier_id` stand under an exposure, once it was seen.
    """

    variant: str
    reason: str
    version: int
    takes_part: bool = False
    unit_hash: bytes = b""
    identifier_id: int | None = None


@dataclass(frozen=True, slots=True)
class SeenAnswer:
    """An answer somebody saw, with the reason it was assigned for; `experiment_key` "" where none decided it."""

    experiment_key: str
    variant: str
    reason: str
    unit_hash: bytes
    seen_at: datetime
    identifier_id: int | None = None


class UnknownExperimentError(LookupError):
    """No experiment has this key: make it with `experiments.services.ensure_experiment` first."""
