"""The holdout of a journey: an experiment of its own over addresses, exposed by the first mail that would go."""

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal

from automation.models import Journey
from automation.queries.journeys import experiment_key
from experiments import queries as asked
from experiments import services as experiments
from experiments.contracts import NewExposure

HOLDOUT, TREATED = "holdout", "treated"


def ensure_experiment(journey: Journey) -> None:
    """The journey's experiment, made where it is missing."""
    experiments.ensure_experiment(
        experiment_key(journey), f"Holdout of “{journey.name}”", _shares(journey), owner=f"journey:{journey.slug}"
    )


def sync_holdout(journey: Journey) -> None:
    """Bring the experiment's shares to the journey's setting; addresses already assigned stay where they are."""
    ensure_experiment(journey)
    experiments.change_shares(experiment_key(journey), _shares(journey))


def exposed(key: str, units: Collection[bytes], now: datetime) -> Mapping[bytes, str]:
    """{unit: its variant}, written down at first exposure. The stored one wins, whoever came first."""
    wanted = asked.variants_now(key, units)
    met = [NewExposure(key, asked.unit_hash(unit), variant, now) for unit, variant in wanted.items()]
    return asked.variants_now(key, units) if experiments.note_exposures(met) != len(met) else wanted


def _shares(journey: Journey) -> dict[str, Decimal]:
    share = Decimal(journey.holdout_share)
    return {HOLDOUT: share, TREATED: 1 - share}
