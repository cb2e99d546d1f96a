"""Goals and guardrails of an experiment: what is measured of a person after they met it. Pure.

`{"name": "Orders", "kind": "conversion", "event": "Order Completed", "within_days": 7, "direction": "up"}`

- conversion: the share of people who did `event` at least once; count: how often a person did it;
- revenue: the sum of `property` (default "revenue") over a person's `event` (default "Order Completed");
- ratio: `numerator` and `denominator`, each `{"event", "property"}` (no property: how often), summed over everybody.

`Order Completed` means the shop's orders as they stand: cancelled ones do not count, refunds are subtracted from
revenue. A person's window is the `within_days` days after they met the experiment. `cap` cuts a person's value: a
number, or `{"percentile": 99}` of those who have any.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from events.names import canonical_name

CONVERSION, COUNT, REVENUE, RATIO = KINDS = ("conversion", "count", "revenue", "ratio")
UP, DOWN = DIRECTIONS = ("up", "down")
ORDERS = "Order Completed"
ORDER_AMOUNTS = ("revenue", "total", "shipping", "discount")
"""What may be summed of orders. `revenue` is net of refunds."""
DEFAULT_DAYS, MOST_DAYS = 7, 90
MOST = 12
COMMON = frozenset({"name", "kind", "within_days", "direction", "cap"})
TAKES: Mapping[str, frozenset[str]] = {
    CONVERSION: frozenset({"event"}),
    COUNT: frozenset({"event"}),
    REVENUE: frozenset({"event", "property", "currency"}),
    RATIO: frozenset({"numerator", "denominator", "currency"}),
}


class MetricError(ValueError):
    """A goal or guardrail that cannot be used: `path` = JSON path of the bad piece, `message` = what it takes."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message


@dataclass(frozen=True, slots=True)
class Measure:
    """What is added up of a person: `amount`, a property of the event, or how often they did it where it is empty."""

    event: str
    amount: str = ""

    @property
    def is_of_orders(self) -> bool:
        """Whether it is asked of orders, not of events."""
        return self.event == ORDERS


@dataclass(frozen=True, slots=True)
class Cap:
    """Where a person's value is cut: at `value`, or at the `percentile` (50 to 100) of those who have any."""

    value: float | None = None
    percentile: float | None = None


