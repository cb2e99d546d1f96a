"""The home page's panels: one honest number each, what it is compared with, and its chart. Read from counters only."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from automation import queries as automation
from automation.reasons import words
from cdp.admin_home.charts import Chart, Series, change, day_label, spoken
from cdp.admin_home.periods import TODAY, Period
from cdp.lib.spans import DAY, Span
from commerce import queries as commerce
from events import queries as events

T = TypeVar("T", int, Decimal)
MOST_CURRENCIES = 3
MOST_REASONS = 5


@dataclass(frozen=True, slots=True)
class Panel:
    """`title`: what is counted; `value` and `change` in words; `model`: the page behind it, "app.model".

    `reasons`: (how many, why), for what was held back.
    """

    title: str
    value: str
    change: str
    chart: Chart
    model: str
    note: str = ""
    reasons: tuple[tuple[str, str], ...] = ()


def events_panel(period: Period) -> Panel:
    """Events by the time they happened at."""
    now = events.events_by_bucket(period.so_far)
    before = events.events_by_bucket(period.before)
    by_now = sum(events.events_by_bucket(period.before_so_far).values())
    per = "an hour" if period.key == TODAY else "a day"
    series = _beside(period, now, before, 0, "Events", "events")
    total = sum(now.values())
    chart = Chart("events", f"Events {per}", period.labels, series, _x(period), f"Events {per}")
    return Panel(f"Events {period.words}", spoken(total), change(total, by_now, period.than), chart, "events.source")


def people_panel(period: Period, company_zone: str) -> Panel:
    """People who did something, by day of the company's zone; today beside the seven days before it."""
    days = 8 if period.key == TODAY else period.days
    shown = _last_days(period.so_far.end, days, company_zone)
    earlier = 1 if period.key == TODAY else period.days
    first = shown[0] - timedelta(days=earlier)
    known = events.people_by_day(first.date(), shown[-1].date())
    found = [known.get(day.date()) for day in shown]
    new = [one.new if one else None for one in found]
    back = [one.seen - one.new if one else None for one in found]
    series = [Series("Seen before", back, "people"), Series("New", new, "new")]
    labels = [day_label(day) for day in shown]
    chart = Chart("people", "People a day", labels, series, "Day", "People", stacked=True)
    counted = found[-1].counted_at if found[-1] else None
    zone = "" if company_zone == period.whole.zone else f" Days are those of {company_zone}."
    note = (f"Today counted {_ago(period.so_far.end - counted)}." if counted else "Today is being counted.") + zone
    if period.key == TODAY:
        seen, last_week = (known[day.date()].seen if day.date() in known else None for day in (shown[-1], shown[0]))
        said = change(seen, last_week, f"on last {shown[0]:%A}, the whole day")
        value = f"{spoken(seen)}" + (f", {spoken(new[-1])} of them new" if new[-1] is not None else "")
        return Panel("People today", value, said, chart, "profiles.profile", note)
    mean = _mean(one.seen for one in found if one)
    mean_before = _mean(known[day].seen for day in known if day < shown[0].date())
    value = f"{spoken(mean)} a day, {spoken(_mean(n for n in new if n is not None))} of them new"
    return Panel(
        f"People {period.words}",
        value,
        change(mean, mean_before, f"a day {period.than}"),
        chart,
        "profiles.profile",
        note,
    )


def order_panels(period: Period) -> list[Panel]:
    """Orders, and revenue by currency: the three with the most orders."""
    now, before = commerce.orders_by_bucket(period.so_far), commerce.orders_by_bucket(period.before)
    by_now = commerce.orders_by_bucket(period.before_so_far)
    total, total_before = sum(row.orders for row in now), sum(row.orders for row in by_now)
    per = "an hour" if period.key == TODAY else "a day"
    series = _beside(period, _orders(now), _orders(before), 0, "Orders", "orders")
    chart = Chart("orders", f"Orders {per}", period.labels, series, _x(period), f"Orders {per}")
    said = change(total, total_before, period.than)
    panels = [Panel(f"Orders {period.words}", spoken(total), said, chart, "commerce.order")]
    currencies = _currencies([*now, *before])
    rest = f"Also in {', '.join(currencies[MOST_CURRENCIES:])}." if len(currencies) > MOST_CURRENCIES else ""
    shown = currencies[:MOST_CURRENCIES] or [""]
    return panels + [_revenue_panel(period, currency, now, before, by_now, rest) for currency in shown]


