"""Computed traits of everybody equal what is computed of each person when asked; kept fresh; as rules ask them."""

import itertools
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiences.models import StaleProfile, TraitRefresh
from audiences.queries.traits import trait_values
from audiences.services import traits
from audiences.services.nightly import nightly_slice
from audiences.services.touching import freshen_slice
from audiences.traits import NotForEverybody
from cdp.jobs.models import Job
from cdp.lib.values import number
from cdp.outbox.services import drain_all
from lake.registry import projections
from lake.services import project
from people import figures
from people.figures import EVENTS, KINDS, LIST, ORDERS, SESSIONS, Definition
from people.models import ComputedTrait
from people.queries.figures import figures_of
from profiles.models import Profile
from profiles.queries import identifiers_of, profile_states
from segments.halves import joined
from segments.models import ComputedValues
from segments.queries.conditions import read_conditions
from segments.rules import RuleError
from tests.audiences.shop import NOW, Shop

pytestmark = pytest.mark.django_db(transaction=True)
OVER_EVENTS = tuple(kind for kind in KINDS if kind not in (LIST, SESSIONS))
CONDITIONS = [
    {"property": "price", "is": "gte", "value": 5},
    {"property": "category", "is": "not_in", "value": ["Hats"]},
    {"property": "category", "is": "contains", "value": "SHO"},
    {"property": "flag", "is": "eq", "value": True},
    {"property": "price", "is": "is_not_set"},
    {"property": "price", "is": "between", "value": [0, 7]},
]
OF_ORDERS = [
    {"property": "net_revenue", "is": "gt", "value": 12},
    {"property": "country", "is": "ne", "value": "DE"},
    {"property": "currency", "is": "is_set"},
    {"property": "currency", "is": "lt", "value": 3},
]
EXAMPLES = itertools.count()
OF_VALUES = ("first", "last", "most_frequent", "distinct")
TOUCHED = frozenset({"audiences.touch", "audiences.freshen"})


def definition(kind: str, over: str = EVENTS, **more: Any) -> Definition:
    path = more.pop("path", {EVENTS: "price", ORDERS: "net_revenue"}[over] if kind in figures.NEEDS_PROPERTY else "")
    event = "" if over == ORDERS or kind == SESSIONS else "Product Viewed"
    return Definition("x", "X", "", kind, over, event, path, **more)


DEFINITIONS = [
    *(definition(kind, window_days=days) for kind in OVER_EVENTS for days in (None, 20)),
    *(definition(kind, ORDERS, window_days=days) for kind in OVER_EVENTS for days in (None, 20)),
    *(definition(kind, ORDERS, by_currency=True, path="net_revenue") for kind in figures.NUMERIC),
    *(definition(kind, by_currency=True, path="price", window_days=20) for kind in figures.NUMERIC),
    *(definition(kind, path=path) for kind in OF_VALUES for path in ("category", "flag", "price")),
    *(definition(kind, ORDERS, path="country") for kind in OF_VALUES),
    *(definition("count", filters=(one,)) for one in (("category", "Shoes"), ("price", "5"), ("flag", "true"))),
    definition("sum", ORDERS, path="revenue", filters=(("currency", "USD"),)),
    *(definition("count", where=read_conditions([one]), window_days=20) for one in CONDITIONS),
    definition("sum", where=read_conditions(CONDITIONS[:1])),
    definition("last", path="category", where=read_conditions(CONDITIONS[1:2])),
    *(definition("count", ORDERS, where=read_conditions([one])) for one in OF_ORDERS),
    definition(SESSIONS),
    definition(SESSIONS, window_days=20),
]  # fmt: skip


def on_read(asked: Definition) -> dict[Any, Any]:
    """{profile: value} by what the profile API computes of each."""
    ids = list(Profile.objects.values_list("pk", flat=True))
    states, known = profile_states(ids), identifiers_of(ids)
    return {
        pk: figures_of([asked], [one.id for one in known[pk]], states[pk].counters, NOW)[0].value for pk in ids
    }  # fmt: skip


def for_everybody(asked: Definition, *, some: bool = False) -> dict[Any, dict[str, Any]]:
    table = trait_values(asked, NOW, list(Profile.objects.values_list("pk", flat=True)) if some else None)
    rows = {joined(row.pop("profile_hi"), row.pop("profile_lo")): row for row in table.to_pylist()}
    return {pk: {name: plain(value) for name, value in row.items() if value is not None} for pk, row in rows.items()}


def plain(value: Any) -> Any:
    """A value as rules compare it."""
    if isinstance(value, bytes):
        value = json.loads(value)
    if isinstance(value, bool):
        return value
    found = number(value)
    return value if found is None else found.normalize() + Decimal(0)


