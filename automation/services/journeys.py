"""Journeys made, activated and paused; each has an experiment of its own for its holdout."""

from decimal import Decimal

from automation.models import Journey
from automation.queries import experiment_key
from cdp.outbox.services import wake
from consent.contracts import EMAIL_REMINDERS
from experiments import services as experiments

ABANDONED_CART = "abandoned-cart"
HOLDOUT, TREATED = "holdout", "treated"


def ensure_default_journeys() -> Journey:
    """The abandoned-cart journey, as a draft if it is new; what staff changed stays as it is. Idempotent."""
    defaults = {"name": "Abandoned cart", "purpose_id": EMAIL_REMINDERS}
    journey, _ = Journey.objects.get_or_create(slug=ABANDONED_CART, defaults=defaults)
    _ensure_experiment(journey)
    return journey


def activate(journey: Journey) -> None:
    """Let the journey arm carts and mail from now on. Carts left before are not enrolled."""
    _ensure_experiment(journey)
    Journey.objects.filter(pk=journey.pk).update(state=Journey.State.LIVE)
    wake("automation.step")
    wake("automation.send")


def pause(journey: Journey) -> None:
    """Stop arming and mailing; what waits goes on waiting until it is activated again or too old."""
    Journey.objects.filter(pk=journey.pk).update(state=Journey.State.PAUSED)


def sync_holdout(journey: Journey) -> None:
    """Bring the experiment's shares to the journey's setting; addresses already assigned stay where they are."""
    _ensure_experiment(journey)
    experiments.change_shares(experiment_key(journey), _shares(journey))


def _ensure_experiment(journey: Journey) -> None:
    experiments.ensure_experiment(experiment_key(journey), f"Holdout of “{journey.name}”", _shares(journey))


def _shares(journey: Journey) -> dict[str, Decimal]:
    share = Decimal(journey.holdout_share)
    return {HOLDOUT: share, TREATED: 1 - share}
