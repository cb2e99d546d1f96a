"""Hypothesis strategies: any rule over a small world of names, values and instants, so that collisions are common."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from segments.rules.calendar import UNITS, edge_name, placeholders
from segments.rules.facts import DAY_US, PastEvent, PersonFacts
from segments.rules.windows import CALENDAR
from tests.segments.spec.cases import ZONE
from tests.segments.strategies_beside import BESIDE, PRODUCT, leaves
from tests.segments.strategies_metrics import ORDERED, metrics

NOW_US = 1_800_000_000_000_000
EVENTS = ("Product Viewed", "Order Completed", "Signed Up")
NAMES = ("country", "price", "since")
SCALARS = st.sampled_from(["DE", "AT", "de", "5", "18.99", 5, 18.99, 20, True, False, ""])
INSTANTS = st.integers(-12, 12).map(
    lambda d: (datetime.fromtimestamp(NOW_US // 10**6, UTC) + timedelta(days=d)).isoformat()
)
DATES = st.sampled_from(["1984-02-29", "1990-01-15", "2001-01-14T23:30:00Z", "1961-03-01", "2027-01-31T22:59:59Z"])
VALUES = st.one_of(SCALARS, INSTANTS, DATES, st.none(), st.just(["DE"]))
DAYS = st.integers(1, 12)


def conditions(key: str) -> st.SearchStrategy[dict[str, Any]]:
    name = st.sampled_from(NAMES)
    ordered = st.sampled_from([5, 18.99, "18.99", 20, "b"])

    def of(operators: list[str], values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
        return st.fixed_dictionaries({key: name, "is": st.sampled_from(operators), "value": values})

    return st.one_of(
        of(["eq", "ne"], SCALARS),
        of(["in", "not_in"], st.lists(SCALARS, min_size=1, max_size=3)),
        of(["gt", "gte", "lt", "lte"], ordered),
        of(["between"], st.just([5, 19])),
        of(["contains", "starts_with"], st.sampled_from(["d", "1", "DE"])),
        of(["before", "after"], INSTANTS),
        of(["within_last", "within_next"], st.fixed_dictionaries({"days": DAYS})),
        of(["anniversary_within_next"], st.fixed_dictionaries({"days": st.sampled_from([1, 5, 12, 43, 44, 351, 364])})),
        st.fixed_dictionaries({key: name, "is": st.sampled_from(["is_set", "is_not_set"])}),
    )


COUNTS = st.one_of(
    st.fixed_dictionaries({"gte": st.integers(0, 3)}),
    st.fixed_dictionaries({"lte": st.integers(0, 3)}),
    st.fixed_dictionaries({"eq": st.integers(0, 3)}),
    st.just({"between": [1, 2]}),
)
WINDOWS = st.one_of(
    st.fixed_dictionaries({"days": DAYS}),
    st.fixed_dictionaries({"calendar": st.sampled_from(sorted(CALENDAR))}),
    st.tuples(INSTANTS, INSTANTS).filter(lambda pair: pair[0] < pair[1]).map(lambda pair: {"between": list(pair)}),
)
CHANNELS = st.sampled_from(["web", "app"])
DIDS = st.fixed_dictionaries(
    {"did": st.sampled_from([*EVENTS, "*"])},
    optional={
        "channel": CHANNELS,
        "count": COUNTS,
        "within": WINDOWS,
        "where": st.lists(conditions("property"), max_size=2),
    },
)
RULES = st.recursive(
    st.one_of(
        DIDS, conditions("trait"), *leaves(conditions, COUNTS, WINDOWS), metrics(EVENTS, NAMES, conditions, WINDOWS)
    ),
    lambda below: st.one_of(
        st.lists(below, max_size=3).map(lambda nodes: {"all": nodes}),
        st.lists(below, max_size=3).map(lambda nodes: {"any": nodes}),
        below.map(lambda node: {"not": node}),
    ),
    max_leaves=6,
)
PROPERTIES = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3)
OFFSETS = st.one_of(
    st.integers(-12, 6).map(lambda days: days * DAY_US),
    st.integers(-12 * DAY_US, 6 * DAY_US),
    st.builds(
        lambda unit, edge, us: placeholders(NOW_US, ZONE)[edge_name(unit, edge)] - NOW_US + us,
        st.sampled_from(UNITS),
        st.sampled_from(["before", "start", "end"]),
        st.integers(-1, 1),
    ),
)
TOLD = st.builds(lambda *parts: {**parts[0], **parts[1], **parts[2]}, PROPERTIES, PRODUCT, ORDERED)
HAPPENED = st.tuples(st.sampled_from((*EVENTS, "Product Added")), OFFSETS, TOLD, st.one_of(st.none(), CHANNELS))
HISTORIES = st.lists(HAPPENED, max_size=6).map(
    lambda told: [PastEvent(name, NOW_US + at, tells, n, on) for n, (name, at, tells, on) in enumerate(told, 1)]
)
PEOPLE = st.builds(PersonFacts, PROPERTIES, HISTORIES, zone=st.just(ZONE), **BESIDE)
