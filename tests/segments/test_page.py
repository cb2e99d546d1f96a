"""A segment's page: size over time as the intervals say, newest members masked, versions, what to start from."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from uuid_utils.compat import uuid7

from cdp.lib.spans import DAY, Span, midnight
from segments import services
from segments.contracts import SegmentDraft
from segments.models import Membership, Segment
from segments.queries.size_history import SizeOfBucket, sizes_over
from tests.segments.world import World

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 3, 12, 15, tzinfo=UTC)


def staff(*rights: str) -> Client:
    user = User.objects.create_user("mia", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=("view_segment", *rights)))
    client = Client()
    client.force_login(user)
    return client


def interval(segment: int, entered: float, left: float | None = None) -> None:
    Membership.objects.create(
        segment_id=segment,
        profile_id=uuid7(),
        version=1,
        entered_at=NOW - timedelta(days=entered),
        left_at=None if left is None else NOW - timedelta(days=left),
        left_reason="" if left is None else "rule",
    )


def test_the_size_of_each_day_is_what_the_intervals_say() -> None:
    segment = Segment.objects.create(slug="s", name="S", definition={"all": []}).pk
    for entered, left in ((40, None), (40, 2), (3, None), (2, 1), (1, 0.1), (0.2, None)):
        interval(segment, entered, left)
    other = Segment.objects.create(slug="o", name="O", definition={"all": []}).pk
    interval(other, 1)
    span = Span(midnight(NOW, "UTC", days=-3), NOW, DAY, "UTC")
    days = span.buckets()
    assert sizes_over(segment, span) == [
        SizeOfBucket(days[0], 1, 0, 3),
        SizeOfBucket(days[1], 1, 1, 3),
        SizeOfBucket(days[2], 1, 1, 3),
        SizeOfBucket(days[3], 1, 1, 3),
    ]


def test_the_page_says_the_rule_how_many_and_who_masked() -> None:
    world = World()
    segment = world.segment({"trait": "country", "is": "eq", "value": "DE"})
    world.send(world.identify("ada", country="DE", email="ada@example.com"))
    page = staff("view_membership", "view_profile").get(f"/admin/segments/segment/{segment}/change/")
    for shown in (
        "country is DE",
        "1 person is in it now",
        "a•••@e•••.com",
        f"{world.profile('ada')}/change/?tab=segments",
    ):
        assert shown in page.text
    assert "ada@example.com" not in page.text


def test_who_may_not_open_people_finds_no_link_to_them() -> None:
    world = World()
    segment = world.segment({"all": []})
    world.send(world.identify("ada", email="ada@example.com"))
    page = staff().get(f"/admin/segments/segment/{segment}/change/")
    assert "/admin/profiles/profile/" not in page.text
    assert "/admin/segments/membership/" not in page.text


def test_every_version_says_what_it_said_and_by_whom() -> None:
    boss = User.objects.create_superuser("root")
    segment = World().segment({"all": []}, slug="s", by=boss)
    rule = {"did": "Order Completed", "count": {"gte": 2}}
    services.save_segment(SegmentDraft(slug="s", name="s", definition=rule), segment_id=segment, by=boss)
    text = staff().get(f"/admin/segments/segment/{segment}/change/").text
    assert "<b>v2</b> Order Completed at least 2 times" in text
    assert "<b>v1</b> everyone" in text
    assert text.count("by root") == 2


def test_the_page_costs_the_same_for_one_member_and_for_three() -> None:
    world = World()
    segment = world.segment({"all": []})
    client = staff("view_membership", "view_profile")
    url = f"/admin/segments/segment/{segment}/change/"
    world.send(world.identify("ada", email="ada@example.com"))
    client.get(url)
    with CaptureQueriesContext(connection) as one:
        assert client.get(url).status_code == 200
    world.send(world.identify("ben", email="b@example.com"), world.identify("cleo", email="c@example.com"))
    with CaptureQueriesContext(connection) as three:
        assert "3 people are in it now" in client.get(url).text
    assert len(three) == len(one)


def test_a_new_segment_starts_from_a_rule_that_is_shown_as_a_sentence() -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    page: Any = client.get("/admin/segments/segment/add/")
    assert "Product Viewed at least 3 times in the last 14 days" in page.text
    begun = client.get("/admin/segments/segment/add/", {"name": "Thanks", "definition": '{"did": "Order Completed"}'})
    assert 'value="Thanks"' in begun.text
    assert "{&quot;did&quot;: &quot;Order Completed&quot;}" in begun.text
