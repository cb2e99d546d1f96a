"""How a budget is used up: day by day what was reserved, redeemed and given back, what is left, and until when."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings

from cdp.lib import bulk_sql
from offers.models import Budget

DAYS, MOST_DAYS, PACE_DAYS = 30, 400, 7
FARTHEST = 3_650
"""A forecast beyond so many days is none."""
BY_DAY = """
SELECT day, sum(reserved)::bigint, sum(redeemed)::bigint, sum(back)::bigint,
  coalesce(sum(money) FILTER (WHERE reserved = 1), 0), coalesce(sum(money) FILTER (WHERE redeemed = 1), 0),
  coalesce(sum(money) FILTER (WHERE back = 1), 0)
FROM (
  SELECT (CASE what WHEN 1 THEN reserved_at WHEN 2 THEN redeemed_at ELSE released_at END AT TIME ZONE %s::text)::date,
    (what = 1)::int, (what = 2)::int, (what = 3)::int, CASE WHEN currency = %s::text THEN money ELSE 0 END
  FROM offers_redemption CROSS JOIN (VALUES (1), (2), (3)) AS kinds(what)
  WHERE offer_id = %s::bigint AND (what = 1 OR (what = 2 AND redeemed_at IS NOT NULL)
    OR (what = 3 AND released_at IS NOT NULL AND state IN ('released', 'expired')))
) AS told(day, reserved, redeemed, back, money)
GROUP BY day ORDER BY day
"""


@dataclass(frozen=True, slots=True)
class BurnDay:
    """One day of the company's. What is used counts reservations that hold, at the end of the day; what is left is None
    without a limit."""

    day: date
    reserved: int
    redeemed: int
    given_back: int
    money_redeemed: Decimal
    used: int
    money_used: Decimal
    left: int | None
    money_left: Decimal | None


@dataclass(frozen=True, slots=True)
class Burn:
    """A budget with its days, the oldest first. `per_day`: what was used a day lately, of count and money.
    `runs_out_on`: None: there is no limit, or it lasts more than ten years at this pace."""

    days: tuple[BurnDay, ...]
    currency: str
    count_limit: int | None
    money_limit: Decimal | None
    used: int
    money_used: Decimal
    per_day: Decimal
    money_per_day: Decimal
    runs_out_on: date | None

    @property
    def left(self) -> int | None:
        """How many uses are left."""
        return None if self.count_limit is None else self.count_limit - self.used

    @property
    def money_left(self) -> Decimal | None:
        """How much money is left."""
        return None if self.money_limit is None else self.money_limit - self.money_used


Told = tuple[date, int, int, int, Decimal, Decimal, Decimal]


def burn(offer_id: int, now: datetime, *, days: int = DAYS) -> Burn:
    """The last `days` days, today with them, and at most those since the first use; none before it was used."""
    zone = ZoneInfo(settings.COMPANY_TIME_ZONE)
    today = now.astimezone(zone).date()
    budget = Budget.objects.filter(offer_id=offer_id).first() or Budget(offer_id=offer_id)
    told: list[Told] = bulk_sql.fetch(BY_DAY, [settings.COMPANY_TIME_ZONE, budget.currency, offer_id])
    all_days = _days(told, budget, today)
    pace = _pace(all_days)
    return Burn(
        days=tuple(all_days[-min(days, MOST_DAYS) :]),
        currency=budget.currency,
        count_limit=budget.count_limit,
        money_limit=budget.money_limit,
        used=budget.count_used,
        money_used=Decimal(budget.money_used),
        per_day=pace[0],
        money_per_day=pace[1],
        runs_out_on=_runs_out(budget, pace, today),
    )


def _days(told: Sequence[Told], budget: Budget, today: date) -> list[BurnDay]:
    if not told:
        return []
    by_day = {row[0]: row for row in told}
    none = (0, 0, 0, Decimal(0), Decimal(0), Decimal(0))
    used, money = 0, Decimal(0)
    found = []
    first = told[0][0]
    for n in range((max(today, told[-1][0]) - first).days + 1):
        day = first + timedelta(days=n)
        _, reserved, redeemed, back, spent, firm, returned = by_day.get(day, (day, *none))
        used, money = used + reserved - back, money + spent - returned
        left = None if budget.count_limit is None else budget.count_limit - used
        money_left = None if budget.money_limit is None else budget.money_limit - money
        found.append(BurnDay(day, reserved, redeemed, back, firm, used, money, left, money_left))
    return found


def _pace(days: Sequence[BurnDay]) -> tuple[Decimal, Decimal]:
    """(uses, money) a day over the last seven days, or since the first use."""
    if not days:
        return Decimal(0), Decimal(0)
    lately = min(len(days), PACE_DAYS)
    before = days[-lately - 1] if len(days) > lately else None
    used = days[-1].used - (before.used if before else 0)
    money = days[-1].money_used - (before.money_used if before else Decimal(0))
    return Decimal(used) / lately, money / lately


def _runs_out(budget: Budget, pace: tuple[Decimal, Decimal], today: date) -> date | None:
    limits = ((budget.count_limit, budget.count_used, pace[0]), (budget.money_limit, budget.money_used, pace[1]))
    found = [_days_left(Decimal(limit) - used, a_day) for limit, used, a_day in limits if limit is not None]
    soonest = min((one for one in found if one is not None), default=None)
    return None if soonest is None else today + timedelta(days=soonest)


def _days_left(left: Decimal, a_day: Decimal) -> int | None:
    if left <= 0:
        return 0
    days = math.ceil(left / a_day) if a_day > 0 else FARTHEST + 1
    return days if days <= FARTHEST else None