@dataclass(frozen=True, slots=True)
class Metric:
    """One goal or guardrail. `currency`: of what money is counted, empty = the one most orders have."""

    name: str
    kind: str
    measure: Measure
    denominator: Measure | None = None
    within_days: int = DEFAULT_DAYS
    direction: str = UP
    cap: Cap | None = None
    currency: str = ""

    @property
    def is_money(self) -> bool:
        """Whether its values are amounts of orders, hence asked of one currency."""
        return any(one.is_of_orders and bool(one.amount) for one in self.measures)

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What must be asked of everybody to compute it."""
        return (self.measure,) if self.denominator is None else (self.measure, self.denominator)


def parse_metrics(goals: object, guardrails: object) -> tuple[tuple[Metric, ...], tuple[Metric, ...]]:
    """(goals, guardrails); raises MetricError. Names differ from each other, in any case."""
    taken: set[str] = set()
    return _parse_all(goals, "$.goals", taken), _parse_all(guardrails, "$.guardrails", taken)


def parse_metric(raw: object, path: str = "$") -> Metric:
    """One goal or guardrail; raises MetricError."""
    piece = _object(raw, path)
    kind = _one_of(piece, "kind", KINDS, path)
    _known(piece, COMMON | TAKES[kind], path, f"of a {kind}")
    numerator, denominator = _measures(piece, kind, path)
    return Metric(
        name=_text(piece, "name", path),
        kind=kind,
        measure=numerator,
        denominator=denominator,
        within_days=_days(piece.get("within_days", DEFAULT_DAYS), f"{path}.within_days"),
        direction=_one_of(piece, "direction", DIRECTIONS, path, default=UP),
        cap=_cap(piece.get("cap"), kind, f"{path}.cap"),
        currency=_currency(piece.get("currency", ""), f"{path}.currency"),
    )


def _parse_all(raw: object, path: str, taken: set[str]) -> tuple[Metric, ...]:
    if not isinstance(raw, list):
        raise MetricError(path, "must be a list of metrics")
    if len(raw) > MOST:
        raise MetricError(path, f"takes {MOST} metrics at most, not {len(raw)}")
    found = []
    for place, each in enumerate(raw):
        one = parse_metric(each, f"{path}[{place}]")
        if one.name.casefold() in taken:
            raise MetricError(f"{path}[{place}].name", f"{one.name!r} stands twice: give each metric a name of its own")
        taken.add(one.name.casefold())
        found.append(one)
    return tuple(found)


def _measures(piece: Mapping[str, Any], kind: str, path: str) -> tuple[Measure, Measure | None]:
    if kind != RATIO:
        default = ORDERS if kind == REVENUE else None
        return _measure(piece, path, with_property=kind == REVENUE, default=default), None
    parts = []
    for side in ("numerator", "denominator"):
        below = f"{path}.{side}"
        part = _object(piece.get(side), below)
        _known(part, {"event", "property"}, below, "of one side of a ratio")
        parts.append(_measure(part, below, with_property=False))
    return parts[0], parts[1]


def _measure(piece: Mapping[str, Any], path: str, *, with_property: bool, default: str | None = None) -> Measure:
    raw = piece.get("event", default)
    if not isinstance(raw, str) or not raw.strip():
        raise MetricError(f"{path}.event", "must name an event, e.g. “Product Added” or “Order Completed”")
    event = canonical_name(raw.strip())
    amount = piece.get("property", "revenue" if with_property else "")
    if not isinstance(amount, str) or (with_property and not amount.strip()):
        raise MetricError(f"{path}.property", "must name a property of the event that is a number, e.g. “revenue”")
    if event == ORDERS and amount and amount not in ORDER_AMOUNTS:
        raise MetricError(f"{path}.property", f"of orders it takes {', '.join(ORDER_AMOUNTS)}, not {amount!r}")
    return Measure(event, amount.strip())


def _cap(raw: object, kind: str, path: str) -> Cap | None:
    if raw is None:
        return None
    if kind == CONVERSION:
        raise MetricError(path, "a conversion is 0 or 1: there is nothing to cut")
    if isinstance(raw, Mapping):
        _known(raw, {"percentile"}, path, "of a cap")
        return Cap(percentile=_number(raw.get("percentile"), f"{path}.percentile", 50, 100))
    return Cap(value=_number(raw, path, 0, 1e12))


def _number(raw: object, path: str, above: float, below: float) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not above < raw < below:
        raise MetricError(path, f"must be a number above {above:g} and below {below:g}")
    return float(raw)


def _days(raw: object, path: str) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not 1 <= raw <= MOST_DAYS:
        raise MetricError(path, f"must be a whole number of days from 1 to {MOST_DAYS}")
    return raw


def _currency(raw: object, path: str) -> str:
    if not isinstance(raw, str) or (raw and not (len(raw) == 3 and raw.isascii() and raw.isalpha() and raw.isupper())):
        raise MetricError(path, "must be an ISO 4217 code such as “EUR”, or be left out")
    return raw


def _object(raw: object, path: str) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise MetricError(path, "must be an object")
    return raw


def _known(piece: Mapping[str, Any], keys: Collection[str], path: str, whose: str) -> None:
    unknown = sorted(set(piece) - set(keys))
    if unknown:
        raise MetricError(f"{path}.{unknown[0]}", f"is not known {whose}; it takes {', '.join(sorted(keys))}")


def _text(piece: Mapping[str, Any], key: str, path: str) -> str:
    raw = piece.get(key)
    if not isinstance(raw, str) or not raw.strip() or len(raw) > 100:
        raise MetricError(f"{path}.{key}", "must be text of 1 to 100 characters")
    return raw.strip()


def _one_of(
    piece: Mapping[str, Any], key: str, choices: tuple[str, ...], path: str, *, default: str | None = None
) -> str:
    raw = piece.get(key, default)
    if raw not in choices:
        raise MetricError(f"{path}.{key}", f"must be {', '.join(choices[:-1])} or {choices[-1]}, not {raw!r}")
    return str(raw)
