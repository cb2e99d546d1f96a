"""Journeys in the admin: made of a shipped one, saved over what was seen only, published, tried, back-tested."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from automation.models import BackTest, Enrollment, Journey
from automation.services.drafting import revision
from cdp.access.models import AuditEntry
from cdp.admin_home.groups import apply_rights
from cdp.admin_journey.counting import counts_of
from cdp.jobs import services as jobs
from cdp.lib.clock import utc_now
from consent.contracts import GRANTED
from mailing.models import Message, Policy
from mailing.services import ensure_shipped
from profiles.models import Profile
from tests.automation.past import did, said, somebody

pytestmark = pytest.mark.django_db(transaction=True)


def client_of(group: str) -> Client:
    apply_rights()
    user = User.objects.create_user(f"{group}@example.com", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def marketer() -> Client:
    ensure_shipped()
    return client_of("marketer")


@pytest.fixture
def journey(marketer: Client) -> Journey:
    """The shipped abandoned-cart journey, as a draft."""
    assert marketer.post("/admin/journeys/new/", {"shipped": "abandoned-cart"}).status_code == 302
    return Journey.objects.get()


def save(client: Client, row: Journey, graph: Any, seen: str) -> Any:
    body = json.dumps({"graph": graph, "revision": seen})
    return client.post(f"/admin/journeys/{row.pk}/draft/", body, content_type="application/json")


def test_every_shipped_journey_opens_readable_with_nothing_missing(marketer: Client) -> None:
    gallery = marketer.get("/admin/journeys/new/").text
    assert gallery.count('name="shipped"') == 10
    marketer.post("/admin/journeys/new/", {"shipped": "welcome"})
    row = Journey.objects.get()
    page = marketer.get(f"/admin/journeys/{row.pk}/")
    assert "thing missing" not in page.text
    assert "Wait 3 days" in page.text
    assert "Nothing happens: it is a draft" in marketer.get("/admin/journeys/").text


def test_a_draft_is_saved_over_what_was_seen_only_and_says_what_is_missing(marketer: Client, journey: Journey) -> None:
    seen = revision(journey.draft)
    steps = [*journey.draft["steps"], {"id": "mail_9", "do": "send", "channel": "email", "template": ""}]
    found = save(marketer, journey, journey.draft | {"steps": steps}, seen).json()
    assert found["faults"] == {"mail_9": ["Choose which mail is sent."]}
    assert found["sentences"]["day_1"] == "Wait 1 day"
    late = save(marketer, journey, journey.draft, "ffff")
    assert (late.status_code, late.json()["revision"]) == (409, found["revision"])
    journey.refresh_from_db()
    assert journey.draft["steps"] == steps
    refused = marketer.post(f"/admin/journeys/{journey.pk}/publish/", {"revision": found["revision"]})
    assert refused.status_code == 302
    assert Journey.objects.get().version is None
    assert "Choose which mail is sent." in marketer.get(f"/admin/journeys/{journey.pk}/publish/").text


def test_it_is_published_with_its_changes_told_and_an_earlier_version_comes_back(
    marketer: Client, journey: Journey
) -> None:
    address = f"/admin/journeys/{journey.pk}"
    answer = {"revision": revision(journey.draft), "activate": "yes", "note": "first"}
    assert marketer.post(f"{address}/publish/", answer).status_code == 302
    row = Journey.objects.select_related("version").get()
    assert (row.state, row.version and row.version.number) == ("live", 1)
    steps = [dict(step) for step in journey.draft["steps"]]
    steps[1]["for"] = {"hours": 20}
    save(marketer, journey, journey.draft | {"steps": steps}, revision(journey.draft))
    assert "Wait 20 hours (was: Wait 1 day)" in marketer.get(f"{address}/publish/").text
    row.refresh_from_db()
    marketer.post(f"{address}/publish/", {"revision": revision(row.draft), "move": "yes"})
    marketer.post(f"{address}/versions/1/restore/")
    row.refresh_from_db()
    assert row.draft == journey.draft
    assert row.version is not None
    assert row.version.number == 2
    marketer.post(f"{address}/pause/")
    assert Journey.objects.get().state == "paused"
    told = set(AuditEntry.objects.filter(subject=f"journey:{row.pk}").values_list("action", flat=True))
    assert {"published a journey", "activated a journey", "restored a journey", "paused a journey"} <= told


def test_a_test_run_says_what_would_go_out_and_writes_nothing(marketer: Client, journey: Journey) -> None:
    page = marketer.post(f"/admin/journeys/{journey.pk}/test/", {"source": "draft"})
    assert "Somebody would get 3 messages" in page.text
    ordered = {"event": "Order Completed", "n": "5", "unit": "hours"}
    page = marketer.post(f"/admin/journeys/{journey.pk}/test/", ordered)
    assert "Somebody would get 1 message" in page.text
    assert "goal of the journey was reached" in page.text or "They reached the goal" in page.text
    assert not Enrollment.objects.exists()
    assert not Message.objects.exists()


def test_a_test_run_while_marketing_is_stopped_assumes_it_goes_on(marketer: Client, journey: Journey) -> None:
    somebody("anna", known_at=utc_now() - timedelta(days=40))
    Policy.objects.update_or_create(pk=1, defaults={"stopped_at": utc_now(), "stopped_why": "Prices"})
    ask = {"source": "draft", "profile": str(Profile.objects.get().pk), "agreed": "yes"}
    page = marketer.post(f"/admin/journeys/{journey.pk}/test/", ask)
    assert "would get 3 messages" in page.text
    assert "All marketing is stopped now; this run assumes it goes on." in page.text
    assert "All marketing mail is stopped" not in page.text
    assert "subject: 10 % off on your cart" in page.text


def test_the_settings_show_the_key_for_programs_and_the_flow_why_people_wait(
    marketer: Client, journey: Journey
) -> None:
    page = marketer.get(f"/admin/journeys/{journey.pk}/settings/").text
    assert "<code>abandoned-cart</code>" in page
    assert "/v1/journeys/abandoned-cart/cancel " in page
    now, mail = utc_now(), next(one["id"] for one in journey.draft["steps"] if one["do"] == "send")
    anna = somebody("anna", known_at=now - timedelta(days=40))
    marketer.post(f"/admin/journeys/{journey.pk}/publish/", {"revision": revision(journey.draft), "activate": "yes"})
    journey.refresh_from_db()
    Enrollment.objects.create(
        journey=journey, version=journey.version, identifier_id=anna, occasion="c1", armed_at=now, entered_at=now,
        state="waiting", node=mail, node_at=now, reason="no_address", due_at=now,
    )  # fmt: skip
    told = counts_of(journey, now)[mail]
    said_why = [{"count": 1, "words": "No e-mail address is known: waiting for one"}]
    assert (told["waiting"], told["held"]) == (1, said_why)


def test_an_unfinished_rule_of_a_branch_is_told_in_words(marketer: Client, journey: Journey) -> None:
    arm = {"if": {"bought": {"category": []}}, "name": "VIP", "steps": []}
    branch = {"id": "b1", "do": "branch", "arms": [arm], "else": []}
    found = save(marketer, journey, journey.draft | {"steps": [branch]}, revision(journey.draft)).json()
    assert found["faults"]["b1"] == ["Choose at least one category."]


def test_a_back_test_is_run_read_and_taken_along_by_those_who_may(marketer: Client, journey: Journey) -> None:
    now = utc_now()
    anna = somebody("anna", known_at=now - timedelta(days=40))
    said("anna", GRANTED, now - timedelta(days=40))
    did(anna, "Product Added", now - timedelta(days=5))
    Journey.objects.update(holdout_share=0, purpose="email_marketing")
    started = marketer.post(f"/admin/journeys/{journey.pk}/backtest/", {"days": "7"})
    run = BackTest.objects.get()
    assert run.job_id is not None
    assert jobs.run_now(run.job_id)
    page = marketer.get(started["Location"])
    assert "1 person would have got 3 messages in these 7 days" in page.text
    assert "anna@example.com" not in page.text
    taken = marketer.get(f"{started['Location']}csv/")
    assert taken["Content-Type"].startswith("text/csv")
    assert taken.content.decode().count("sent") == 3
    assert AuditEntry.objects.filter(action="downloaded", subject=f"journey:{journey.pk}").count() == 1
    analyst = client_of("analyst")
    assert analyst.get(started["Location"]).status_code == 200
    assert "not shown to your group" in analyst.get(started["Location"]).text
    assert analyst.get(f"{started['Location']}csv/").status_code == 403


def test_who_may_only_look_changes_nothing(marketer: Client, journey: Journey) -> None:
    analyst = client_of("analyst")
    address = f"/admin/journeys/{journey.pk}"
    assert analyst.get(f"{address}/").status_code == 200
    assert save(analyst, journey, {}, revision(journey.draft)).status_code == 403
    for what in ("publish", "pause", "duplicate", "settings", "backtest"):
        assert analyst.post(f"{address}/{what}/").status_code == 403
    assert client_of("privacy officer").get(f"{address}/").status_code == 403
    journey.refresh_from_db()
    assert (journey.state, journey.version) == ("draft", None)
