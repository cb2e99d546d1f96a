"""How many days it is until the day and month of an instant come round again, from the company's today. Pure.

The day of a value that is a date (midnight in UTC) is that date; of any other instant the day it was by the company's
standard time, summer or winter. 29 February falls on the 28th in other years. Days are counted in years that begin on
1 March, so that a leap day is the last of its year and every day and month has one number (0 = 1 March).
"""

from datetime import timedelta

from sqlglot import exp

from lake.contracts import Facet
from segments.rules import sql
from segments.rules.calendar import (
    MARCH_DAY,
    MARCH_YEAR,
    STANDARD,
    anniversaries,
    edge_name,
    local_date,
    midnight_us,
)
from segments.rules.facts import DAY_US
from segments.rules.scope import See

CYCLE = 146_097  # days of 400 years
TO_MARCH = 719_468 + 40 * CYCLE  # from 1 January 1970 to a 1 March that begins a cycle, before all that is told
LEAP_DAY = 365
MOST_SHIFT_US = 3 * 3_600_000_000  # no clock is changed by more
FOUR_YEARS = 1461  # days


def is_near(instant_us: int, days: int, now_us: int, zone: str) -> bool:
    """Whether the anniversary is today or at most so many days ahead."""
    return _days_until(instant_us, now_us, zone) <= days


def flips(instant_us: int, days: int, now_us: int, zone: str) -> tuple[int, ...]:
    """The next midnight at which `is_near` changes."""
    until, today = _days_until(instant_us, now_us, zone), local_date(now_us, zone)
    return (midnight_us(today + timedelta(days=until - days if until > days else until + 1), zone),)


def is_near_sql(see: See, days: int) -> exp.Expression:
    """SQL of `is_near`."""
    return sql.known(exp.LTE(this=_days_until_sql(see), expression=sql.whole(days)))


def flips_sql(see: See, days: int) -> exp.Expression:
    """SQL of a bound on the first of `flips`: tomorrow's midnight exactly, a later one some hours early."""
    until = _days_until_sql(see)
    is_far = exp.GT(this=until, expression=sql.whole(days))
    ahead = sql.case([(is_far, sql.minus(until.copy(), days))], sql.plus(until.copy(), 1))
    midnight = exp.Add(
        this=sql.minus(exp.Placeholder(this=edge_name("day", "start")), MOST_SHIFT_US),
        expression=exp.Mul(this=exp.Paren(this=ahead), expression=sql.whole(DAY_US)),
    )
    is_told = exp.Not(this=exp.Is(this=see(Facet.INSTANT), expression=exp.null()))
    tomorrow = exp.Placeholder(this=edge_name("day", "end"))
    return sql.case([(is_told, exp.Greatest(this=tomorrow, expressions=[midnight], ignore_nulls=True))], exp.null())


def _days_until(instant_us: int, now_us: int, zone: str) -> int:
    counted = anniversaries(local_date(now_us, zone), zone)
    shift = counted.standard_us if instant_us % DAY_US else 0
    day = _march_day((instant_us + shift) // DAY_US)
    this_year = counted.march_year - 1 if day == LEAP_DAY else day
    return (this_year + counted.march_year - counted.march_day) % counted.march_year


def _march_day(days: int) -> int:
    """The number of a day since 1 January 1970 within its year, which begins on 1 March."""
    in_century = (4 * (days + TO_MARCH) + 3) % CYCLE // 4
    return (4 * in_century + 3) % FOUR_YEARS // 4


def _days_until_sql(see: See) -> exp.Expression:
    day, today, year = _march_day_sql(see), exp.Placeholder(this=MARCH_DAY), exp.Placeholder(this=MARCH_YEAR)
    is_leap_day = exp.EQ(this=day, expression=sql.whole(LEAP_DAY))
    this_year = sql.case([(is_leap_day, sql.minus(year, 1))], day.copy())
    ahead = exp.Sub(this=exp.Add(this=this_year, expression=year.copy()), expression=today)
    return exp.Mod(this=exp.Paren(this=ahead), expression=year.copy())


def _march_day_sql(see: See) -> exp.Expression:
    """SQL of `_march_day`; what is divided is never negative."""
    instant = see(Facet.INSTANT)
    is_date = exp.EQ(this=exp.Mod(this=instant, expression=sql.whole(DAY_US)), expression=sql.whole(0))
    shift = sql.case([(is_date, sql.whole(0))], exp.Placeholder(this=STANDARD))
    moved = exp.Add(this=sql.plus(instant.copy(), TO_MARCH * DAY_US), expression=shift)
    in_century = _div(
        exp.Mod(this=exp.Paren(this=_four_times_plus_three(_div(moved, DAY_US))), expression=sql.whole(CYCLE))
    )
    in_years = exp.Mod(this=exp.Paren(this=_four_times_plus_three(in_century)), expression=sql.whole(FOUR_YEARS))
    return _div(in_years)


def _four_times_plus_three(number: exp.Expression) -> exp.Expression:
    return exp.Add(this=exp.Mul(this=sql.whole(4), expression=number), expression=sql.whole(3))


def _div(number: exp.Expression, by: int = 4) -> exp.Expression:
    """The whole part of a division."""
    return exp.Paren(this=exp.IntDiv(this=exp.Paren(this=number), expression=sql.whole(by)))
