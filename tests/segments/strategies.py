"""Hypothesis strategies: any rule over a small world of names, values and instants, so that collisions are common."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from segments.rules.facts import DAY_US, PastEvent, PersonFacts
from tests.segments.strategies_beside import BESIDE, leaves

NOW_US = 1_800_000_000_000_000
EVENTS = ("Product Viewed", "Order Completed", "Signed Up")
NAMES = ("country", "price", "since")
SCALARS = st.sampled_from(["DE", "AT", "de", "5", "18.99", 5, 18.99, 20, True, False, ""])
INSTANTS = st.integers(-12, 12).map(
    lambda d: (datetime.fromtimestamp(NOW_US // 10**6, UTC) + timedelta(days=d)).isoformat()
)
VALUES = st.one_of(SCALARS, INSTANTS, st.none(), st.just(["DE"]))
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
        of(["within_last"], st.fixed_dictionaries({"days": DAYS})),
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
    st.tuples(INSTANTS, INSTANTS).filter(lambda pair: pair[0] < pair[1]).map(lambda pair: {"between": list(pair)}),
)
DIDS = st.fixed_dictionaries(
    {"did": st.sampled_from(EVENTS)},
    optional={"count": COUNTS, "within": WINDOWS, "where": st.lists(conditions("property"), max_size=2)},
)
RULES = st.recursive(
    st.one_of(DIDS, conditions("trait"), *leaves(conditions, COUNTS, WINDOWS)),
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
)
HISTORIES = st.lists(
    st.builds(lambda n, o, p: PastEvent(n, NOW_US + o, p), st.sampled_from(EVENTS), OFFSETS, PROPERTIES), max_size=6
)
PEOPLE = st.builds(PersonFacts, PROPERTIES, HISTORIES, **BESIDE)
