"""Campaigns by clicking: made, looked at, approved by another, steered, read; refused to whoever may not."""

from collections.abc import Mapping
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign, Recipient
from campaigns.services import running
from cdp.lib.clock import utc_now
from mailing.models import Message, Policy
from tests.campaigns.world import again, campaign, people, run, segment, template, user
from tests.segments.pages import staff, words

pytestmark = pytest.mark.django_db
LOOKER = ("view_campaign",)
MARKETER = ("view_campaign", "add_campaign", "change_campaign", "delete_campaign")
APPROVER = ("view_campaign", "approve_campaign")
NEW = "/admin/campaigns/new/"


def fields(*include: int, **changes: Any) -> dict[str, Any]:
    """What the form sends."""
    sent: Mapping[str, Any] = {
        "name": "Spring",
        "purpose": "email_marketing",
        "include": [str(one) for one in include],
        "template_A": "news",
        "when": "now",
        "test_wait": "4",
        "test_unit": "hours",
        "test_share": "0",
        "holdout_share": "0",
        "min_lead_percent": "10",
        "window_days": "7",
    }
    return {**sent, **changes}


def path(row: Campaign, what: str = "") -> str:
    return f"/admin/campaigns/{row.pk}/{what}"


def test_a_marketer_makes_counts_checks_and_sends_one_by_clicking() -> None:
    template()
    members = segment("members", people("a@example.com", "b@example.com"))
    client = staff(*MARKETER)
    assert "No campaigns yet" in words(client.get("/admin/campaigns/"))
    assert "Members" in words(client.get(NEW))

    counted = client.post("/admin/campaigns/count/", fields(members))
    assert "All 2 people may be mailed" in words(counted)
    halved = words(client.post("/admin/campaigns/count/", fields(members, holdout_share="50")))
    assert "about 1 get it, about 1 are held out" in halved
    assert not Campaign.objects.exists()

    made = client.post(NEW, fields(members, template_B="news", subject_B="Other words", test_share="20"))
    row = Campaign.objects.get()
    assert made.headers["Location"] == path(row)
    shown = words(client.get(path(row)))
    assert "To “Members”" in shown
    assert "20 % get 2 variants first; 4 hours after the last of them" in shown
    assert list(row.variants.values_list("key", "subject", "share")) == [
        ("A", "", row.variants.get(key="A").share),
        ("B", "Other words", row.variants.get(key="B").share),
    ]
    asked = words(client.get(path(row, "send/")))
    assert "Send “Spring” to 2 people" in asked
    assert again(row).state == "draft"
    client.post(path(row, "send/"))
    assert again(row).state == "scheduled"
    run()
    assert Message.objects.count() <= 2
    listed = words(client.get("/admin/campaigns/"))
    assert "1 running" in listed


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost() -> None:
    template()
    client = staff(*MARKETER)
    answer = client.post(NEW, fields(name="", per_minute="many", seeds="nobody", notes="kept as typed"))
    said = words(answer)
    assert answer.status_code == 200
    assert "“many” cannot be read here: a number." in said
    assert "kept as typed" in answer.text
    answer = client.post(NEW, fields(name="", seeds="nobody"))
    assert "Give it a name by which you and your colleagues know it." in words(answer)
    assert "“nobody” is no e-mail address" in words(answer)
    assert not Campaign.objects.exists()

    client.post(NEW, fields(when="instant", send_at="2020-01-01T09:00"))
    row = Campaign.objects.get()
    shown = words(client.get(path(row)))
    assert "Choose who gets it: at least one segment or list, or everybody." in shown
    assert "This has passed: choose a later time" in shown
    client.post(path(row, "send/"))
    assert again(row).state == "draft"


def test_a_second_person_approves_and_who_asked_does_not() -> None:
    Policy.objects.update_or_create(pk=1, defaults={"approval_above": 1})
    template()
    members = segment("members", people("a@example.com", "b@example.com"))
    asker, second, looker = (
        staff(*MARKETER, "approve_campaign"),
        staff(*APPROVER, name="ben"),
        staff(*LOOKER, name="sam"),
    )
    asker.post(NEW, fields(members))
    row = Campaign.objects.get()
    assert "need a second person's yes" in words(asker.get(path(row, "send/")))
    asker.post(path(row, "send/"))
    assert again(row).state == "approval"
    assert "You asked for it yourself" in words(asker.get(path(row)))
    asker.post(path(row, "approve/"))
    assert looker.post(path(row, "approve/")).status_code == 403
    assert again(row).state == "approval"
    assert "Your group may not approve campaigns" in words(looker.get(path(row)))

    assert "Approve and send now to 2 people" in words(second.get(path(row)))
    second.post(path(row, "refuse/"), {"why": "Wrong day"})
    assert "“Wrong day”" in words(asker.get(path(row)))
    asker.post(path(row, "send/"))
    second.post(path(row, "approve/"))
    assert (again(row).state, again(row).approved_by) == ("scheduled", user("ben"))
    asker.post(path(row, "back/"))
    assert (again(row).state, again(row).approved_by) == ("draft", None)


