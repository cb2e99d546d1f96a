"""Who is in a segment and why: pages by cursor, searches by those who may, every clause with what decided it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from uuid_utils.compat import uuid7

from cdp.access.models import AuditEntry
from segments.contracts import Member
from segments.models import Membership, Segment
from segments.queries.member_pages import member_page, named, open_members
from tests.segments.pages import MARKETER, interval, staff, url, words
from tests.segments.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clean_cache")]
ORDERED = {"did": "Order Completed", "count": {"gte": 2}, "within": {"days": 30}}


def test_members_come_a_page_at_a_time_in_both_orders() -> None:
    world = World()
    segment = Segment.objects.create(slug="s", name="S", definition={"all": []}).pk
    stays = [interval(segment, world.now, days) for days in (1, 2, 3)]
    twins = [interval(segment, world.now, 4), interval(segment, world.now, 4)]
    interval(segment, world.now, 9, 5)
    expected = [*stays, *reversed(twins)]
    for longest in (False, True):
        seen: list[Member] = []
        cursor = None
        while True:
            page = member_page(segment, longest=longest, cursor=cursor, limit=2)
            seen += page.members
            cursor = page.next_cursor
            if cursor is None:
                break
        assert [member.profile_id for member in seen] == (expected[::-1] if longest else expected)
    for bad in ("x", "20260101T000000.000000Z-", "7-7"):
        with pytest.raises(ValueError, match=r".+"):
            member_page(segment, cursor=bad)


def test_the_list_shows_who_since_when_and_what_they_bought() -> None:
    world = World()
    segment = world.segment({"trait": "plan", "is": "eq", "value": "gold"})
    world.send(world.identify("ada", plan="gold", name="Ada Lovelace", email="ada@example.com"))
    marketer = staff(*MARKETER)
    said = words(marketer.get(url(segment, "members")))
    assert "A••• L••• a•••@e•••.com" in said
    assert "Ada Lovelace" not in said
    assert "ada@example.com" not in said
    unmasked = staff(*MARKETER, "view_personal", name="su")
    assert "Ada Lovelace ada@example.com" in words(unmasked.get(url(segment, "members")))
    assert marketer.get(url(segment, "members") + "?cursor=nonsense&order=sideways").status_code == 200


def test_members_are_found_by_identifier_and_by_name_where_names_may_be_seen() -> None:
    world = World()
    segment = world.segment({"trait": "plan", "is": "eq", "value": "gold"})
    world.send(
        world.identify("ada", plan="gold", name="Ada Lovelace", email="ada@example.com"),
        world.identify("ben", plan="tin", name="Ben Lovett", email="ben@example.com"),
    )
    marketer, support = staff(*MARKETER), staff(*MARKETER, "view_personal", name="su")
    by_address = words(marketer.post(url(segment, "members"), {"q": "ADA@example.com"}))
    assert "A••• L••• a•••@e•••.com" in by_address
    assert "Found, and not in it B••• L•••" in words(marketer.post(url(segment, "members"), {"q": "ben"}))
    assert "Nobody found" in words(marketer.post(url(segment, "members"), {"q": "love"}))
    said = words(support.post(url(segment, "members"), {"q": "love"}))
    assert "Ada Lovelace" in said
    assert "Ben" not in said, "a part of a name finds members only"
    assert set(named("LOVE", world.now + timedelta(minutes=1))) == {world.profile("ada"), world.profile("ben")}
    assert set(open_members(segment, [world.profile("ada"), world.profile("ben")])) == {world.profile("ada")}


def test_the_pages_of_people_cost_the_same_for_one_and_for_three() -> None:
    world = World()
    segment = world.segment({"all": []})
    client = staff(*MARKETER)
    tabs = ("members", "dates", "why")
    world.send(world.identify("ada", email="ada@example.com"))
    for tab in tabs:
        client.get(url(segment, tab))
    counted: dict[str, list[int]] = {}
    for names in (("ada",), ("ben", "cleo")):
        world.send(*(world.identify(name, email=f"{name}@example.com") for name in names))
        for tab in tabs:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(url(segment, tab)).status_code == 200
            counted.setdefault(tab, []).append(len(queries))
    assert all(len(set(counts)) == 1 for counts in counted.values()), counted


def test_why_somebody_is_in_it_is_told_clause_by_clause_with_the_events() -> None:
    world = World()
    segment = world.segment({"all": [{"trait": "country", "is": "eq", "value": "DE"}, ORDERED]})
    world.send(world.identify("ada", country="DE", name="Ada Lovelace", email="ada@example.com"))
    world.send(*(world.track("ada", "Order Completed", days_ago=days, order_id=f"o-{days}") for days in (3, 20, 50)))
    client = staff(*MARKETER, "view_personal", "view_event")
    found = client.post(url(segment, "why"), {"q": "ada@example.com"}, follow=True)
    assert found.redirect_chain == [(url(segment, f"why/{world.profile('ada')}"), 302)]
    said = words(found)
    assert "Ada Lovelace is in it." in said
    assert "true: all of these" in said
    assert "true: country is DE – is DE" in said
    assert "Order Completed at least 2 times in the last 30 days – found 2" in said
    assert "ordered o-3" in said
    assert "ordered o-20" in said
    assert "o-50" not in said
    assert "/admin/events/event/" in found.text
    assert "still in it" in said
    assert "Time alone may change this on" in said
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject) == ("viewed", f"profile:{world.profile('ada')}")
    assert entry.reason.startswith("why in segment segment-")


def test_why_not_is_told_masked_for_those_who_may_not_see_values() -> None:
    world = World()
    segment = world.segment({"any": [{"trait": "city", "is": "eq", "value": "Rome"}, ORDERED]})
    world.send(world.identify("ben", city="Paris", email="ben@example.com"))
    person = world.profile("ben")
    page = staff(*MARKETER).get(url(segment, f"why/{person}"))
    said = words(page)
    assert "is not in it." in said
    assert "not true: at least one of these" in said
    assert "not true: city is Rome – is •••" in said
    assert "found 0" in said
    assert "Never so far." in said
    assert "Paris" not in page.text
    assert "ben@example.com" not in page.text
    assert staff(*MARKETER, name="m2").get(url(segment, f"why/{uuid7()}")).status_code == 404


def test_every_stay_stands_there_with_why_it_ended() -> None:
    world = World()
    segment = world.segment({"trait": "vip", "is": "eq", "value": True})
    world.send(world.identify("ada", vip=True, days_ago=1))
    world.send(world.identify("ada", vip=False))
    client = staff(*MARKETER)
    said = words(client.get(url(segment, f"why/{world.profile('ada')}")))
    assert "the rule stopped holding" in said
    Segment.objects.filter(pk=segment).update(state="archived")
    assert "nobody is, since it is archived" in words(client.get(url(segment, f"why/{world.profile('ada')}")))


def test_somebody_who_was_merged_is_asked_about_as_who_they_are_now() -> None:
    world = World()
    segment = world.segment({"trait": "vip", "is": "eq", "value": True})
    world.send({"type": "identify", "anonymousId": "a-1", "traits": {"vip": True}, "timestamp": world.at(2)})
    before = Membership.objects.get().profile_id
    world.send(world.identify("ada", anonymous="a-1", days_ago=1))
    client = staff(*MARKETER)
    page = client.get(url(segment, f"why/{before}"), follow=True)
    assert "is in it." in words(page)
    assert client.get(url(segment, "members")).text.count("a-1") <= 1
