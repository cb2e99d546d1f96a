"""A segment's overview: size over time as the intervals say, composition, newest members masked, where it is used."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cdp.admin_segment.history import history, span_of
from cdp.lib.clock import utc_now
from cdp.lib.spans import DAY, Span, midnight
from recipients.models import Recipient
from segments import services
from segments.contracts import SegmentDraft
from segments.models import Segment
from segments.queries.moves import Moves, moves_since
from segments.queries.size_history import SizeOfBucket, sizes_over
from tests.segments.pages import MARKETER, interval, staff, url, words
from tests.segments.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clean_cache")]
NOW = datetime(2026, 3, 12, 15, tzinfo=UTC)
HISTORY = ((40, None), (40, 2), (3, None), (2, 1), (1, 0.1), (0.2, None))


def test_the_size_of_each_day_is_what_the_intervals_say() -> None:
    segment = Segment.objects.create(slug="s", name="S", definition={"all": []}).pk
    for entered, left in HISTORY:
        interval(segment, NOW, entered, left)
    other = Segment.objects.create(slug="o", name="O", definition={"all": []}).pk
    interval(other, NOW, 1)
    span = Span(midnight(NOW, "UTC", days=-3), NOW, DAY, "UTC")
    days = span.buckets()
    assert sizes_over(segment, span) == [
        SizeOfBucket(days[0], 1, 0, 3),
        SizeOfBucket(days[1], 1, 1, 3),
        SizeOfBucket(days[2], 1, 1, 3),
        SizeOfBucket(days[3], 1, 1, 3),
    ]
    assert moves_since([segment, other], NOW - timedelta(days=2.5)) == {segment: Moves(3, 3, 3), other: Moves(1, 1, 0)}
    assert moves_since([segment, other], NOW - timedelta(days=2.5), most=2) == {segment: None, other: Moves(1, 1, 0)}


def test_a_year_is_told_by_week_and_the_title_says_what_happened() -> None:
    segment = Segment.objects.create(slug="s", name="S", definition={"all": []}, created_at=NOW - timedelta(days=400))
    for entered, left in ((399, None), (380, 100), (20, None), (8, None), (8, 5)):
        interval(segment.pk, NOW, entered, left)
    year = history(segment, span_of(365, NOW, "UTC"), 365)
    assert year.size_title == "3 now: +50 %, more than 365 days ago"
    assert year.moves_title == "3 entered and 2 left in 365 days"
    assert len(year.size_chart.labels) == 53
    assert year.size_chart.labels[-1] == "9 Mar 2026"
    assert (year.size_chart.series[0].values[0], year.size_chart.series[0].values[-1]) == (2, 3)
    assert sum(value or 0 for value in year.moves_chart.series[1].values) == 2
    week = history(segment, span_of(7, NOW, "UTC"), 7)
    assert list(week.moves_chart.series[1].values) == [0, 1, 0, 0, 0, 0, 0]
    assert list(week.size_chart.series[0].values) == [4, 3, 3, 3, 3, 3, 3]


def test_the_overview_says_the_rule_how_many_and_who_masked() -> None:
    world = World()
    segment = world.segment({"trait": "country", "is": "eq", "value": "DE"})
    world.send(world.identify("ada", country="DE", email="ada@example.com"))
    page = staff(*MARKETER).get(url(segment, "overview"))
    said = words(page)
    for shown in ("country is DE", "1 person is in it now", "a•••@e•••.com", "Nowhere yet", "No notes"):
        assert shown in said
    assert f"{world.profile('ada')}/change/" in page.text
    assert f"/segment/{segment}/why/{world.profile('ada')}/" in page.text
    assert "ada@example.com" not in page.text


def test_who_may_see_segments_alone_sees_figures_and_nobody() -> None:
    world = World()
    segment = world.segment({"all": []})
    world.send(world.identify("ada", email="ada@example.com"))
    analyst = staff("view_segment")
    page = analyst.get(url(segment, "overview"))
    assert "1 person is in it now" in page.text
    assert "/admin/profiles/profile/" not in page.text
    assert "Newest members" not in page.text
    for tab in ("members", "why", f"why/{world.profile('ada')}"):
        assert analyst.get(url(segment, tab)).status_code == 403, tab
    assert analyst.get(url(segment, "part/composition")).status_code == 200
    for tab in ("state/archived", "versions/1/restore"):
        assert analyst.get(url(segment, tab)).status_code == 403, tab
    for tab in ("duplicate", "uses"):
        assert analyst.post(url(segment, tab)).status_code == 403, tab
    assert staff("view_profile", name="eve").get(url(segment, "overview")).status_code == 403


def test_whom_it_is_made_of_stands_beside_everybody() -> None:
    world = World()
    segment = world.segment({"trait": "vip", "is": "eq", "value": True})
    world.send(
        world.identify("ada", country="DE", vip=True),
        world.identify("ben", country="DE", vip=True, days_ago=60),
        world.identify("cleo", country="AT", vip=False),
        world.identify("dora", days_ago=40),
    )
    client = staff(*MARKETER)
    said = words(client.get(url(segment, "part/composition")))
    assert "DE: 100.0 % of them, 50.0 % of everybody" in said
    assert "DE 2 100.0 % 50.0 % 200 · more" in said
    assert "AT 0 0 % 25.0 % 0 · fewer" in said
    assert "Not known 0 0 % 25.0 % 0 · fewer" in said
    assert "Told by a server 1 50.0 % 50.0 % 100 · as many" in said
    assert "Not in 30 days 1 50.0 % 50.0 % 100 · as many" in said
    assert "No order 2 100.0 % 100.0 % 100 · as many" in said
    assert "2 of 4 people as of" in said
    world.send(world.identify("eli", country="DE", vip=True))
    assert "2 of 4 people as of" in words(client.get(url(segment, "part/composition"))), "kept for ten minutes"
    assert "3 of 5 people as of" in words(client.get(url(segment, "part/composition") + "?anew=1"))


def test_a_segment_of_nobody_says_so_instead_of_empty_tables() -> None:
    world = World()
    segment = world.segment({"any": []})
    client = staff(*MARKETER)
    assert "Nobody is in it now" in words(client.get(url(segment, "part/composition")))
    assert "Nobody yet: people enter as soon as the rule comes true" in words(client.get(url(segment, "overview")))
    assert "Nobody is in it yet" in words(client.get(url(segment, "members")))


def test_what_takes_long_is_counted_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    segment = world.segment({"all": []})
    world.send(*(world.identify(name) for name in ("ada", "ben", "cleo")))
    monkeypatch.setattr("segments.queries.moves.moves_since.__kwdefaults__", {"most": 2})
    client = staff(*MARKETER)
    page = client.get(url(segment, "overview"))
    assert "More than 10,000 people are in it now" in page.text
    assert f'data-part="/admin/segments/segment/{segment}/part/count/"' in page.text
    assert f'data-part="/admin/segments/segment/{segment}/part/history/?days=30"' in page.text
    assert "3 people are in it now" in words(client.get(url(segment, "part/count")))
    assert "3 entered and 0 left in 90 days" in words(client.get(url(segment, "part/history") + "?days=90"))
    assert "3 people are in it now" in words(client.get(url(segment, "overview"))), "what was counted is kept"
    assert client.get("/admin/segments/sizes/", {"id": [str(segment), "x"]}).json() == {
        str(segment): {"size": "3", "change": "+3 (3 entered, 0 left)"}
    }


def test_a_part_nobody_makes_is_not_found() -> None:
    segment = World().segment({"all": []})
    client = staff(*MARKETER)
    assert client.get(url(segment, "part/nothing")).status_code == 404
    assert client.get(url(segment + 1, "overview")).status_code == 404


def test_the_overview_costs_the_same_for_one_member_and_for_three() -> None:
    world = World()
    segment = world.segment({"all": []})
    client = staff(*MARKETER)
    world.send(world.identify("ada", email="ada@example.com"))
    client.get(url(segment, "overview"))
    with CaptureQueriesContext(connection) as one:
        assert client.get(url(segment, "overview")).status_code == 200
    world.send(world.identify("ben", email="b@example.com"), world.identify("cleo", email="c@example.com"))
    with CaptureQueriesContext(connection) as three:
        assert "3 people are in it now" in client.get(url(segment, "overview")).text
    assert len(three) == len(one)


def test_where_it_is_used_is_told_and_keeps_it_from_being_archived() -> None:
    world = World()
    used = world.segment({"all": []}, slug="used")
    user = world.segment({"all": [{"in_segment": "used"}]}, slug="user")
    for name, only in (("Mailer", []), ("Own", [used]), ("Other", [user])):
        Recipient.objects.create(
            name=name, url="https://m.example/", secret="s", topics=["segment.entered"], segments=only
        )
    client = staff(*MARKETER)
    said = words(client.get(url(used, "uses")))
    assert "user segment: its rule asks who is in this one keeps it from being archived" in said
    assert "Own recipient: is told of everybody entering it" in said
    assert "Mailer recipient: is told of everybody entering any segment" in said
    assert "Other" not in said
    assert "It cannot be archived while other rules ask about it" in words(client.get(url(used, "state/archived")))
    client.post(url(used, "state/archived"))
    assert Segment.objects.get(pk=used).state == "live"
    services.change_state(user, "archived", by=None)
    assert "1 person leave" not in words(client.get(url(used, "state/archived")))
    client.post(url(used, "state/archived"))
    assert Segment.objects.get(pk=used).state == "archived"


def test_a_draft_says_that_nobody_is_in_it() -> None:
    segment = Segment.objects.create(slug="s", name="S", definition={"all": []})
    interval(segment.pk, utc_now(), 0.001)
    draft = SegmentDraft(slug="s", name="S", definition={"all": []}, state="draft")
    services.save_segment(draft, segment_id=segment.pk)
    assert "Nobody is in it: it is draft" in words(staff(*MARKETER).get(url(segment.pk, "overview")))
