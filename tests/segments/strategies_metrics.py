"""Strategies of metrics: of events' properties, of their time, and of money over orders."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from segments.rules.money import KINDS as MONEY

Json = st.SearchStrategy[dict[str, Any]]
NUMBERS = st.sampled_from([-5, 0, 1, 2, 5, 11.995, "18.99", 18.99, 20, 38.99])
DAYS = st.sampled_from([0, 1, 2.5, 5, 12])
ORDERED: Json = st.fixed_dictionaries({}, optional={"order_id": st.sampled_from(["o0", "o1", "o2"])})
"""What events tell of orders."""


def _compared(values: st.SearchStrategy[Any]) -> Json:
    """Conditions on a number."""
    pairs = st.tuples(values, values).map(lambda pair: sorted(pair, key=float))
    return st.one_of(
        st.fixed_dictionaries({"is": st.sampled_from(["eq", "ne", "gt", "gte", "lt", "lte"]), "value": values}),
        st.fixed_dictionaries({"is": st.just("between"), "value": pairs}),
        st.fixed_dictionaries(
            {"is": st.sampled_from(["in", "not_in"]), "value": st.lists(values, min_size=1, max_size=3)}
        ),
        st.fixed_dictionaries({"is": st.sampled_from(["is_set", "is_not_set"])}),
    )


def _without_name(conditions: Json, key: str) -> Json:
    return conditions.map(lambda told: {name: value for name, value in told.items() if name != key})


def _is_of_time(told: dict[str, Any]) -> bool:
    return told["is"] in ("before", "after", "within_last", "within_next", "anniversary_within_next", "is_set")


def metrics(events: tuple[str, ...], names: tuple[str, ...], conditions: Callable[[str], Json], windows: Json) -> Json:
    """Any metric over these events and names of properties."""
    which = {
        "where": st.lists(conditions("property"), max_size=1),
        "within": windows,
        "channel": st.sampled_from(["web", "app"]),
    }
    event, of = st.sampled_from([*events, "*"]), st.sampled_from(names)
    any_value = _without_name(conditions("trait"), "trait")

    def metric(kinds: list[str], condition: Json, **more: st.SearchStrategy[Any]) -> Json:
        base = st.fixed_dictionaries({"metric": st.sampled_from(kinds), "event": event, **more}, optional=which)
        return st.tuples(base, condition).map(lambda parts: parts[0] | parts[1])

    money = st.fixed_dictionaries(
        {
            "metric": st.sampled_from(MONEY),
            "event": st.just("Order Completed"),
            "of": st.sampled_from(["revenue", "total"]),
            "currency": st.just("EUR"),
        },
        optional={**which, "gross": st.booleans()},
    )
    return st.one_of(
        metric(["count"], _compared(NUMBERS)),
        metric(["time_since"], _compared(DAYS)),
        metric(["sum", "avg", "min", "max"], _compared(NUMBERS), of=of),
        metric(["distinct"], _compared(NUMBERS), of=of),
        metric(["first", "last", "most_frequent"], any_value, of=of),
        metric(["first", "last"], any_value.filter(_is_of_time), of=st.just("time")),
        st.tuples(money, _compared(NUMBERS)).map(lambda parts: parts[0] | parts[1]),
        st.tuples(money, _compared(NUMBERS)).map(lambda parts: parts[0] | parts[1]),
    )