def test_it_is_followed_paused_let_go_on_cancelled_and_copied() -> None:
    row = campaign(segment("members", people("a@example.com", "b@example.com")), per_minute=1)
    running.run_slice()
    client = staff(*MARKETER)
    assert "0 of 2 people done" in words(client.get(path(row, "progress/")))
    assert "1 Waiting for their turn" in words(client.get(path(row)))
    Policy.objects.update_or_create(pk=1, defaults={"stopped_at": utc_now()})
    assert "All marketing is stopped: nothing goes out" in words(client.get(path(row, "progress/")))
    Policy.objects.update(stopped_at=None)
    client.post(path(row, "pause/"))
    assert "Paused: 0 of 2 people done" in words(client.get(path(row)))
    client.post(path(row, "resume/"))
    assert "2 people who would still get it never will" in words(client.get(path(row, "cancel/")))
    assert again(row).state == "running"
    client.post(path(row, "cancel/"))
    assert again(row).state == "cancelled"
    assert set(Recipient.objects.values_list("state", "reason")) == {
        ("suppressed", "campaign_cancelled"),
        ("skipped", "campaign_cancelled"),
    }
    assert "2 The campaign was cancelled" not in words(client.get(path(row)))
    client.post(path(row, "duplicate/"))
    copy = Campaign.objects.exclude(pk=row.pk).get()
    assert (copy.name, copy.state, copy.per_minute) == ("Copy of Spring", "draft", 1)
    assert "Delete" in words(client.get(path(copy, "delete/")))
    client.post(path(copy, "delete/"))
    client.post(path(row, "delete/"))
    assert list(Campaign.objects.values_list("pk", flat=True)) == [row.pk]


def test_the_mail_is_shown_in_a_frame_of_its_own() -> None:
    row = campaign(segment("members", people("a@example.com")), ask=False)
    client = staff(*MARKETER)
    page = client.get(path(row))
    assert 'sandbox="" referrerpolicy="no-referrer" title="Variant A' in page.text
    frame = client.get(path(row, "mail/A/"))
    assert "You agreed to news from us." in frame.text
    assert (
        "script-src" not in frame.headers["Content-Security-Policy"]
        or "'none'" in frame.headers["Content-Security-Policy"]
    )
    assert client.get(path(row, "mail/B/")).status_code == 404


def test_who_may_look_changes_nothing_and_others_see_nothing() -> None:
    row = campaign(segment("members", people("a@example.com")), ask=False)
    looker, stranger = staff(*LOOKER, name="lou"), staff("view_profile", name="sam")
    for one in ("/admin/campaigns/", path(row), path(row, "reach/"), path(row, "progress/"), path(row, "mail/A/")):
        assert looker.get(one).status_code == 200
        assert stranger.get(one).status_code == 403
        assert Client().get(one).status_code == 302
    assert "Send…" not in looker.get(path(row)).text
    assert looker.get(NEW).status_code == looker.get(path(row, "edit/")).status_code == 403
    for what in (
        "send",
        "back",
        "choose",
        "pause",
        "resume",
        "cancel",
        "duplicate",
        "delete",
        "approve",
        "refuse",
        "test",
    ):
        assert looker.post(path(row, f"{what}/")).status_code == 403
    for what in ("approve", "pause", "resume", "back", "choose", "duplicate", "test"):
        assert looker.get(path(row, f"{what}/")).status_code == 405
    assert again(row).updated_at <= utc_now()
    assert timezone.is_aware(again(row).updated_at)
    assert Campaign.objects.count() == 1


def test_a_list_of_many_costs_as_many_questions_as_one_of_one(django_assert_max_num_queries: Any) -> None:
    members = segment("members", people("a@example.com"))
    client = staff(*LOOKER)
    for _ in range(3):
        campaign(members, ask=False)
    client.get("/admin/campaigns/")
    with django_assert_max_num_queries(14):
        client.get("/admin/campaigns/")
