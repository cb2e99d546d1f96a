"""The split is uniform, deterministic and refuses shares that make no sense."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.assignment import BadVariantsError, assign, bucket


def test_a_hundred_thousand_units_fall_into_their_shares() -> None:
    split = {"holdout": Decimal("0.1"), "a": Decimal("0.3"), "b": Decimal("0.6")}
    heads = {"holdout": 0, "a": 0, "b": 0}
    for unit in range(100_000):
        heads[assign("salt", unit.to_bytes(8, "big"), split)] += 1
    # Four standard deviations of a binomial of 100,000.
    assert abs(heads["holdout"] - 10_000) < 380
    assert abs(heads["a"] - 30_000) < 580
    assert abs(heads["b"] - 60_000) < 620


def test_two_experiments_split_the_same_units_independently() -> None:
    split = {"no": 0.5, "yes": 0.5}
    both = sum(
        assign("one", n.to_bytes(4, "big"), split) == "yes" and assign("two", n.to_bytes(4, "big"), split) == "yes"
        for n in range(20_000)
    )
    assert abs(both - 5_000) < 250


def test_the_assignment_of_a_known_unit_never_moves() -> None:
    assert bucket("cart-holdout", b"unit-1") == 14166025938276579281
    assert [assign("cart-holdout", bytes([n]), {"holdout": 0.5, "treated": 0.5}) for n in range(6)] == [
        "holdout",
        "treated",
        "holdout",
        "treated",
        "holdout",
        "treated",
    ]


@given(st.text(max_size=20), st.binary(max_size=20))
def test_the_order_in_which_variants_are_written_does_not_matter(salt: str, unit: bytes) -> None:
    assert assign(salt, unit, {"a": 0.2, "b": 0.3, "c": 0.5}) == assign(salt, unit, {"c": 0.5, "b": 0.3, "a": 0.2})


@given(st.binary(max_size=20))
def test_a_variant_with_no_share_gets_nobody(unit: bytes) -> None:
    assert assign("s", unit, {"a": 0, "b": 1, "c": 0}) == "b"


@pytest.mark.parametrize(
    ("variants", "message"),
    [
        ({}, "at least one variant"),
        ({"a": 0.5, "b": 0.4}, "must sum to 1, not 0.9"),
        ({"a": 1.5, "b": -0.5}, "'a' must be between 0 and 1, not 1.5"),
        ({"a": float("nan"), "b": 1}, "'a' must be between 0 and 1"),
        ({"": 1}, "needs a name"),
    ],
)
def test_bad_shares_are_refused_with_what_is_wrong(variants: dict[str, float], message: str) -> None:
    with pytest.raises(BadVariantsError, match=message):
        assign("s", b"u", variants)
