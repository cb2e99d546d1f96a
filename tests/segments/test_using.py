"""Segments that use other segments: asked in order, changed together, refused where that cannot be."""

from datetime import timedelta
from typing import Any

import pytest

from cdp.lib.clock import utc_now
from segments import services
from segments.contracts import SegmentDraft, Written
from segments.models import Membership, Segment, SegmentVersion
from segments.queries.using import SegmentInUseError, users_of
from segments.rules import RuleError
from tests.segments.world import World, recomputed, streamed

pytestmark = pytest.mark.django_db
VIEWED: Any = {"did": "Product Viewed", "within": {"days": 30}}


@pytest.fixture
def world() -> World:
    return World()


def save(slug: str, rule: Any, *, pk: int | None = None, state: str = "live") -> int:
    return services.save_segment(SegmentDraft(slug, slug, rule, state=state), segment_id=pk).segment_id


def test_who_enters_one_enters_what_uses_it_in_the_same_evaluation(world: World) -> None:
    lookers = world.segment(VIEWED, slug="lookers")
    idle = world.segment({"all": [{"not": {"in_segment": "lookers"}}, {"did": "Signed Up"}]}, slug="idle")
    keen = world.segment({"all": [{"in_segment": "lookers"}, {"not": {"in_segment": "idle"}}]}, slug="keen")
    world.send(world.track("ada", "Product Viewed", days_ago=1), world.track("ben", "Signed Up"))
    ada, ben = world.profile("ada"), world.profile("ben")
    assert (world.members(lookers), world.members(idle), world.members(keen)) == ({ada}, {ben}, {ada})
    assert streamed() == recomputed(utc_now())
    assert world.told("segment.left") == []


def test_when_time_takes_somebody_out_of_one_they_leave_what_uses_it(world: World) -> None:
    lookers = world.segment(VIEWED, slug="lookers")
    keen = world.segment({"in_segment": "lookers"}, slug="keen")
    idle = world.segment({"all": [{"did": "Product Viewed"}, {"not": {"in_segment": "keen"}}]}, slug="idle")
    world.send(world.track("ada", "Product Viewed", days_ago=1))
    ada = world.profile("ada")
    later = world.now + timedelta(days=29)
    assert services.expire_slice(now=later) == 1
    assert streamed() == {lookers: set(), keen: set(), idle: {ada}} == recomputed(later)
    assert [one for one, _ in world.told("segment.left")] == [lookers, keen]


def test_a_recomputation_of_one_changes_what_uses_it_and_counts_its_own(world: World) -> None:
    lookers = world.segment(VIEWED, slug="lookers")
    keen = world.segment({"in_segment": "lookers"}, slug="keen")
    world.send(world.track("ada", "Product Viewed", days_ago=1))
    Membership.objects.all().delete()
    assert services.recompute(lookers) == Written(evaluated=1, entered=1)
    assert streamed() == {lookers: {world.profile("ada")}, keen: {world.profile("ada")}}


def test_a_circle_is_refused_with_its_way_and_nothing_is_saved() -> None:
    a = save("a", {"all": []})
    save("b", {"any": [{"in_segment": "a"}]})
    save("c", {"in_segment": "b"})
    with pytest.raises(RuleError) as refused:
        save("a", {"all": [{"did": "X"}, {"not": {"in_segment": "c"}}]}, pk=a)
    assert refused.value.path == "$.all[1].not.in_segment"
    assert refused.value.message == "goes in a circle, a → c → b → a: a segment cannot depend on itself"
    with pytest.raises(RuleError, match="in a circle, d → d"):
        save("d", {"in_segment": "d"})
    assert Segment.objects.get(pk=a).definition == {"all": []}
    assert SegmentVersion.objects.count() == 3


def test_what_is_not_there_is_refused_with_the_names_there_are() -> None:
    save("spring-buyers", {"did": "Order Completed"})
    save("draft", {"did": "A"}, state="draft")
    save("gone", {"did": "A"}, state="archived")
    for slug, words in (
        ("spring-buyer", "there is no segment “spring-buyer”; there is spring-buyers"),
        ("draft", "the segment “draft” is only a draft; there is spring-buyers"),
        ("gone", "the segment “gone” is archived; there is spring-buyers"),
    ):
        with pytest.raises(RuleError) as refused:
            save("mine", {"all": [{"in_segment": slug}]})
        assert (refused.value.path, refused.value.message) == ("$.all[0].in_segment", words)
    assert Segment.objects.count() == 3


def test_a_used_segment_is_neither_archived_nor_called_otherwise() -> None:
    vip = save("vip", {"did": "A"})
    fans = save("fans", {"in_segment": "vip"})
    assert users_of("vip") == ["fans"]
    for change in ({"state": "archived"}, {"state": "draft"}):
        with pytest.raises(SegmentInUseError, match="“vip” is used by fans and so cannot be"):
            save("vip", {"did": "A"}, pk=vip, **change)
    with pytest.raises(SegmentInUseError, match="cannot be called “best”"):
        save("best", {"did": "A"}, pk=vip)
    assert Segment.objects.get(pk=vip).slug == "vip"
    save("vip", {"did": "B"}, pk=vip)
    save("fans", {"in_segment": "vip"}, pk=fans, state="archived")
    save("vip", {"did": "B"}, pk=vip, state="archived")
    with pytest.raises(RuleError, match="the segment “vip” is archived"):
        save("fans", {"in_segment": "vip"}, pk=fans)