def _revenue_panel(
    period: Period,
    currency: str,
    now: Sequence[commerce.OrdersOfBucket],
    before: Sequence[commerce.OrdersOfBucket],
    by_now: Sequence[commerce.OrdersOfBucket],
    rest: str,
) -> Panel:
    sums, sums_before = _revenue(now, currency), _revenue(before, currency)
    total, total_before = sum(sums.values(), Decimal(0)), sum(_revenue(by_now, currency).values(), Decimal(0))
    series = _beside(period, sums, sums_before, Decimal(0), "Revenue", "revenue")
    name = f"Revenue in {currency}" if currency else "Revenue"
    key = f"revenue-{currency.lower() or 'none'}"
    chart = Chart(key, name, period.labels, series, _x(period), name, currency=currency)
    said = change(total, total_before, period.than)
    note = f"Less refunds. {rest}".strip()
    return Panel(f"Revenue {period.words}", spoken(total, currency), said, chart, "commerce.order", note)


def mails_panel(period: Period) -> Panel:
    """Mails by what became of them; below it why the others were held back."""
    rows = automation.mails_by_bucket(period.so_far)
    by_now = automation.mails_by_bucket(period.before_so_far)
    kinds = (("Sent", "mails", {"sent"}), ("Refused or unknown", "alarm", {"failed", "unknown"}))
    series = [Series(name, _counts(period, rows, states), color) for name, color, states in kinds]
    series.append(Series("Held back", _counts(period, rows, {"suppressed", "not_made"}), "held"))
    sent = sum(row.count for row in rows if row.state == "sent")
    sent_before = sum(row.count for row in by_now if row.state == "sent")
    why: Counter[str] = Counter()
    for row in rows:
        if row.state != "sent":
            why[row.reason] += row.count
    ranked = sorted(why.items(), key=lambda item: (-item[1], item[0]))[:MOST_REASONS]
    reasons = tuple((spoken(count), words(reason)) for reason, count in ranked)
    per = "an hour" if period.key == TODAY else "a day"
    chart = Chart("mails", f"Mails {per}", period.labels, series, _x(period), f"Mails {per}", stacked=True)
    said = change(sent, sent_before, period.than)
    return Panel(f"Mails sent {period.words}", spoken(sent), said, chart, "mailing.message", reasons=reasons)


def _beside(
    period: Period, now: dict[datetime, T], before: dict[datetime, T], nothing: T, name: str, color: str
) -> list[Series]:
    name_now = "Today" if period.key == TODAY else name
    values, values_before = period.values(now, nothing), period.values_before(before, nothing)
    return [Series(name_now, values, color), Series(period.before_name, values_before, "before", is_line=True)]


def _orders(rows: Iterable[commerce.OrdersOfBucket]) -> dict[datetime, int]:
    found: Counter[datetime] = Counter()
    for row in rows:
        found[row.bucket] += row.orders
    return dict(found)


def _revenue(rows: Iterable[commerce.OrdersOfBucket], currency: str) -> dict[datetime, Decimal]:
    return {row.bucket: row.revenue for row in rows if row.currency == currency}


def _currencies(rows: Iterable[commerce.OrdersOfBucket]) -> list[str]:
    counts: Counter[str] = Counter()
    for row in rows:
        counts[row.currency] += row.orders
    return [currency for currency, _ in counts.most_common()]


def _counts(period: Period, rows: Iterable[automation.MailsOfBucket], states: set[str]) -> list[int | None]:
    found: Counter[datetime] = Counter()
    for row in rows:
        if row.state in states:
            found[row.bucket] += row.count
    return period.values(dict(found), 0)


def _last_days(now: datetime, days: int, zone: str) -> list[datetime]:
    span = Span(now - timedelta(days=days + 1), now, DAY, zone)
    return span.buckets()[-days:]


def _mean(values: Iterable[int]) -> float | None:
    found = list(values)
    return sum(found) / len(found) if found else None


def _x(period: Period) -> str:
    return f"Hour, {period.whole.zone}" if period.key == TODAY else f"Day, {period.whole.zone}"


def _ago(age: timedelta) -> str:
    minutes = max(0, int(age.total_seconds() // 60))
    return "just now" if minutes == 0 else f"{minutes} min ago" if minutes < 120 else f"{minutes // 60} h ago"
