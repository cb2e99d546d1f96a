"""The journeys that come with the product: each can run, names templates there are, and becomes one's own draft."""

from pathlib import Path

import pytest

from automation.graph import ERROR, WARNING, Send, check, parse
from automation.models import Journey
from automation.services.shipping import UnknownShippedError, make_from
from automation.shipped import FOLDER, ORDER, shipped_journeys
from segments.models import Segment
from segments.rules import parse_rule

TEMPLATES = {
    "abandoned-cart-1", "abandoned-cart-2", "abandoned-cart-3", "browse-abandoned", "welcome-1", "welcome-2",
    "post-purchase", "replenishment", "win-back-1", "win-back-2", "back-in-stock", "price-drop", "review-request",
    "birthday",
}  # fmt: skip


def test_ten_come_and_each_file_is_one() -> None:
    assert sorted(path.stem for path in Path(FOLDER).glob("*.json")) == sorted(ORDER)
    assert len(shipped_journeys()) == 10
    used = {
        step.template
        for shipped in shipped_journeys().values()
        for step in parse(shipped.graph).nodes.values()
        if isinstance(step, Send)
    }
    assert used == TEMPLATES


@pytest.mark.parametrize("slug", ORDER)
def test_each_can_run_and_nothing_is_to_be_said_against_it(slug: str) -> None:
    shipped = shipped_journeys()[slug]
    assert [one for one in check(shipped.graph) if one.level in (ERROR, WARNING)] == []
    assert (shipped.holdout == 0) is (slug == "welcome")
    for segment in shipped.segments:
        parse_rule(segment.definition)
    assert {segment.slug for segment in shipped.segments} == {
        getattr(parse(shipped.graph).trigger, "segment", None)
    } - {None}


@pytest.mark.django_db
def test_one_becomes_a_draft_with_its_segment_and_a_second_one_shares_that() -> None:
    first, second = make_from("win-back", None), make_from("win-back", None)
    assert [first.slug, second.slug] == ["win-back", "win-back-2"]
    assert second.name == f"{first.name} 2"
    assert (first.state, first.version, first.shipped, str(first.holdout_share)) == ("draft", None, "win-back", "0.1")
    assert parse(first.draft).trigger.sentence() == "somebody enters the segment “lapsed-buyers”"
    assert list(Segment.objects.values_list("slug", "state")) == [("lapsed-buyers", "live")]
    with pytest.raises(UnknownShippedError, match="There are: abandoned-cart"):
        make_from("nothing", None)
    assert Journey.objects.count() == 2
