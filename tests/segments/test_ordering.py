"""The order in which segments that use others are asked, and circles. Pure."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segments.ordering import CircularUseError, circle_through, levels, places_of, with_used, with_users

USES = {"a": {"b", "c"}, "b": {"c"}, "c": set(), "d": {"gone"}}
GRAPHS = st.dictionaries(st.sampled_from("abcdef"), st.sets(st.sampled_from("abcdefx"), max_size=3), max_size=6)


def test_levels_ask_the_used_first() -> None:
    assert levels(USES) == [["c", "d"], ["b"], ["a"]]
    assert levels({}) == []


def test_a_circle_is_named_by_its_way() -> None:
    uses = {"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}
    assert circle_through(uses, "a") == ("a", "b", "c", "a")
    assert circle_through(uses, "d") is None
    assert circle_through({"a": {"a"}}, "a") == ("a", "a")
    with pytest.raises(CircularUseError, match="a → b → c → a"):
        levels(uses)


def test_whom_a_change_reaches_and_what_an_answer_needs() -> None:
    assert with_users(USES, ["c"]) == {"a", "b", "c"}
    assert with_users(USES, ["a"]) == {"a"}
    assert with_used(USES, ["b"]) == {"b", "c"}


def test_places_name_the_node() -> None:
    rule = {"all": [{"did": "A"}, {"not": {"in_segment": "vip"}}, {"any": [{"in_segment": "vip"}]}]}
    assert list(places_of(rule, "in_segment", "vip")) == ["$.all[1].not.in_segment", "$.all[2].any[0].in_segment"]
    assert list(places_of(rule, "in_list", "vip")) == []


@given(GRAPHS)
def test_either_every_key_has_a_level_after_what_it_uses_or_there_is_a_circle(uses: dict[str, set[str]]) -> None:
    try:
        found = levels(uses)
    except CircularUseError as error:
        circle = error.circle
        assert circle[0] == circle[-1]
        assert all(later in uses[one] for one, later in pairwise(circle))
        return
    assert sorted(slug for level in found for slug in level) == sorted(uses)
    before: set[str] = set()
    for level in found:
        assert all((uses[slug] & uses.keys()) <= before for slug in level)
        before |= set(level)
    assert all(circle_through(uses, slug) is None for slug in uses)
