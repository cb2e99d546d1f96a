"""The pages: the grid with its people masked, settings tried before they are saved, traits, proposals; their rights."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils.html import escape

from audiences.models import DiscoveryRun, Proposal, RfmRun, RfmSettings
from audiences.services import rfm, traits
from cdp.jobs.models import Job
from people.services import ship
from segments.queries.labels import person_labels
from segments.rules import parse_rule
from tests.audiences.shop import NOW, Shop
from tests.audiences.test_rfm_refresh import five

pytestmark = pytest.mark.django_db(transaction=True)
LOOK = ("view_rfmrun", "view_proposal", "view_computedtrait")
CHANGE = ("change_rfmsettings", "change_proposal", "change_computedtrait")
PATHS = ("rfm/", "rfm/settings/", "traits/", "discovery/")


def staff(*rights: str) -> Client:
    user = User.objects.create_user("mia", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client()
    client.force_login(user)
    return client


def text(client: Client, path: str) -> str:
    answer = client.get(f"/admin/audiences/{path}")
    assert answer.status_code == 200, path
    return answer.content.decode()


def rule_behind(page: str, start: str) -> Any:
    """The rule of the link to a new segment."""
    link = page[page.index(start) :]
    link = link[: link.index('"')].replace("&amp;", "&")
    return json.loads(parse_qs(urlparse(link).query)["definition"][0])


def test_each_page_takes_its_right() -> None:
    client = staff()
    assert [client.get(f"/admin/audiences/{path}").status_code for path in PATHS] == [403] * 4
    assert client.post("/admin/audiences/rfm/refresh/").status_code == 403
    assert not Job.objects.exists()


def test_empty_pages_say_what_they_are_for() -> None:
    client = staff(*LOOK)
    assert "No order was seen yet" in text(client, "rfm/")
    assert "Nobody has looked for groups yet" in text(client, "discovery/")
    assert "0 of 0 computed traits" in text(client, "traits/")


def test_the_grid_tells_counts_and_a_click_tells_who_masked() -> None:
    shop = Shop()
    shop.happened(shop.identify("ann", name="Ann Archer"))
    five(shop)
    rfm.refresh(NOW)
    client = staff(*LOOK, "view_profile", "add_segment")
    page = text(client, "rfm/")
    assert "1 of 5 buyers is a champion" in page
    assert "by fifths of all buyers" in page
    assert "€250" in page
    chosen = text(client, "rfm/?group=champions")
    assert "Champions: 1 person" in chosen
    (label,) = person_labels([shop.profile("ann")], unmasked=False).values()
    assert escape(label) in chosen
    assert "Ann Archer" not in chosen
    assert rule_behind(chosen, "/admin/segments/segment/add/") == {
        "trait": "rfm.group",
        "is": "eq",
        "value": "champions",
    }
    cell = text(client, "rfm/?cell=1-1")
    rule = rule_behind(cell, "/admin/segments/segment/add/")
    assert shop.members(shop.segment(rule)) == {shop.profile("eve")}
    assert client.get("/admin/audiences/rfm/?cell=9-9").status_code == 404


def test_who_sees_no_person_sees_figures_only() -> None:
    shop = Shop()
    five(shop)
    rfm.refresh(NOW)
    page = text(staff(*LOOK), "rfm/?group=champions")
    assert "Champions: 1 person" in page
    assert "Those who brought most" not in page
    assert "Make a segment" not in page


def test_the_grid_says_who_moved() -> None:
    shop = Shop()
    five(shop)
    rfm.refresh(NOW)
    shop.happened(shop.order("eve", "new", 900, days_ago=0))
    rfm.refresh(NOW + timedelta(minutes=1))
    page = text(staff(*LOOK), "rfm/")
    assert RfmRun.objects.latest().moves["lost>potential_loyalists"] == 1
    assert "<b>1</b> Lost" in page


MEASURED = {
    "people": 1_234, "auc": 0.7899, "recency_auc": 0.7637, "weights": [-0.2913, 0.7602, 0.3395, -0.2652],
    "rows": 17_320, "snapshots": [180, 270], "tested": 5_283, "tested_again": 2_292, "left_out": {"denied": 7},
}  # fmt: skip


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({}, []),
        (
            {"state": "too_little", "why": "there are no orders", "people": 0},
            ["is not known yet", "there are no orders"],
        ),
        ({"state": "failed", "why": "The lake is away", "people": 0}, ["could not be computed", "The lake is away"]),
        (MEASURED | {"state": "no_better"}, ["is not published", "AUC 0.790, by recency alone 0.764", "go by R"]),
        (
            MEASURED | {"state": "published"},
            [
                "is known",
                "1,234 buyers have a score",
                "7 who do not allow",
                "The more orders, the more likely (odds × 2.14",
            ],
        ),
    ],
)
def test_how_well_it_is_known_who_buys_again_is_said(told: dict[str, Any], said: list[str]) -> None:
    shop = Shop()
    five(shop)
    run, _ = rfm.refresh(NOW)
    RfmRun.objects.filter(pk=run.pk).update(repeat=told)
    page = text(staff(*LOOK, "add_segment"), "rfm/")
    assert ("buy again within 90 days" in page) is bool(told)
    assert [words for words in said if words not in page] == []
    assert ("Make a segment of those likely to" in page) is (told.get("state") == "published")


def test_a_refresh_is_queued_once_and_shown() -> None:
    client = staff(*LOOK, *CHANGE)
    for _ in range(2):
        assert client.post("/admin/audiences/rfm/refresh/").status_code == 302
    assert client.get("/admin/audiences/rfm/refresh/").status_code == 302
    assert list(Job.objects.values_list("kind", "state")) == [("audiences.rfm", "queued")]
    assert "A refresh is at work" in text(client, "rfm/")


TYPED = {
    "method": "fixed",
    "window_days": "",
    "currency": "EUR",
    "recency_days": "10, 20, 30, 40",
    "orders": "2, 3, 4, 5",
    "revenue": "50, 100, 150, 200",
}


def test_settings_show_what_they_make_before_they_are_saved() -> None:
    shop = Shop()
    five(shop)
    rfm.refresh(NOW)
    client = staff(*LOOK, *CHANGE)
    answer = client.post("/admin/audiences/rfm/settings/", {**TYPED, "preview": ""}).content.decode()
    assert "What this would make of 5 buyers" in answer
    assert "Nothing is saved yet" in answer
    assert not RfmSettings.objects.exists()
    assert client.post("/admin/audiences/rfm/settings/", {**TYPED, "save": ""}).status_code == 302
    assert RfmSettings.objects.get().chosen["orders"] == [2, 3, 4, 5]
    assert Job.objects.get().kind == "audiences.rfm"


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("orders", "2, 3, 3, 5", "each larger than the one before"),
        ("recency_days", "a, b", "Four numbers with commas between them"),
        ("recency_days", "1.2, 1.5, 1.7, 1.9", "each larger than the one before"),
        ("currency", "euro", "Three capital letters"),
        ("window_days", "0", "greater than or equal to 1"),
    ],
)
def test_settings_that_cannot_be_are_said_by_field(field: str, typed: str, said: str) -> None:
    client = staff(*LOOK, *CHANGE)
    answer = client.post("/admin/audiences/rfm/settings/", {**TYPED, field: typed, "save": ""})
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not RfmSettings.objects.exists()


def test_traits_say_how_fresh_they_are_and_why_one_is_not() -> None:
    shop = Shop()
    ship()
    shop.happened(shop.order("ann", "1", 10, days_ago=3))
    traits.refresh(NOW)
    client = staff(*LOOK, *CHANGE)
    page = text(client, "traits/")
    assert "computed.lifetime_value.EUR, …" in page
    assert "a list has no comparison" in page
    assert client.post("/admin/audiences/traits/refresh/").status_code == 302
    assert "They are being computed" in text(client, "traits/")


def proposal(**more: Any) -> Proposal:
    run = DiscoveryRun.objects.create(
        at=NOW, people=90, sampled=80, left_out={"default_denied": 10}, method="k-means", clusters=1, silhouette=0.5
    )
    made: dict[str, Any] = {
        "number": 1, "title": "Hats buyers", "lines": [["14 lines of Hats bought, against 4.2 on average", 3.36]],
        "people": 20, "share": 0.25, "precision": 0.95, "recall": 0.85, "members": 22,
        "rule": {"trait": "rfm.orders", "is": "gte", "value": 4},
    }  # fmt: skip
    return Proposal.objects.create(run=run, **made | more)


def test_a_proposal_is_a_card_with_its_rule_and_how_near_it_comes() -> None:
    proposal()
    client = staff(*LOOK, *CHANGE, "add_segment")
    page = text(client, "discovery/")
    assert "1 group of people who behave alike, found among 80" in page
    assert "3.4\u00a0×" in page
    assert parse_rule({"trait": "rfm.orders", "is": "gte", "value": 4}).sentence() in page
    assert "Of those it takes in 95\u00a0% are of the group" in page
    assert "10 people were left out who do not allow analytics" in page
    assert rule_behind(page, "/admin/segments/segment/add/") == {"trait": "rfm.orders", "is": "gte", "value": 4}


def test_a_proposal_is_dismissed_and_taken_back() -> None:
    one = proposal()
    client = staff(*LOOK, *CHANGE, "add_segment")
    client.get(f"/admin/audiences/discovery/dismiss/{one.pk}/")
    assert "Make it a segment" in text(client, "discovery/")
    client.post(f"/admin/audiences/discovery/dismiss/{one.pk}/")
    page = text(client, "discovery/")
    assert "Make it a segment" not in page
    assert "Dismissed (1)" in page
    client.post(f"/admin/audiences/discovery/restore/{one.pk}/")
    assert "Make it a segment" in text(client, "discovery/")
    assert client.post("/admin/audiences/discovery/burn/").status_code == 404


def test_a_search_that_found_nothing_says_why() -> None:
    client = staff(*LOOK, *CHANGE)
    client.post("/admin/audiences/discovery/search/")
    Job.objects.update(
        state="failed", error="TooFewError: 3 people did enough to be looked at; groups need at least 50"
    )
    page = text(client, "discovery/")
    assert "The last search found nothing" in page
    assert "3 people did enough" in page
