"""Rules that an offer or a placement keeps for itself."""

import pytest
from django.test import Client

from cdp.jobs.services import run_slice
from segments.models import Segment
from segments.queries import segments_of
from segments.queries.suggesting import names_of
from segments.rules import RuleError
from segments.services.attached import attach_rule, detach_rule
from tests.segments.world import World

pytestmark = pytest.mark.django_db(transaction=True)
VIENNA = {"trait": "city", "is": "eq", "value": "Vienna"}


def settle() -> None:
    while run_slice():
        pass


def test_who_an_attached_rule_holds_for_is_kept_exact_and_told_to_nobody() -> None:
    world = World()
    world.send(world.identify("ada", city="Vienna"), world.identify("ben", city="Graz", days_ago=1))
    slug = attach_rule("offer:summer", VIENNA, name="Who may have the summer offer")
    settle()
    segment = Segment.objects.get(slug=slug)
    assert world.members(segment.pk) == {world.profile("ada")}
    world.send(world.identify("ben", city="Vienna"))
    assert world.members(segment.pk) == {world.profile("ada"), world.profile("ben")}
    assert world.told("segment.entered") == []
    own = world.segment(VIENNA, slug="viennese")
    assert world.members(own) == {world.profile("ada"), world.profile("ben")}
    world.send(world.identify("cy", city="Vienna"))
    assert [pk for pk, _ in world.told("segment.entered")][-1] == own  # control: others are told of


def test_it_stands_in_no_list_and_again_changes_its_rule() -> None:
    first = attach_rule("offer:summer", VIENNA, name="Summer")
    graz = {"trait": "city", "is": "eq", "value": "Graz"}
    assert attach_rule("offer:summer", graz, name="Summer") == first
    assert Segment.objects.get(slug=first).version == 2
    assert attach_rule("offer:winter", VIENNA, name="Winter") != first
    assert names_of("rule") == {}
    world = World()
    world.send(world.identify("ada", city="Graz"))
    settle()
    assert segments_of(world.profile("ada")) == []


def test_one_segment_needs_no_copy_and_what_is_let_go_is_archived() -> None:
    slug = attach_rule("offer:summer", VIENNA, name="Summer")
    World().segment(VIENNA, slug="vip")
    assert attach_rule("offer:summer", {"in_segment": "vip"}, name="Summer") == "vip"
    assert Segment.objects.get(slug=slug).state == "archived"
    assert not detach_rule("offer:summer")
    assert attach_rule("offer:summer", VIENNA, name="Summer") == slug
    assert Segment.objects.get(slug=slug).state == "live"


def test_a_bad_rule_attaches_nothing() -> None:
    with pytest.raises(RuleError):
        attach_rule("offer:summer", {"trait": "city"}, name="Summer")
    assert not Segment.objects.exists()


def test_staff_see_it_apart_and_cannot_edit_it_there(admin_client: Client) -> None:
    slug = attach_rule("offer:summer", VIENNA, name="Who may have summer")
    pk = Segment.objects.get(slug=slug).pk
    assert "Who may have summer" not in admin_client.get("/admin/segments/segment/").text
    assert "Who may have summer" in admin_client.get("/admin/segments/segment/?state=kept").text
    assert admin_client.post(f"/admin/segments/segment/{pk}/change/", {"name": "x"}).status_code == 403