def expected(asked: Definition) -> dict[Any, dict[str, Any]]:
    """As it is to be written: by currency a name each, and nothing for nothing."""
    found: dict[Any, dict[str, Any]] = {}
    for pk, value in on_read(asked).items():
        if asked.by_currency:
            row = {f"computed.x.{currency}": plain(amount) for currency, amount in value.items()}
        else:
            row = {} if value is None else {"computed.x": plain(value)}
        found[pk] = row
    return found


EVENTS_OF = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob"]),
        st.sampled_from([0.0, 0.01, 0.5, 3.0, 19.99, 20.0, 30.0]),
        st.fixed_dictionaries(
            {},
            optional={
                "price": st.sampled_from([5, 7.5, "5", "cheap", None, -2]),
                "category": st.sampled_from(["Shoes", "Hats", "", None]),
                "flag": st.booleans(),
                "currency": st.sampled_from(["EUR", "USD", ""]),
            },
        ),
    ),
    min_size=4,
    max_size=9,
)


@settings(max_examples=2, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(EVENTS_OF)
def test_every_kind_says_of_everybody_what_it_says_of_one(looks: list[tuple[str, float, dict[str, Any]]]) -> None:
    shop = Shop()
    example = next(EXAMPLES)
    for name, days, properties in looks:
        user = f"{name}-{example}"
        shop.happened(
            shop.track(user, "Product Viewed", days_ago=days, **properties),
            shop.order(user, f"{user}-{days}-{len(properties)}", 10 + days, days_ago=days, country="DE"),
        )
    for asked in DEFINITIONS:
        hold_equal(asked)


def hold_equal(asked: Definition) -> None:
    found, wanted = for_everybody(asked), expected(asked)
    for pk, row in wanted.items():
        told = found.get(pk, {})
        if told != row:
            assert told == {}, (asked, told, row)
            assert not any(row.values()), (asked, told, row)  # nothing is said instead of 0


@pytest.mark.nightly
def test_from_the_files_of_the_lake_it_is_the_same() -> None:
    shop = Shop()
    for number_ in range(6):
        look = shop.track("ann", "Product Viewed", days_ago=number_, price=number_, category="Shoes", currency="EUR")
        shop.happened(look, shop.order("ann", f"o{number_}", 10, days_ago=5 * number_, country="DE"))
    for projection in projections():
        project(projection, at_once=True)
    for asked in DEFINITIONS:
        hold_equal(asked)
    for asked in DEFINITIONS[::5]:
        assert for_everybody(asked, some=True) == for_everybody(asked), asked


def test_zero_is_said_of_those_who_did_it_once() -> None:
    shop = Shop()
    shop.happened(shop.order("ann", "1", 10, days_ago=90), shop.track("bob", "Product Viewed"))
    (row,) = for_everybody(definition("count", ORDERS, window_days=30)).items()
    assert row == (shop.profile("ann"), {"computed.x": 0})


@pytest.mark.parametrize("path", ["products.category"])
def test_what_lies_in_lists_is_said_of_one_person_only(path: str) -> None:
    with pytest.raises(NotForEverybody, match="lies inside a list"):
        trait_values(definition("most_frequent", path=path), NOW)
    with pytest.raises(NotForEverybody, match="a list has no comparison"):
        trait_values(definition("list"), NOW)


def test_conditions_that_move_with_time_or_are_none_are_refused() -> None:
    with pytest.raises(RuleError, match="moves with time"):
        read_conditions([{"property": "at", "is": "within_last", "value": {"days": 3}}])
    with pytest.raises(RuleError, match=r"\$\[1\].is: unknown operator"):
        read_conditions(
            [{"property": "price", "is": "eq", "value": 1}, {"property": "price", "is": "near", "value": 1}]
        )


def test_another_condition_is_another_definition() -> None:
    plain, narrowed = definition("count"), definition("count", where=read_conditions(CONDITIONS[:1]))
    assert traits.as_kept(plain) != traits.as_kept(narrowed)
    assert narrowed.sentence() == "how many of Product Viewed where price is at least 5"
    assert (plain.is_counted_already, narrowed.is_counted_already) == (True, False)


def only(name: str, **more: Any) -> None:
    ComputedTrait.objects.all().delete()
    ComputedTrait.objects.create(name=name, label=name, **more)


def test_a_refresh_writes_everybody_and_says_when() -> None:
    shop = Shop()
    only("spent", kind="sum", over="orders", property="net_revenue", by_currency=True)
    shop.happened(shop.order("ann", "1", 10, days_ago=9), shop.order("ann", "2", 5, days_ago=8, currency="USD"))
    shop.happened(shop.order("bob", "3", 7.25, days_ago=8))
    assert traits.refresh(NOW) == {"traits": 1, "not_computed": {}, "changed": 2}
    assert shop.values("ann") == {"computed.spent.EUR": 10, "computed.spent.USD": 5}
    assert shop.values("bob") == {"computed.spent.EUR": 7.25}
    row = TraitRefresh.objects.get()
    assert (row.name, row.refreshed_at, row.people, row.is_watched, row.problem) == ("spent", NOW, 2, False, "")
    assert traits.refresh(NOW + timedelta(days=1))["changed"] == 0


def test_windows_move_and_what_is_switched_off_is_taken_away() -> None:
    shop = Shop()
    only("views", kind="count", event="Product Viewed", window_days=10)
    shop.happened(shop.track("ann", "Product Viewed", days_ago=3), shop.track("ann", "Product Viewed", days_ago=1))
    traits.refresh(NOW)
    assert shop.values("ann") == {"computed.views": 2}
    traits.refresh(NOW + timedelta(days=8))
    assert shop.values("ann") == {"computed.views": 1}
    ComputedTrait.objects.update(enabled=False)
    traits.refresh(NOW + timedelta(days=8))
    assert (shop.values("ann"), TraitRefresh.objects.count()) == ({}, 0)


def test_what_cannot_be_asked_of_everybody_says_why() -> None:
    only("seen", kind="list", event="Product Viewed", property="product_id")
    told = traits.refresh(NOW)
    assert told["not_computed"] == {
        "seen": "a list has no comparison, so no rule could ask it: it is shown of one person"
    }
    row = TraitRefresh.objects.get()
    assert (row.refreshed_at, row.problem[:9]) == (None, "a list ha")


def test_who_is_touched_is_computed_anew_where_a_rule_asks() -> None:
    shop = Shop()
    only("views", kind="count", event="Product Viewed")
    lookers = shop.segment({"trait": "computed.views", "is": "gte", "value": 2})
    traits.refresh(NOW)
    shop.happened(shop.track("ann", "Product Viewed"), also=TOUCHED)
    assert (shop.values("ann"), shop.members(lookers)) == ({"computed.views": 1}, set())
    shop.happened(shop.track("ann", "Product Viewed"), also=TOUCHED)
    assert (shop.values("ann"), shop.members(lookers)) == ({"computed.views": 2}, {shop.profile("ann")})
    assert not StaleProfile.objects.exists()


def test_where_no_rule_asks_an_event_touches_nobody() -> None:
    shop = Shop()
    only("views", kind="count", event="Product Viewed")
    traits.refresh(NOW)
    shop.happened(shop.track("ann", "Product Viewed"), also=frozenset({"audiences.touch"}))
    assert not StaleProfile.objects.exists()


def test_a_merge_computes_the_winner_and_forgets_the_loser() -> None:
    shop = Shop()
    only("views", kind="count", event="Product Viewed")
    shop.happened(
        shop.track("ann", "Product Viewed"),
        {**shop.track("ann", "Product Viewed"), "userId": None, "anonymousId": "a1"},
    )
    traits.refresh(NOW)
    assert sorted(ComputedValues.objects.values_list("values", flat=True), key=str) == [{"computed.views": 1}] * 2
    shop.happened(shop.identify("ann", anonymous="a1"), also=TOUCHED)
    assert [row.values for row in ComputedValues.objects.all()] == [{"computed.views": 2}]


def test_the_night_and_a_new_question_queue_a_refresh_once() -> None:
    shop = Shop()
    only("views", kind="count", event="Product Viewed")
    shop.happened(shop.track("ann", "Product Viewed"))
    assert nightly_slice(now=NOW) == 1  # never computed yet; no order, so no scores
    assert nightly_slice(now=NOW) == 0
    Job.objects.all().delete()
    traits.refresh(NOW)
    assert nightly_slice(now=NOW + timedelta(hours=2)) == 0
    shop.segment({"trait": "computed.views", "is": "gte", "value": 2})
    assert nightly_slice(now=NOW + timedelta(hours=2)) == 1
    Job.objects.all().delete()
    traits.refresh(NOW + timedelta(hours=2))
    assert nightly_slice(now=NOW + timedelta(hours=3)) == 0
    ComputedTrait.objects.update(window_days=7)
    assert nightly_slice(now=NOW + timedelta(hours=3)) == 1
    Job.objects.all().delete()
    traits.refresh(NOW + timedelta(hours=3))
    assert nightly_slice(now=NOW + timedelta(hours=9)) == 0
    assert nightly_slice(now=NOW + timedelta(hours=10)) == 1  # one o'clock of the next day has passed
    shop.happened(shop.order("ann", "1", 10, days_ago=1))
    assert nightly_slice(now=NOW + timedelta(hours=10)) == 1
    assert sorted(Job.objects.values_list("kind", flat=True)) == ["audiences.rfm", "audiences.traits"]


def test_freshening_with_nobody_to_freshen_takes_none() -> None:
    assert freshen_slice(now=NOW) == 0
    drain_all(only={"audiences.freshen"})
