"""What placements brought in the last seven days, as the list says it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from cdp.admin_model.telling import told
from cdp.lib.admin_parts import money
from recommendations.placement_words import percent
from recommendations.queries.earnings import OfPlacement, earnings
from recommendations.queries.holdouts import HOLDOUT, TREATED

DAYS = 7


@dataclass(frozen=True, slots=True)
class Week:
    """Words for a line. `against`: how it does beside its holdout, "" without one."""

    impressions: str
    click_rate: str
    revenue: str
    against: str


def weeks(keys: Collection[str], now: datetime) -> dict[str, Week]:
    """{key: its week} of those that were seen at all. One statement, and one for each that has a holdout."""
    if not keys:
        return {}
    today = now.astimezone(ZoneInfo(settings.COMPANY_TIME_ZONE)).date()
    found = earnings(today - timedelta(days=DAYS - 1), today)
    return {one.placement: _week(one) for one in found if one.placement in keys}


def _week(one: OfPlacement) -> Week:
    """Of those who saw the placement itself, where some were held out."""
    sides = {side.variant: side.earned for side in one.sides}
    shown = sides[TREATED] if sides.keys() >= {TREATED, HOLDOUT} else one.earned
    rate, each = shown.ctr, [sum_ for sum_ in shown.money if sum_.per_thousand is not None]
    split = sum(sides[side].answers for side in (TREATED, HOLDOUT) if side in sides)
    against = told(one.clicks, split, what="clicked") if HOLDOUT in sides else ""
    return Week(
        f"{shown.impressions:,}",
        "–" if rate is None else percent(rate),
        " + ".join(money(sum_.per_thousand, sum_.currency) for sum_ in each) or "–",
        against,
    )
