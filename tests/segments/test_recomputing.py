"""Recomputation by one query over the lake's files: exact, only those who differ are evaluated, and never stuck."""

from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cdp.lib.clock import utc_now
from lake.contracts import LakeNotReadyError
from lake.registry import projections
from lake.services import project
from profiles.models import Identifier, Profile
from segments import services
from segments.contracts import SegmentDraft, Written
from segments.models import DirtyProfile, DueAnswer, Membership
from segments.queries import preview
from segments.queries.everybody import differing
from segments.rules import parse_rule
from segments.services import recomputing
from segments.services.evaluating import evaluate_some
from tests.segments.world import World, recomputed, streamed

pytestmark = pytest.mark.django_db(transaction=True)
SHOES = {"property": "category", "is": "eq", "value": "Shoes"}
RULE: Any = {
    "all": [
        {"did": "Product Viewed", "where": [SHOES], "within": {"days": 30}},
        {"not": {"did": "Order Completed", "within": {"days": 30}}},
        {"trait": "country", "is": "ne", "value": "AT"},
    ]
}


@pytest.fixture
def world() -> World:
    """Ada and Ben belong; Cid bought, Dot is Austrian, Eva looked at hats; all of that stands in the lake's files."""
    world = World()
    for user, category in (("ada", "Shoes"), ("ben", "Shoes"), ("cid", "Shoes"), ("dot", "Shoes"), ("eva", "Hats")):
        world.send(world.track(user, "Product Viewed", days_ago=3, category=category))
    world.send(world.track("cid", "Order Completed", days_ago=2), world.identify("dot", country="AT", days_ago=1))
    flush()
    return world


def flush() -> None:
    for projection in projections():
        project(projection, at_once=True)


def test_the_files_and_what_has_changed_since_make_one_exact_answer(world: World) -> None:
    saved = services.save_segment(SegmentDraft(slug="s", name="S", definition=RULE))
    world.send(world.track("ben", "Order Completed", days_ago=1), settle=False)
    world.send(world.identify("dot", country="DE"), settle=False)
    world.send(world.track("fay", "Product Viewed", days_ago=1, category="Shoes"), settle=False)
    assert services.recompute(saved.segment_id) == Written(evaluated=6, entered=3, left=0)
    assert world.members(saved.segment_id) == {world.profile(name) for name in ("ada", "dot", "fay")}
    assert streamed() == recomputed(utc_now())
    assert preview(parse_rule(RULE), segment_id=saved.segment_id, now=utc_now()).count == 3


def test_somebody_erased_is_gone_at_once(world: World) -> None:
    rule = parse_rule(RULE)
    ada = world.profile("ada")
    Identifier.objects.filter(profile_id=ada).delete()
    Profile.objects.filter(pk=ada).delete()
    found = preview(rule, segment_id=None, now=utc_now())
    assert found.sample == (world.profile("ben"),)


def test_only_those_who_differ_are_evaluated(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    segment = world.segment(RULE)
    ada, ben = world.profile("ada"), world.profile("ben")
    asked: list[set[object]] = []

    def noting(profile_ids: Any, *args: Any, **more: Any) -> Written:
        asked.append(set(profile_ids))
        return evaluate_some(profile_ids, *args, **more)

    monkeypatch.setattr(recomputing, "evaluate_some", noting)
    assert services.recompute(segment) == Written(evaluated=5)
    assert asked == []
    Membership.objects.filter(profile_id=ada).delete()
    DueAnswer.objects.filter(profile_id=ben).update(due_at=utc_now() + timedelta(days=300))
    assert services.recompute(segment) == Written(evaluated=5, entered=1)
    assert asked == [{ada, ben}]
    assert DueAnswer.objects.get(profile_id=ben).due_at < utc_now() + timedelta(days=31)
    assert DirtyProfile.objects.count() == 0


def test_without_the_lake_everybody_is_asked_from_the_database(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = services.save_segment(SegmentDraft(slug="s", name="S", definition=RULE))
    notes: list[str] = []

    def not_ready(*args: object, **more: object) -> None:
        raise LakeNotReadyError("the lake's events are being rebuilt")

    monkeypatch.setattr(recomputing, "differences", not_ready)
    written = services.recompute(saved.segment_id, lambda done, total, note: notes.append(f"{done} of {total}: {note}"))
    assert written == Written(evaluated=5, entered=2)
    assert notes[-1] == "5 of 5: asking every profile: the lake cannot answer now"


def test_an_answer_that_is_not_as_of_now_is_no_answer_to_a_recomputation(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment = world.segment(RULE)
    world.send(world.track("fay", "Product Viewed", category="Shoes"), settle=False)
    monkeypatch.setattr(import_module("lake.queries.snapshot"), "LONGEST_TAIL", 0)
    with pytest.raises(LakeNotReadyError, match="knows what was there until"):
        differing(segment, parse_rule(RULE), utc_now())
    assert isinstance(preview(parse_rule(RULE), segment_id=None, now=utc_now()).as_of, datetime)


def test_it_says_how_far_it_is_and_stops_where_it_is_told_to(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recomputing, "SLICE", 1)
    saved = services.save_segment(SegmentDraft(slug="s", name="S", definition=RULE))
    heard: list[tuple[int, int]] = []

    def stop_after_one(done: int, total: int, note: str) -> None:
        heard.append((done, total))
        if done:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        services.recompute(saved.segment_id, stop_after_one)
    assert heard == [(0, 5), (1, 3)]
    assert Membership.objects.count() == 1
    services.recompute(saved.segment_id)
    assert streamed() == recomputed(utc_now())


def test_statements_can_be_counted_while_people_are_evaluated(world: World) -> None:
    with CaptureQueriesContext(connection):
        segment = world.segment({"did": "Product Viewed", "where": [SHOES]})
    assert len(world.members(segment)) == 4
