"""What a chart on a page of the admin is made of. The template is admin/chart.html, the script static/house/charts.js.

Colors are names of things, not of colors: the same thing has the same color on every page, light or dark.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from cdp.lib.admin_parts import money

Value = int | float | Decimal | None


@dataclass(frozen=True, slots=True)
class Series:
    """One line or one kind of bars. `color` names the thing: events, people, orders, revenue, mails, held, before, …

    None is a gap: not known, as opposed to 0. `low` and `high`: intervals around the values, empty where there are
    none. `colors`: of each bar, where they are not all of one thing.
    """

    name: str
    values: Sequence[Value]
    color: str
    is_line: bool = False
    low: Sequence[Value] = ()
    high: Sequence[Value] = ()
    colors: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: `title` says what it shows, `labels` name the buckets. Values are counts, money of `currency`, or
    figures with `decimals`."""

    key: str
    title: str
    labels: Sequence[str]
    series: Sequence[Series]
    x_title: str
    y_title: str
    currency: str = ""
    stacked: bool = False
    decimals: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw but zeros and gaps."""
        return not any(value for one in self.series for value in one.values)

    @property
    def payload(self) -> dict[str, object]:
        """What the script draws, as JSON."""
        return {
            "title": self.title,
            "labels": list(self.labels),
            "series": [
                {
                    "name": one.name,
                    "values": _numbers(one.values),
                    "low": _numbers(one.low),
                    "high": _numbers(one.high),
                    "color": one.color,
                    "colors": list(one.colors),
                    "line": one.is_line,
                }
                for one in self.series
            ],
            "xTitle": self.x_title,
            "yTitle": self.y_title,
            "currency": self.currency,
            "stacked": self.stacked,
            "decimals": self.decimals,
        }

    @property
    def rows(self) -> list[tuple[str, list[str]]]:
        """The same as a table: (bucket, its values as one reads them)."""
        return [
            (label, [self._cell(one, n) for one in self.series])
            for n, label in enumerate(self.labels)
        ]  # fmt: skip

    def _cell(self, one: Series, n: int) -> str:
        said = spoken(one.values[n], self.currency, self.decimals)
        if not one.low or one.low[n] is None:
            return said
        low, high = (spoken(side[n], self.currency, self.decimals) for side in (one.low, one.high))
        return f"{said} ({low} to {high})"


def spoken(value: Value, currency: str = "", decimals: int = 0) -> str:
    """1,204 · €18.99 · 0.112 with decimals · – for what is not known."""
    if value is None:
        return "–"
    if not currency:
        return f"{value:,.{decimals}f}"
    return money(value, currency)


def _numbers(values: Sequence[Value]) -> list[float | None]:
    return [None if value is None else float(value) for value in values]


def change(now: Value, before: Value, than: str) -> str:
    """In words, with its sign: “+12 % on last Sunday by this time (1,075)”. `than`: what it is compared with."""
    if now is None or before is None:
        return f"nothing to compare with {than}"
    if before == 0:
        return f"none {than}" if now else f"none {than} either"
    percent = (float(now) - float(before)) / float(before) * 100
    if abs(percent) < 0.5:
        return f"as many as {than}"
    sign, word = ("+", "more") if percent > 0 else ("−", "fewer")
    return f"{sign}{abs(percent):,.0f} %, {word} than {than}"


def hour_label(bucket: datetime) -> str:
    """14:00."""
    return f"{bucket:%H:%M}"


def day_label(bucket: datetime) -> str:
    """Mon 3 Nov."""
    return f"{bucket:%a %-d %b}"
