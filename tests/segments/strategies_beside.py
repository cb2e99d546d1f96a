"""Strategies of what rules read beside events and traits: leaves over it, and the facts they look at."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from segments.rules.facts import DAY_US, NEVER, CatalogEntry, Consented, PastLine, PastOrder

Json = st.SearchStrategy[dict[str, Any]]
NOW = datetime.fromtimestamp(1_800_000_000, UTC)
NOW_US = 1_800_000_000_000_000
SLUGS = ("vip", "new")
KINDS = ("email", "phone", "user_id", "ios.idfv")


def _slugs() -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(SLUGS))


SCORED = st.one_of(
    st.fixed_dictionaries(
        {
            "score": st.just("churn"),
            "is": st.sampled_from(["eq", "ne", "gt", "lt"]),
            "value": st.sampled_from([0.1, 0.7]),
        },
        optional={"fresh_within": st.fixed_dictionaries({"days": st.integers(1, 12)})},
    ),
)
COMPUTED = st.fixed_dictionaries(
    {},
    optional={
        "score.churn": st.sampled_from([0.1, 0.7, "high"]),
        "score.churn.at": st.integers(-12, 3).map(lambda days: (NOW + timedelta(days=days)).isoformat()),
    },
)
# The same for everybody, as a shop has one catalog.
CATALOG = {
    "a-1": CatalogEntry("Shoes", "Acme", {"color": "red", "size": 42}),
    "a-2": CatalogEntry("Shoes", "", {"color": "blue"}),
    "7": CatalogEntry("2024", "Acme", {}),
}
PRODUCT_IDS = st.sampled_from(["a-1", "A-1", "a-2", "7", "7.0", "-0", "007", "7.5", "gone", ""])
PRODUCTS = st.fixed_dictionaries(
    {},
    optional={
        "product_id": st.lists(st.sampled_from(["a-1", "A-1", "gone", 7, "7.50", 0]), min_size=1, max_size=2),
        "category": st.lists(st.sampled_from(["Shoes", "2024", "Hats"]), min_size=1, max_size=2),
        "brand": st.just(["Acme"]),
        "attribute": st.sampled_from(
            [
                {"name": "color", "is": "ne", "value": "red"},
                [{"name": "color", "is": "contains", "value": "E"}, {"name": "size", "is": "lt", "value": 50}],
                {"name": "size", "is": "is_not_set"},
            ]
        ),
    },
)
PRODUCT = st.fixed_dictionaries(
    {}, optional={"product_id": st.sampled_from(["a-1", "A-1", "a-2", 7, "7.0", 7.5, "0", "gone", "", True, None])}
)
OFFSETS = st.integers(-12, 4).map(lambda days: days * DAY_US)
AMOUNTS = st.sampled_from([Decimal(5), Decimal("18.99"), Decimal(20)])


@st.composite
def orders(draw: st.DrawFn) -> tuple[PastOrder, ...]:
    """Up to three orders of somebody, some of them refunded, cancelled or not placed."""
    return tuple(draw(_order(number)) for number in range(draw(st.integers(0, 3))))


@st.composite
def _order(draw: st.DrawFn, number: int) -> PastOrder:
    status = draw(st.sampled_from(["placed", "placed", "cancelled", "refunded", "partly_refunded", "started"]))
    at = NOW_US + draw(OFFSETS)
    bought = draw(st.lists(st.tuples(PRODUCT_IDS, AMOUNTS), max_size=3))
    goods = [PastLine(product, Decimal(1), amount, at) for product, amount in bought]
    back = [PastLine(p, Decimal(-1), -a, at + draw(st.integers(0, 3)) * DAY_US, True) for p, a in bought[:1]]
    back = back if status in ("refunded", "partly_refunded") else []
    revenue = sum((line.amount for line in goods), Decimal(0))
    refunded = sum((line.amount for line in back), Decimal(0))
    currency = draw(st.sampled_from(["EUR", "USD"]))
    placed = None if status == "started" else at
    return PastOrder(f"o{number}", status, currency, revenue, placed, revenue, (*goods, *back), refunded)


BELONGING: tuple[Json, ...] = (
    st.fixed_dictionaries({"in_segment": st.sampled_from(SLUGS)}),
    st.fixed_dictionaries({"in_list": st.sampled_from(SLUGS)}),
    st.fixed_dictionaries({"has": st.sampled_from([*KINDS, "device"])}),
    st.fixed_dictionaries({"consent": st.just("news"), "is": st.sampled_from(["granted", "denied"])}),
    SCORED,
)
UNTIL = st.one_of(st.just(NEVER), st.integers(1, 12).map(lambda days: NOW_US + days * DAY_US))
BESIDE: dict[str, st.SearchStrategy[Any]] = {
    "computed": COMPUTED,
    "kinds": st.frozensets(st.sampled_from(KINDS)),
    "segments": _slugs(),
    "lists": _slugs(),
    "consents": st.one_of(
        st.just({}), st.builds(lambda allowed, until: {"news": Consented(allowed, until)}, st.booleans(), UNTIL)
    ),
    "orders": orders(),
    "catalog": st.just(CATALOG),
}


def leaves(conditions: Callable[[str], Json], counts: Json, windows: Json) -> tuple[Json, ...]:
    """Every leaf over these facts; conditions on properties, counts and windows as all leaves take them."""
    counted = {"count": counts, "within": windows}
    products = (st.fixed_dictionaries({key: PRODUCTS}, optional=counted) for key in ("bought", "viewed", "added"))
    return (*BELONGING, *products, _sequences(conditions, windows))


def _sequences(conditions: Callable[[str], Json], windows: Json) -> Json:
    told = {"where": st.lists(conditions("property"), max_size=1), "channel": st.just("web")}
    name = st.sampled_from(["Product Viewed", "Product Added", "Order Completed", "*"])
    after = st.one_of(
        st.fixed_dictionaries({"days": st.integers(1, 6)}), st.fixed_dictionaries({"hours": st.integers(1, 60)})
    )
    first = st.fixed_dictionaries({"did": name}, optional=told)
    onward = st.fixed_dictionaries({"did": name}, optional={**told, "after": after})
    absence = st.fixed_dictionaries({"did_not": name, "after": after}, optional=told)
    steps = st.one_of(
        st.tuples(first, onward),
        st.tuples(first, absence),
        st.tuples(first, onward, onward),
        st.tuples(first, onward, absence),
    )
    return st.fixed_dictionaries({"sequence": steps.map(list)}, optional={"within": windows})
