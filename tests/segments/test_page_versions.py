"""Versions of a rule: what each changed in words, whom two take in, an earlier one restored; and the whole segment."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from cdp.access.models import AuditEntry
from cdp.jobs.models import Job
from cdp.lib.clock import utc_now
from segments import services
from segments.comparing import RuleChange, rule_changes
from segments.contracts import SegmentDraft
from segments.models import DirtyProfile, Segment, SegmentVersion
from segments.rules import parse_rule
from tests.segments.pages import MARKETER, staff, url, words
from tests.segments.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clean_cache")]
GERMAN, AUSTRIAN = ({"trait": "country", "is": "eq", "value": value} for value in ("DE", "AT"))
BOUGHT = {"did": "Order Completed"}
TWICE = {"did": "Order Completed", "count": {"gte": 2}}


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        (BOUGHT, BOUGHT, []),
        (
            {"all": [GERMAN, BOUGHT]},
            {"all": [GERMAN, TWICE]},
            [RuleChange("changed", "Order Completed at least once", "Order Completed at least 2 times")],
        ),
        ({"all": [GERMAN]}, {"all": [GERMAN, BOUGHT]}, [RuleChange("added", "", "Order Completed at least once")]),
        ({"all": [GERMAN, BOUGHT]}, GERMAN, [RuleChange("removed", "Order Completed at least once", "")]),
        (
            {"all": [GERMAN, BOUGHT]},
            {"any": [GERMAN, BOUGHT]},
            [RuleChange("grouped", "all of its clauses must hold", "one of its clauses is enough")],
        ),
        (
            {"all": [{"any": [GERMAN, BOUGHT]}, AUSTRIAN]},
            {"all": [GERMAN, {"any": [BOUGHT, AUSTRIAN]}]},
            [
                RuleChange(
                    "grouped",
                    "(country is DE or Order Completed at least once) and country is AT",
                    "country is DE and (Order Completed at least once or country is AT)",
                )
            ],
        ),
        ({"all": [GERMAN, GERMAN]}, {"all": [GERMAN]}, [RuleChange("removed", "country is DE", "")]),
    ],
)
def test_what_a_version_changed_is_said_clause_by_clause(
    before: object, after: object, changes: list[RuleChange]
) -> None:
    assert rule_changes(parse_rule(before), parse_rule(after)) == changes


def versions(world: World) -> int:
    """Germans, then Austrians."""
    boss = User.objects.create_superuser("root")
    segment = world.segment(GERMAN, slug="s", by=boss)
    services.save_segment(SegmentDraft(slug="s", name="s", definition=AUSTRIAN), segment_id=segment, by=boss)
    services.recompute(segment)
    return segment


def test_the_list_says_what_each_changed_and_by_whom() -> None:
    segment = versions(World())
    said = words(staff(*MARKETER).get(url(segment, "versions")))
    assert "Version 2 in force" in said
    assert "changed country is DE → country is AT" in said
    assert "The first rule." in said
    assert said.count("by root") == 2
    looking = words(staff("view_segment", name="eve").get(url(segment, "versions")))
    assert "Restore" not in looking
    assert "Compare with the present rule" in looking


def test_two_versions_are_asked_of_everybody_now() -> None:
    world = World()
    segment = versions(world)
    world.send(
        world.identify("ada", country="DE", email="ada@example.com"),
        world.identify("ben", country="DE"),
        world.identify("cleo", country="AT", email="cleo@example.com"),
    )
    client = staff(*MARKETER)
    said = words(client.get(url(segment, "versions/1")))
    assert "From version 1 to 2: 1 more person taken in, 2 no longer." in said
    assert "Only by the later rule: 1 c•••@e•••.com" in said
    assert "Only by the earlier rule: 2" in said
    assert "take in the same 1 person now" in words(client.get(url(segment, "versions/2")))
    assert client.get(url(segment, "versions/9")).status_code == 404
    assert "•••" not in words(staff("view_segment", name="eve").get(url(segment, "versions/1")))


def test_restoring_says_who_enters_and_leaves_and_saves_a_version() -> None:
    world = World()
    segment = versions(world)
    world.send(world.identify("ada", country="DE"), world.identify("ben", country="DE"))
    world.send(world.identify("cleo", country="AT"))
    client = staff(*MARKETER)
    shown = words(client.get(url(segment, "versions/1/restore")))
    assert "2 people would enter and 1 would leave." in shown
    assert SegmentVersion.objects.count() == 2
    page = client.post(url(segment, "versions/1/restore"), {"present": "2"}, follow=True)
    assert "2 people are in it now: 2 entered, 1 left." in words(page)
    found = Segment.objects.get(pk=segment)
    assert (found.version, found.definition) == (3, GERMAN)
    assert world.members(segment) == {world.profile("ada"), world.profile("ben")}
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject) == ("restored a rule", f"segment:{segment}")
    assert entry.reason == "version 1 saved again as version 3"


def test_a_restore_after_somebody_elses_save_is_looked_at_again() -> None:
    segment = versions(World())
    client = staff(*MARKETER)
    page = client.post(url(segment, "versions/1/restore"), {"present": "1"}, follow=True)
    assert "Somebody saved another version meanwhile" in words(page)
    assert Segment.objects.get(pk=segment).version == 2
    again = client.get(url(segment, "versions/2/restore"), follow=True)
    assert "nothing to restore" in words(again)


def test_archiving_says_who_leaves_and_bringing_back_asks_everybody() -> None:
    world = World()
    segment = world.segment(GERMAN, slug="germans")
    world.send(world.identify("ada", country="DE"), world.identify("ben", country="DE"))
    client = staff(*MARKETER)
    assert "2 people leave it." in words(client.get(url(segment, "state/archived")))
    assert len(world.members(segment)) == 2
    client.post(url(segment, "state/archived"))
    assert (Segment.objects.get(pk=segment).state, world.members(segment)) == ("archived", set())
    assert client.get(url(segment, "state/archived")).status_code == 404
    assert client.get(url(segment, "state/nonsense")).status_code == 404
    page = client.post(url(segment, "state/live"), follow=True)
    assert "2 people are in it now: 2 entered, 0 left." in words(page)
    assert len(world.members(segment)) == 2
    told = list(AuditEntry.objects.order_by("pk").values_list("action", "subject"))
    assert told == [("archived a segment", f"segment:{segment}"), ("put in force a segment", f"segment:{segment}")]


def test_a_duplicate_is_a_draft_of_who_made_it() -> None:
    world = World()
    segment = world.segment(GERMAN, slug="germans")
    client = staff(*MARKETER)
    for slug in ("germans-copy", "germans-copy-2"):
        client.post(url(segment, "duplicate"))
        copy = Segment.objects.get(slug=slug)
        assert (copy.name, copy.state, copy.definition) == ("Copy of germans", "draft", GERMAN)
        assert copy.owner is not None
        assert copy.owner.get_username() == "mia"
    assert client.get(url(segment, "duplicate")).status_code == 405


def test_notes_and_owner_are_saved_without_another_version() -> None:
    world = World()
    segment = world.segment(GERMAN)
    client = staff(*MARKETER)
    mia = User.objects.get(username="mia")
    outsider = User.objects.create_user("customer")
    client.post(url(segment, "uses"), {"notes": " For the spring sale. ", "owner": str(mia.pk)})
    found = Segment.objects.get(pk=segment)
    assert (found.notes, found.owner, found.version) == ("For the spring sale.", mia, 1)
    client.post(url(segment, "uses"), {"notes": "x", "owner": str(outsider.pk)})
    assert Segment.objects.get(pk=segment).owner is None, "only staff answer for segments"
    assert "For the" not in words(client.get(url(segment, "overview")))


def test_a_save_in_the_form_leads_to_the_page_and_is_audited() -> None:
    client = staff(*MARKETER)
    form = {"name": "Germans", "slug": "germans", "state": "live", "notes": "", "definition": json.dumps(GERMAN)}
    page = client.post("/admin/segments/segment/add/", form, follow=True)
    segment = Segment.objects.get()
    assert page.redirect_chain[-1][0] == url(segment.pk, "overview")
    assert str(segment.owner) == "mia"
    client.post(url(segment.pk, "change"), {**form, "definition": json.dumps(AUSTRIAN)})
    told = list(AuditEntry.objects.order_by("pk").values_list("action", "subject", "reason"))
    assert told == [
        ("made a segment", f"segment:{segment.pk}", "version 1"),
        ("changed a segment", f"segment:{segment.pk}", "version 2"),
    ]


def test_the_list_tells_size_change_and_freshness_and_leaves_archived_ones_out() -> None:
    world = World()
    germans = world.segment(GERMAN, slug="germans")
    gone = world.segment({"all": []}, slug="gone")
    world.send(world.identify("ada", country="DE"), world.identify("ben", country="DE"))
    services.change_state(gone, "archived", by=None)
    client = staff(*MARKETER)
    page = client.get("/admin/segments/segment/")
    said = words(page)
    assert "+2 2 entered, 0 left" in said
    assert "everybody is being asked" in said
    Job.objects.all().delete()
    assert "up to date" in words(client.get("/admin/segments/segment/"))
    DirtyProfile.objects.create(profile_id=world.profile("ada"), marked_at=utc_now() - timedelta(minutes=75))
    assert "1 h 15 min behind" in words(client.get("/admin/segments/segment/"))
    assert f'href="{url(germans, "overview")}"' in page.text
    assert url(gone, "overview") not in page.text
    assert url(gone, "overview") in client.get("/admin/segments/segment/", {"state": "archived"}).text
    both = client.get("/admin/segments/segment/", {"state": "all"}).text
    assert url(gone, "overview") in both
    assert url(germans, "overview") in both
