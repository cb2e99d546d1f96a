"""Nobody that the demo lets one sign in as is held out of its journeys: who tries it shall get the mail.

The holdout stays real for everybody else. Done at the first start, by the experiment's own first exposures.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from automation import queries as automation
from automation import services
from automation.models import Journey
from automation.services.journeys import HOLDOUT, TREATED
from cdp.lib.hashing import address_hash
from experiments import queries as experiments
from experiments.services import change_shares, expose


def spare(journey: Journey, addresses: Iterable[str], now: datetime) -> int:
    """Exposes each address to the mails, unless an earlier start or a mail did; how many were."""
    key = automation.experiment_key(journey)
    units = [address_hash(address) for address in addresses]
    missing = [unit for unit in units if experiments.variant_of(key, unit) is None]
    if not missing:
        return 0
    change_shares(key, {HOLDOUT: Decimal(0), TREATED: Decimal(1)})
    try:
        for unit in missing:
            expose(key, unit, now)
    finally:
        services.sync_holdout(journey)
    return len(missing)
