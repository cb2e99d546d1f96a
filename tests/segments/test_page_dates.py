"""Who was in a segment on a date, two dates compared as a made-up history says, and how segments overlap."""

from datetime import timedelta

import pytest
from django.utils.timezone import localtime

from cdp.lib.clock import utc_now
from segments.models import Segment
from segments.queries.overlapping import Overlap, overlap
from tests.segments.pages import MARKETER, interval, staff, url, words
from tests.segments.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clean_cache")]
NUMBERS = ("view_segment",)


def day(days_ago: float) -> str:
    return f"{localtime(utc_now() - timedelta(days=days_ago)):%Y-%m-%d}"


def made() -> int:
    segment = Segment.objects.create(
        slug="s", name="S", definition={"all": []}, created_at=utc_now() - timedelta(days=100)
    )
    # In on both; left between; entered between; came and went between; left before both.
    for entered, left in ((90, None), (60, None), (60, 10), (5, None), (4, None), (3, None), (20, 15), (95, 91)):
        interval(segment.pk, utc_now(), entered, left)
    return segment.pk


def test_two_dates_differ_by_who_entered_and_left_between() -> None:
    segment = made()
    said = words(staff(*MARKETER).get(url(segment, "dates"), {"from": day(30), "to": day(0)}))
    assert "3 entered and 1 left: 3 then, 5 later (+2, more)." in said
    for shown in ("In it on both 2", "Entered between +3", "Left between −1", "Entered between: 3", "Left between: 1"):
        assert shown in said


def test_the_dates_are_put_in_order_and_none_means_the_last_30_days() -> None:
    segment = made()
    client = staff(*MARKETER)
    said = words(client.get(url(segment, "dates")))
    assert "3 entered and 1 left: 3 then, 5 later" in said
    assert "3 entered and 1 left: 3 then, 5 later" in words(
        client.get(url(segment, "dates"), {"from": day(0), "to": day(30)})
    )


def test_one_date_alone_says_who_was_in_it() -> None:
    segment = made()
    client = staff(*MARKETER)
    assert "4 people were in it on" in words(client.get(url(segment, "dates"), {"from": day(16), "to": ""}))
    assert "0 people were in it on" in words(client.get(url(segment, "dates"), {"from": day(99), "to": ""}))
    assert "before that nobody could be in it" in words(client.get(url(segment, "dates"), {"from": day(120), "to": ""}))


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"from": "soon", "to": ""}, "“soon” is no time"),
        ({"from": "", "to": ""}, "Give the first date"),
        ({"from": "2999-01-01", "to": ""}, "That day lies in the future"),
        ({"from": "2026-01-01", "to": "2999-01-01"}, "That day lies in the future"),
    ],
)
def test_a_date_that_is_none_is_named(asked: dict[str, str], says: str) -> None:
    page = staff(*MARKETER).get(url(made(), "dates"), asked)
    assert says in words(page)
    assert page.status_code == 200


def test_who_may_not_see_members_sees_numbers() -> None:
    world = World()
    segment = world.segment({"all": []})
    world.send(world.identify("ada", email="ada@example.com"))
    client = staff(*NUMBERS)
    said = words(client.get(url(segment, "dates"), {"from": day(30), "to": day(0)}))
    assert "1 entered and 0 left: 0 then, 1 later (+1, more)." in said
    assert "Your group sees numbers, not people." in said
    assert "•••" not in said
    alone = words(client.get(url(segment, "dates"), {"from": day(0), "to": ""}))
    assert "1 person was in it" in alone
    assert "•••" not in alone


def test_one_part_is_shown_whole_and_paged() -> None:
    segment = made()
    client = staff(*MARKETER)
    said = words(client.get(url(segment, "dates"), {"from": day(30), "to": day(0), "show": "entered", "cursor": "?"}))
    assert "Entered between: 3" in said
    assert "Left between" not in said


def test_nothing_changed_is_said_in_words() -> None:
    segment = made()
    said = words(staff(*MARKETER).get(url(segment, "dates"), {"from": day(2), "to": day(1)}))
    assert "Nothing changed: the same 5 people on both dates." in said


def test_overlap_counts_who_is_in_exactly_which() -> None:
    now = utc_now()
    a, b, c = (Segment.objects.create(slug=slug, name=slug, definition={"all": []}).pk for slug in "abc")
    both, alone, third = interval(a, now, 1), interval(a, now, 1), interval(c, now, 1)
    interval(b, now, 1, profile_id=both)
    interval(c, now, 1, profile_id=both)
    interval(b, now, 1, profile_id=third)
    interval(b, now, 3, 2, profile_id=alone)
    found = overlap([a, b, c, a])
    assert found == Overlap((a, b, c), ((frozenset({a}), 1), (frozenset({b, c}), 1), (frozenset({a, b, c}), 1)))
    assert (found.people, found.size(a), found.size(a, b), found.size(b, c), found.size()) == (3, 2, 1, 2, 3)
    with pytest.raises(ValueError, match="at most 6 segments"):
        overlap(range(7))


def test_the_overlap_page_shows_shares_of_each_in_each() -> None:
    world = World()
    germans = world.segment({"trait": "country", "is": "eq", "value": "DE"}, slug="germans")
    gold = world.segment({"trait": "plan", "is": "eq", "value": "gold"}, slug="gold")
    world.send(
        world.identify("ada", country="DE", plan="gold"),
        world.identify("ben", country="DE"),
        world.identify("cleo", plan="gold"),
        world.identify("dora", country="DE"),
    )
    client = staff(*NUMBERS)
    said = words(client.get(url(germans, "overlap")))
    assert "1 of 3 in germans (33.3 %) are in at least one of the others, too." in said
    assert "Only germans ● in it ○ not in it 2 50.0 %" in said
    assert "germans and gold ● in it ● in it 1 25.0 %" in said
    assert "germans 3 – 33.3 % (1)" in said
    assert "gold 2 50.0 % (1) –" in said
    none = words(client.get(url(germans, "overlap"), {"with": ""}))
    assert "Choose at least one other segment" in none
    anywhere = words(client.get("/admin/segments/overlap/", {"with": [str(gold), str(germans), "x"]}))
    assert "1 of 3 in germans" in anywhere
    assert client.get(url(germans, "overlap"), {"with": str(gold)}).status_code == 200


def test_the_overlap_of_large_segments_is_loaded_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    germans = world.segment({"trait": "country", "is": "eq", "value": "DE"}, slug="germans")
    everybody = world.segment({"all": []}, slug="everybody")
    world.send(*(world.identify(name, country="DE") for name in ("ada", "ben")))
    monkeypatch.setattr("segments.queries.moves.moves_since.__kwdefaults__", {"most": 1})
    client = staff(*MARKETER)
    page = client.get(url(germans, "overlap"))
    part = f"/admin/segments/overlap/result/?id={germans}&amp;id={everybody}"
    assert f'data-part="{part}"' in page.text
    assert "2 of 2 in germans (100.0 %)" in words(client.get(part.replace("&amp;", "&")))
    dates = client.get(url(germans, "dates"), {"from": day(3), "to": day(0)})
    assert f"/part/dates/?from={day(3)}&amp;to={day(0)}" in dates.text
    said = words(client.get(url(germans, "part/dates"), {"from": day(3), "to": day(0)}))
    assert "2 entered and 0 left: 0 then, 2 later (+2, more)." in said


def test_a_lone_segment_has_nothing_to_overlap_with() -> None:
    segment = World().segment({"all": []})
    assert "There is nothing to compare with" in words(staff(*NUMBERS).get(url(segment, "overlap")))
