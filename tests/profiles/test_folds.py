"""Folds, purely: order-free, join equals folding all at once, and names without end stay bounded."""

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles import folds
from profiles.contracts import StateDelta
from profiles.folds import fold_event, join, join_all, totals

events = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", "C"]),
        st.sampled_from(["track", "page", "identify"]),
        st.dictionaries(st.sampled_from(["x", "y"]), st.sampled_from([None, 1, "1", [2]]), max_size=2),
        st.integers(0, 3),
        st.sampled_from(["00", "01", "ff"]),
    ),
    max_size=12,
)


def fold(some: list[Any]) -> StateDelta:
    delta = StateDelta()
    for name, type_, traits, at_us, hash_hex in some:
        fold_event(delta, name=name, type=type_, traits=traits, at_us=at_us, hash_hex=hash_hex)
    return delta


@given(events, st.randoms(use_true_random=False), st.integers(0, 12))
def test_any_order_and_any_split_give_the_same_state(some: list[Any], shuffler: random.Random, cut: int) -> None:
    whole = fold(some)
    shuffled = shuffler.sample(some, len(some))
    assert fold(shuffled) == whole
    assert join(fold(shuffled[:cut]), fold(shuffled[cut:])) == whole
    assert join(fold(shuffled[cut:]), fold(shuffled[:cut])) == whole


@settings(max_examples=50)
@given(st.lists(st.integers(0, 30), max_size=40), st.randoms(use_true_random=False), st.integers(0, 40))
def test_names_past_the_bound_are_counted_together_in_any_order(
    names: list[int], shuffler: random.Random, cut: int
) -> None:
    some = [(f"n{n}", "track", {f"t{n}": n}, n, "00") for n in names]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folds, "MAX_COUNTERS", 8)
        patch.setattr(folds, "MAX_TRAITS", 8)
        whole = fold(some)
        shuffled = shuffler.sample(some, len(some))
        assert join(fold(shuffled[:cut]), fold(shuffled[cut:])) == whole
    assert len(whole.counters) == min(8, len(set(names)))
    assert len(whole.traits) == min(8, len(set(names)))
    assert (totals(whole.counters) or (0,))[0] == len(names)


def test_tracks_count_under_their_name_and_all_else_under_their_type() -> None:
    delta = fold(
        [
            ("Order Completed", "track", None, 5, "00"),
            ("Home", "page", None, 7, "01"),
            ("", "identify", {"a": 1}, 6, "02"),
        ]
    )
    assert delta.counters == {"Order Completed": (1, 5, 5), "$page": (1, 7, 7), "$identify": (1, 6, 6)}
    assert delta.traits == {"a": (1, 6, "02")}
    assert totals(delta.counters) == (3, 5, 7)


def test_the_later_trait_wins_and_the_greater_hash_at_the_same_time() -> None:
    assert (
        fold([("", "identify", {"a": "late"}, 9, "00"), ("", "identify", {"a": "early"}, 1, "ff")]).traits["a"][0]
        == "late"
    )
    assert fold([("", "identify", {"a": "x"}, 1, "ff"), ("", "identify", {"a": "y"}, 1, "00")]).traits["a"][0] == "x"


def test_join_leaves_its_arguments_alone_and_nothing_joined_is_empty() -> None:
    a, b = fold([("A", "track", {"x": 1}, 1, "00")]), fold([("A", "track", {"x": 2}, 2, "01")])
    assert join_all([a, b]) == StateDelta({"x": (2, 2, "01")}, {"A": (2, 1, 2)})
    assert a == StateDelta({"x": (1, 1, "00")}, {"A": (1, 1, 1)})
    assert join_all([]) == StateDelta()
    assert totals({}) is None


@pytest.mark.parametrize("value", ["x", "\x01", "ß", ["x"] * 9, {"deep": [1, {"er": "x"}]}, 4.5, None])
def test_a_trait_is_folded_up_to_two_kilobytes_of_json_and_its_name_counts(value: Any) -> None:
    rest = folds.MAX_TRAIT_BYTES - len(msgspec.json.encode({"": value}))
    assert fold([("", "identify", {"n" * rest: value, "short": 1}, 1, "00")]).traits.keys() == {"n" * rest, "short"}
    assert fold([("", "identify", {"n" * (rest + 1): value, "short": 1}, 1, "00")]).traits.keys() == {"short"}


def test_a_value_too_long_leaves_the_one_before_whatever_comes_first() -> None:
    long, short = ("", "identify", {"a": "x" * 3000}, 9, "00"), ("", "identify", {"a": "short"}, 1, "01")
    assert fold([long, short]).traits == fold([short, long]).traits == {"a": ("short", 1, "01")}
