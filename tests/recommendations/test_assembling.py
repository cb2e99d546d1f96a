"""Assembling: filters, caps, variants, pins, exclusions, boosts, diversity, exploration and fallbacks, exactly."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations import assembling
from recommendations.assembling import Assembled, Found, Told, assemble, mix
from recommendations.barriers import WORDS, Asked, Barrier
from recommendations.contracts import Narrowing, Reason, Strategy
from recommendations.goods import DAY_US
from recommendations.placements import Boost, Caps, Filters, PlacementSpec, Rule, Weighted
from recommendations.stock_taking import Draft, Line, Names, Taken, changed, without

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW_US = int(NOW.timestamp() * 1_000_000)
TOLD = Told(Strategy.FOR_YOU, Reason.VIEWED, "", (("taste", 1.0),))


def line(pk: int, product_id: str, **more: Any) -> Line:
    defaults: dict[str, Any] = {
        "category": "Mugs",
        "categories": (),
        "brand": "",
        "group_id": "",
        "price": 10.0,
        "currency": "EUR",
        "prices": {},
        "is_trusted": True,
        "active": True,
        "in_stock": True,
        "added_us": NOW_US - 400 * DAY_US,
        "margin": 0.0,
        "quantity": 0.0,
        "reduced": 0.0,
    }
    return Line(pk=pk, product_id=product_id, **(defaults | more))


def taken(*lines: Line) -> Taken:
    draft = Draft(Names())
    draft.add(lines)
    return draft.taken()


def shop(**products: dict[str, Any]) -> Taken:
    return taken(*(line(pk, product_id, **more) for pk, (product_id, more) in enumerate(products.items(), 1)))


ABC = shop(a={}, b={}, c={}, d={}, e={})


def found(goods: Taken, scores: dict[str, float], told: Told = TOLD, *, is_fallback: bool = False) -> Found:
    rows = goods.index.rows_of(list(scores))
    return Found(rows, np.array(list(scores.values()), float), lambda _: told, is_fallback)


def put(
    goods: Taken,
    *candidates: dict[str, float],
    n: int = 5,
    asked: dict[str, Any] | None = None,
    rules: tuple[Rule, ...] = (),
    **spec: Any,
) -> Assembled:
    """Assemble what was found, the first by the strategies, the rest as fallbacks."""
    placement = PlacementSpec(key="home", rules=rules, **spec)
    asks = Asked(now=NOW, now_us=NOW_US, n=n, row_of=goods.index.row, **(asked or {}))
    tiers = [found(goods, scores, is_fallback=at > 0) for at, scores in enumerate(candidates)]
    return assemble(tiers, goods.goods, placement, asks)


def ids(goods: Taken, answer: Assembled) -> list[str]:
    return [goods.index.ids[one.row] for one in answer.items]


def rows(goods: Taken, *product_ids: str) -> frozenset[int]:
    return frozenset(goods.index.rows_of(product_ids).tolist())


def test_the_best_stand_first_and_fallbacks_fill_up_without_repeating() -> None:
    answer = put(ABC, {"a": 0.2, "b": 0.9}, {"b": 5.0, "c": 1.0}, n=3)
    assert ids(ABC, answer) == ["b", "a", "c"]
    assert [one.score for one in answer.items] == [0.9, 0.2, 0.2]
    assert [note.part for note in answer.items[2].notes] == ["fallback"]


def test_what_cannot_be_shown_is_out_of_stock_or_in_front_is_left_out_and_counted() -> None:
    goods = shop(a={}, b={"in_stock": False}, c={"active": False}, d={"is_trusted": False}, e={}, f={"group_id": "a"})
    asked = {"product": goods.index.row("a"), "cart": (goods.index.row("e"),), "is_told": True}
    answer = put(goods, dict.fromkeys("abcdef", 1.0), asked=asked)
    assert ids(goods, answer) == []
    told = {goods.index.ids[row]: why for row, why in answer.dropped}
    assert told == {
        "a": "is in front of the person already",
        "b": "out of stock",
        "c": "not active, or only a browser told of it",
        "d": "not active, or only a browser told of it",
        "e": "is in front of the person already",
        "f": "is in front of the person already",
    }
    assert answer.greatest_barrier == "is in front of the person already"
    assert ids(goods, put(goods, dict.fromkeys("ab", 1.0), filters=Filters(in_stock=False))) == ["a", "b"]


def test_what_is_owned_is_kept_out_with_its_variants_or_is_all_there_is() -> None:
    goods = shop(red={"group_id": "shirt"}, blue={"group_id": "shirt"}, hat={}, sock={})
    owned = {"owned": rows(goods, "red", "hat"), "again": rows(goods, "hat")}
    every = dict.fromkeys(("red", "blue", "hat", "sock"), 1.0)
    assert ids(goods, put(goods, every, asked=owned)) == ["sock"]
    assert ids(goods, put(goods, every, asked=owned, filters=Filters(owned="only"))) == ["hat"]
    assert ids(goods, put(goods, every, asked=owned, filters=Filters(owned="any"))) == ["red", "hat", "sock"]


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        (Filters(price_min=Decimal(10), price_max=Decimal(20)), ["b", "c"]),
        (Filters(price_from=0.5, price_to=2.0), ["b", "c"]),
        (Filters(price_max=Decimal("19.99")), ["a", "b"]),
    ],
)
def test_a_price_band_is_absolute_or_of_what_is_in_front_and_holds_no_unknown_price(
    filters: Filters, left: list[str]
) -> None:
    goods = shop(a={"price": 4.0}, b={"price": 10.0}, c={"price": 20.0}, d={"price": None}, front={"price": 10.0})
    answer = put(goods, dict.fromkeys("abcd", 1.0), asked={"product": goods.index.row("front")}, filters=filters)
    assert ids(goods, answer) == left


def test_a_relative_price_band_of_a_cart_goes_by_the_dearest_and_of_nothing_is_none() -> None:
    goods = shop(a={"price": 4.0}, b={"price": 10.0}, cheap={"price": 1.0}, dear={"price": 20.0})
    cart = {"cart": tuple(rows(goods, "cheap", "dear"))}
    filters = Filters(price_from=0.5)
    assert ids(goods, put(goods, {"a": 1.0, "b": 1.0}, asked=cart, filters=filters)) == ["b"]
    assert ids(goods, put(goods, {"a": 1.0, "b": 1.0}, filters=filters)) == ["a", "b"]


TREE = shop(
    a={"category": "Mugs", "categories": ["Home", "Kitchen"], "brand": "Acme"},
    b={"category": "Pans", "categories": ["Home", "Kitchen", "Pans"], "brand": "ACME "},
    c={"category": "Lamps", "brand": "Lux"},
    d={"category": "", "brand": ""},
    e={"category": "mugs"},
)


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        (Filters(categories=("kitchen",)), ["a", "b"]),
        (Filters(not_categories=("KITCHEN", "unknown")), ["c", "d", "e"]),
        (Filters(categories=("unknown",)), []),
        (Filters(brands=("acme",)), ["a", "b"]),
        (Filters(not_brands=("Lux",)), ["a", "b", "d", "e"]),
        (Filters(same_category=True), ["e"]),
        (Filters(other_category=True), ["b", "c", "d"]),
    ],
)
def test_categories_match_any_step_of_the_path_and_brands_any_case(filters: Filters, left: list[str]) -> None:
    asked = {"product": TREE.index.row("a")} if filters.same_category or filters.other_category else {}
    assert ids(TREE, put(TREE, dict.fromkeys("abcde", 1.0), asked=asked, filters=filters)) == left


def test_a_page_of_a_category_is_what_the_same_category_means_without_a_product() -> None:
    asked = {"category": "Home"}
    assert ids(TREE, put(TREE, dict.fromkeys("abcde", 1.0), asked=asked, filters=Filters(same_category=True))) == [
        "a",
        "b",
    ]


def test_what_the_asker_wants_holds_beside_the_placement() -> None:
    wants = Narrowing(categories=("Home",), price_max=Decimal(10))
    asked = {"narrowing": wants, "unwanted": rows(TREE, "a")}
    assert ids(TREE, put(TREE, dict.fromkeys("abcde", 1.0), asked=asked)) == ["b"]


def test_caps_count_by_category_and_brand_and_none_for_what_has_neither() -> None:
    goods = shop(a={"brand": "X"}, b={"brand": "X"}, c={"category": "Pans", "brand": "X"}, d={"category": ""}, e={})
    every = dict(zip("abcde", (5.0, 4.0, 3.0, 2.0, 1.0), strict=True))
    assert ids(goods, put(goods, every, caps=Caps(per_category=1))) == ["a", "c", "d"]
    assert ids(goods, put(goods, every, caps=Caps(per_brand=1))) == ["a", "d", "e"]


def test_one_variant_of_a_product_is_shown_the_best() -> None:
    goods = shop(s={"group_id": "shirt"}, m={"group_id": "shirt"}, shirt={}, hat={})
    assert ids(goods, put(goods, {"s": 1.0, "m": 3.0, "shirt": 2.0, "hat": 0.5})) == ["m", "hat"]


def test_pins_stand_at_their_place_by_date_and_segment_and_exclusions_are_stronger() -> None:
    pin = Rule(action="pin", target="product", value="e", position=2)
    every = {"a": 3.0, "b": 2.0, "c": 1.0}
    assert ids(ABC, put(ABC, every, rules=(pin,))) == ["a", "e", "b", "c"]
    assert ids(ABC, put(ABC, every, n=1, rules=(pin,))) == ["a"]
    first = Rule(action="pin", target="product", value="d")
    assert ids(ABC, put(ABC, every, rules=(first, pin))) == ["d", "e", "a", "b", "c"]
    for out in (
        msgspec.structs.replace(pin, starts_at=NOW + timedelta(seconds=1)),
        msgspec.structs.replace(pin, ends_at=NOW),
        msgspec.structs.replace(pin, segment="vip"),
        msgspec.structs.replace(pin, value="unknown"),
    ):
        assert ids(ABC, put(ABC, every, rules=(out,))) == ["a", "b", "c"]
    vip = msgspec.structs.replace(pin, segment="vip")
    assert ids(ABC, put(ABC, every, rules=(vip,), asked={"segments": frozenset({"vip"})})) == ["a", "e", "b", "c"]
    excluded = Rule(action="exclude", target="product", value="e")
    assert ids(ABC, put(ABC, every, rules=(pin, excluded))) == ["a", "b", "c"]


def test_a_pin_may_be_owned_and_of_any_price_but_is_in_stock_and_not_in_front() -> None:
    goods = shop(a={}, gone={"in_stock": False}, mine={"price": 99.0})
    pins = tuple(Rule(action="pin", target="product", value=value) for value in ("gone", "mine"))
    asked = {"owned": rows(goods, "mine")}
    answer = put(goods, {"a": 1.0}, rules=pins, asked=asked, filters=Filters(price_max=Decimal(20)))
    assert ids(goods, answer) == ["mine", "a"]
    assert answer.items[0].told.reason == Reason.PINNED
    front = {"product": goods.index.row("mine")}
    assert ids(goods, put(goods, {"a": 1.0}, rules=pins, asked=front)) == ["a"]


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        (Rule(action="exclude", target="product", value="c"), ["a", "b", "d", "e"]),
        (Rule(action="exclude", target="category", value="home"), ["c", "d", "e"]),
        (Rule(action="exclude", target="brand", value="Acme"), ["c", "d", "e"]),
        (Rule(action="exclude", target="brand", value="Acme", ends_at=NOW), ["a", "b", "c", "d", "e"]),
    ],
)
def test_exclusions_hold_for_fallbacks_too(rule: Rule, left: list[str]) -> None:
    every = dict.fromkeys("abcde", 1.0)
    assert ids(TREE, put(TREE, every, rules=(rule,))) == left
    assert ids(TREE, put(TREE, {}, every, rules=(rule,))) == left


def test_boosts_multiply_and_are_told() -> None:
    goods = shop(
        a={"margin": 0.5}, b={"reduced": 0.4}, c={"quantity": 20.0}, d={"added_us": NOW_US - 30 * DAY_US}, e={}
    )
    scores = dict.fromkeys("abcde", 1.0)
    boosts = (Boost("margin", 2.0), Boost("reduced", 1.0), Boost("stock", 1.0), Boost("newness", 0.5))
    answer = put(goods, scores, boosts=boosts)
    by_id = {goods.index.ids[one.row]: one for one in answer.items}
    assert [goods.index.ids[one.row] for one in answer.items] == ["a", "c", "b", "d", "e"]
    assert by_id["a"].score == pytest.approx(2.0 * (1 + 0.5 * 0.5 ** (400 / 30)))
    assert by_id["b"].notes[0].part == "boost:reduced"
    assert by_id["b"].notes[0].share == pytest.approx(1.4)
    branded = put(
        TREE, dict.fromkeys("abcde", 1.0), boosts=(Boost("brand", 1.0, "lux"), Boost("category", 2.0, "pans"))
    )
    assert ids(TREE, branded)[:2] == ["b", "c"]


def test_a_boost_never_makes_a_score_negative() -> None:
    goods = shop(a={"margin": 1.0}, b={})
    answer = put(goods, {"a": 1.0, "b": 0.1}, boosts=(Boost("margin", -5.0),))
    assert [(one.score, one.row) for one in answer.items] == [(0.1, 1), (0.1, 0)]


def test_diversity_takes_turns_between_categories() -> None:
    goods = shop(a={}, b={}, c={"category": "Pans"}, d={"category": "Pans"}, e={"category": "Lamps"})
    scores = dict(zip("abcde", (1.0, 0.9, 0.8, 0.7, 0.6), strict=True))
    assert ids(goods, put(goods, scores)) == list("abcde")
    assert ids(goods, put(goods, scores, diversity=0.9)) == ["a", "c", "e", "b", "d"]


def test_new_products_get_their_share_spread_evenly_and_the_same_for_ten_minutes() -> None:
    goods = shop(**{f"p{number}": {} for number in range(20)})
    scores = {f"p{number}": 20.0 - number for number in range(10)}
    asked: dict[str, Any] = {"newcomers": goods.index.rows_of([f"p{number}" for number in range(10, 20)])}
    answer = put(goods, scores, n=8, asked=asked, exploration=0.25)
    new = [place for place, one in enumerate(answer.items) if one.told.reason == Reason.NEWEST]
    assert new == [3, 7]
    assert ids(goods, put(goods, scores, n=8, asked=asked, exploration=0.25)) == ids(goods, answer)
    turns = {
        tuple(assembling.turns(asked["newcomers"], NOW_US + turn * assembling.TURN_US, b"").tolist())
        for turn in range(5)
    }
    assert len(turns) == 5
    assert len({tuple(assembling.turns(asked["newcomers"], NOW_US, seed).tolist()) for seed in (b"a", b"b")}) == 2


def test_new_products_keep_to_the_rules_and_leave_their_place_to_others_where_there_are_none() -> None:
    goods = shop(a={}, b={}, new={"in_stock": False})
    asked = {"newcomers": goods.index.rows_of(["new"])}
    assert ids(goods, put(goods, {"a": 1.0, "b": 0.5}, n=2, asked=asked, exploration=1.0)) == ["a", "b"]


def test_a_mix_adds_up_shares_of_each_ones_best() -> None:
    first = found(ABC, {"a": 10.0, "b": 5.0})
    second = found(ABC, {"b": 1.0, "c": 0.5}, Told(Strategy.POPULAR, Reason.POPULAR, "", (("popularity", 1.0),)))
    mixed = mix([(3.0, first), (1.0, second)])
    scores = dict(zip(mixed.rows.tolist(), mixed.scores.tolist(), strict=True))
    assert scores == pytest.approx({0: 0.75, 1: 0.375 + 0.25, 2: 0.125})
    told = mixed.tell(mixed.rows.tolist().index(1))
    assert (told.strategy, told.reason) == (Strategy.FOR_YOU, Reason.VIEWED)
    assert dict(told.parts) == pytest.approx({"taste": 0.6, "popular": 0.4})
    assert len(mix([]).rows) == 0


def test_prices_follow_the_currency_asked_for() -> None:
    goods = shop(a={"price": 10.0, "prices": {"USD": 30.0}}, b={"price": 12.0}, c={"price": 5.0, "currency": "USD"})
    np.testing.assert_array_equal(goods.priced_in("USD").price, [30.0, np.nan, 5.0])
    np.testing.assert_array_equal(goods.priced_in("EUR").price, [10.0, 12.0, np.nan])
    np.testing.assert_array_equal(goods.priced_in("CHF").price, [np.nan] * 3)
    assert goods.priced_in("") is goods.goods


def test_changes_and_deletions_give_what_reading_all_anew_gives() -> None:
    old = shop(a={}, b={"prices": {"USD": 1.0}}, c={"brand": "X"})
    lines = [line(2, "b", category="New", in_stock=False), line(4, "d", brand="Y", group_id="c", prices={"CHF": 2.0})]
    fresh = changed(old, lines)
    whole = taken(line(1, "a"), lines[0], line(3, "c", brand="X"), lines[1])
    for name in ("price", "in_stock", "showable", "family", "added_us"):
        np.testing.assert_array_equal(getattr(fresh.goods, name), getattr(whole.goods, name))
    assert [fresh.index.row(product_id) for product_id in "abcdx"] == [0, 1, 2, 3, -1]
    assert fresh.goods.paths_of(["New"])[fresh.goods.path].tolist() == [False, True, False, False]
    np.testing.assert_array_equal(fresh.priced_in("CHF").price, [np.nan, np.nan, np.nan, 2.0])
    assert old.goods.in_stock.all()
    left = without(fresh, np.array([1, 4]))
    assert [left.index.row(product_id) for product_id in "abcd"] == [0, -1, -1, 1]
    assert left.goods.price.tolist() == [10.0, 10.0]


PRODUCTS = st.integers(0, 14)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Taken, dict[str, float], PlacementSpec, dict[str, Any]]:
    lines = [
        line(
            pk + 1,
            f"p{pk}",
            category=draw(st.sampled_from(["", "A", "B"])),
            brand=draw(st.sampled_from(["", "X", "Y"])),
            group_id=draw(st.sampled_from(["", "", "g"])),
            in_stock=draw(st.booleans()) or draw(st.booleans()),
            active=draw(st.booleans()) or draw(st.booleans()),
        )
        for pk in range(15)
    ]
    goods = taken(*lines)
    scores = draw(st.dictionaries(PRODUCTS.map("p{}".format), st.sampled_from([0.1, 0.5, 0.5, 1.0]), max_size=15))
    rules = tuple(
        Rule(action="pin", target="product", value=f"p{value}", position=position)
        for value, position in draw(st.dictionaries(PRODUCTS, st.integers(0, 6), max_size=2)).items()
    ) + tuple(
        Rule(action="exclude", target=target, value=value)  # type: ignore[arg-type]
        for target, value in draw(
            st.lists(
                st.one_of(
                    st.tuples(st.just("product"), PRODUCTS.map("p{}".format)),
                    st.tuples(st.just("category"), st.sampled_from("AB")),
                    st.tuples(st.just("brand"), st.sampled_from("XY")),
                ),
                max_size=2,
            )
        )
    )
    spec = PlacementSpec(
        key="home",
        strategies=(Weighted(Strategy.FOR_YOU),),
        caps=Caps(per_category=draw(st.sampled_from([None, 1, 2])), per_brand=draw(st.sampled_from([None, 1, 2]))),
        boosts=tuple(draw(st.lists(st.sampled_from([Boost("brand", 1.0, "X"), Boost("newness", 0.5)]), max_size=1))),
        diversity=draw(st.sampled_from([0.0, 0.0, 0.5, 1.0])),
        exploration=draw(st.sampled_from([0.0, 0.0, 0.3, 1.0])),
        rules=rules,
    )
    asked = {
        "n": draw(st.integers(1, 6)),
        "product": draw(st.one_of(st.just(-1), PRODUCTS)),
        "owned": frozenset(draw(st.sets(PRODUCTS, max_size=3))),
        "newcomers": np.array(sorted(draw(st.sets(PRODUCTS, max_size=5))), np.int64),
    }
    return goods, scores, spec, asked


@given(worlds(), st.randoms())
def test_whatever_the_rules_they_hold(world: Any, chance: Any) -> None:
    goods, scores, spec, asked = world
    asks = Asked(now=NOW, now_us=NOW_US, row_of=goods.index.row, **asked)
    rest = dict.fromkeys(goods.index.ids, 0.3)
    answer = assemble([found(goods, scores), found(goods, rest, is_fallback=True)], goods.goods, spec, asks)
    shown = [one.row for one in answer.items]
    columns = goods.goods
    assert len(shown) == len(set(shown)) <= asks.n
    assert len({int(columns.family[row]) for row in shown}) == len(shown)
    assert all(columns.showable[row] and columns.in_stock[row] for row in shown)
    front = int(columns.family[asks.product]) if asks.product >= 0 else None
    assert front not in [int(columns.family[row]) for row in shown]
    pinned = {one.row for one in answer.items if one.told.reason == Reason.PINNED}
    assert not (set(shown) - pinned) & asks.owned
    for rule in spec.rules:
        if rule.action == "exclude":
            excluded = {
                "product": np.arange(15) == goods.index.row(rule.value),
                "category": columns.paths_of([rule.value])[columns.path],
                "brand": columns.brands_of([rule.value])[columns.brand],
            }[rule.target]
            assert not excluded[shown].any()
    for column, cap in ((columns.leaf[columns.path], spec.caps.per_category), (columns.brand, spec.caps.per_brand)):
        counts = np.bincount(column[shown], minlength=1)[1:]
        assert cap is None or counts.max(initial=0) <= cap
    one_pin = [rule for rule in spec.rules if rule.action == "pin"]
    if len(one_pin) == 1 and one_pin[0].position and (row := goods.index.row(one_pin[0].value)) in pinned:
        assert shown.index(row) == min(one_pin[0].position, len(shown)) - 1
    falling = [one.score for one in answer.items]
    assert falling == sorted(falling, reverse=True)

    turned = list(scores.items())
    chance.shuffle(turned)
    again = assemble([found(goods, dict(turned)), found(goods, rest, is_fallback=True)], goods.goods, spec, asks)
    assert [one.row for one in again.items] == shown


def test_every_barrier_has_its_words() -> None:
    assert set(WORDS) == set(Barrier) - {Barrier.NONE}
