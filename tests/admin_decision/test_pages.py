"""Decided places by clicking: made, edited as JSON, checked, tried, published, restored; refused to whoever may not."""

import json
from typing import Any

import pytest
from django.test import Client

from cdp.access.models import AuditEntry
from decisions.models import Decision, DecisionPlacement
from tests.segments.pages import staff, words

pytestmark = pytest.mark.django_db
LOOKER = ("view_decisionplacement",)
MARKETER = (*LOOKER, "add_decisionplacement", "change_decisionplacement")
TABLE: dict[str, Any] = {
    "by": "table",
    "hit": "first",
    "inputs": [{"id": "c1", "on": "context.country"}],
    "rows": [{"id": "r1", "when": {"c1": {"is": "in", "value": ["DE"]}}, "outcome": {"data": {"layout": "wide"}}}],
    "fallback": {"nothing": True},
}


def made(client: Client, by: str = "table") -> DecisionPlacement:
    """One made by clicking."""
    assert client.post("/admin/decided/new/", {"name": "Home hero", "key": "", "by": by}).status_code == 302
    return DecisionPlacement.objects.get(key="home-hero")


def send(client: Client, row: DecisionPlacement, what: str, draft: Any = TABLE, **more: str) -> str:
    """Words of the page after saving or publishing."""
    text = draft if isinstance(draft, str) else json.dumps(draft)
    return words(client.post(f"/admin/decided/{row.pk}/", {"draft": text, "what": what, **more}, follow=True))


def test_a_place_is_made_published_paused_and_restored_by_clicking() -> None:
    client = staff(*MARKETER)
    assert "No place is decided yet" in words(client.get("/admin/decided/"))
    row = made(client)
    assert "1 row: the first row that matches, else nothing" in words(client.get(f"/admin/decided/{row.pk}/"))
    assert "The draft is saved" in send(client, row, "save")
    assert "Version 1 decides now" in send(client, row, "publish", name="Hero")
    other = TABLE | {"fallback": {"data": {"layout": "narrow"}}}
    assert "What decides is unchanged" in send(client, row, "save", other)
    assert "The draft differs from what decides" in words(client.get(f"/admin/decided/{row.pk}/"))
    assert "Version 2 decides now" in send(client, row, "publish", other)
    answer = client.post(f"/admin/decided/{row.pk}/restore/1/", follow=True)
    assert "Version 1 decides again, as version 3" in words(answer)
    for act, state in (("pause", "paused"), ("resume", "live"), ("archive", "archived")):
        client.post(f"/admin/decided/{row.pk}/{act}/")
        row.refresh_from_db()
        assert (row.name, row.state) == ("Hero", state)
    assert "get no answer for it any more" in words(client.get(f"/admin/decided/{row.pk}/archive/"))


def test_a_faulty_draft_is_kept_and_says_what_to_mend() -> None:
    client = staff(*MARKETER)
    row = made(client)
    broken = TABLE | {"rows": [{"id": "r1", "when": {}, "outcome": {"content": "spring"}}]}
    assert "It is saved as a draft, not published: 1 thing to mend" in send(client, row, "publish", broken)
    row.refresh_from_db()
    assert row.draft == broken
    assert row.version is None
    found = client.post(f"/admin/decided/{row.pk}/check/", {"draft": json.dumps(broken)}).json()
    (fault,) = [one for one in found["faults"] if one["blocks"]]
    assert fault["path"] == "$.rows[0].outcome"
    page = client.post(f"/admin/decided/{row.pk}/", {"draft": '{"by": "table", ', "what": "save"})
    assert "It is not saved: this is no JSON" in words(page)
    assert "{&quot;by&quot;: &quot;table&quot;," in page.text
    assert client.post(f"/admin/decided/{row.pk}/check/", {"draft": "[" * 100_000}).json()["faults"]


def test_two_who_edit_at_once_do_not_undo_each_other() -> None:
    client = staff(*MARKETER)
    row = made(client)
    seen = row.updated_at.isoformat()
    send(client, row, "save", TABLE, seen=seen)
    assert "somebody saved it meanwhile" in send(client, row, "save", TABLE | {"hit": "unique"}, seen=seen)


def test_it_is_tried_as_somebody_before_it_is_saved_and_nothing_is_logged() -> None:
    client = staff(*MARKETER, "view_profile")
    row = made(client)
    path = f"/admin/decided/{row.pk}/try/"
    asked = {"draft": json.dumps(TABLE), "context": '{"country": "de"}'}
    found = client.post(path, asked).json()
    assert found["decision"]["data"] == {"layout": "wide"}
    assert (found["decision"]["arm"], found["known"]) == ("r1", "a visitor nobody knows")
    elsewhere = client.post(path, asked | {"context": "{}"}).json()["decision"]
    assert (elsewhere["type"], elsewhere["decided_by"]) == ("nothing", "fallback")
    assert "Mend" in client.post(path, asked | {"draft": '{"by": "table"}'}).json()["problem"]
    assert client.post(path, asked | {"context": "nonsense"}).json()["problem"]
    assert client.post(path, asked | {"who": "user_id", "value": "u1"}).json()["decision"]["arm"] == "r1"
    assert not Decision.objects.exists()
    assert staff(*LOOKER, name="leo").post(path, asked | {"who": "user_id", "value": "u1"}).status_code == 403


@pytest.mark.parametrize("by", ["rule", "experiment", "bandit"])
def test_every_way_to_decide_has_a_beginning(by: str) -> None:
    client = staff(*MARKETER)
    row = made(client, by)
    page = client.get(f"/admin/decided/{row.pk}/")
    assert row.draft["by"] == by
    assert page.status_code == 200
    assert f'"by": "{by}"' in page.text.replace("&quot;", '"')


def test_who_may_look_only_changes_nothing() -> None:
    row = made(staff(*MARKETER))
    looker = staff(*LOOKER, name="leo")
    assert "Publish" not in words(looker.get(f"/admin/decided/{row.pk}/"))
    for path in ("", "pause/", "restore/1/"):
        assert looker.post(f"/admin/decided/{row.pk}/{path}", {"draft": "{}"}).status_code == 403
    assert looker.post("/admin/decided/new/", {"name": "x"}).status_code == 403
    assert staff(name="nora").get("/admin/decided/").status_code == 403
    assert AuditEntry.objects.filter(subject=f"place:{row.pk}").count() == 1


def test_a_draft_may_be_anything_and_the_pages_still_open() -> None:
    client = staff(*MARKETER)
    row = made(client)
    for draft in (
        '{"by": "table", "rows": 5}',
        '{"by": ["table"]}',
        '{"by": "rule", "arms": 7}',
        '{"fallback": {"offers": {"best_of": 5}}}',
        '{"by": "table", "rows": NaN}',
        '{"by": "table", "note": "a\\u0000b"}',
        '{"by": "table", "note": "\\ud800"}',
    ):
        send(client, row, "save", draft)
        for part in ("check", "try"):
            assert client.post(f"/admin/decided/{row.pk}/{part}/", {"draft": draft}).status_code == 200, draft
        assert client.get(f"/admin/decided/{row.pk}/").status_code == 200, draft
        assert client.get("/admin/decided/").status_code == 200, draft


def test_a_place_is_tried_with_a_cart() -> None:
    client = staff(*MARKETER)
    row = made(client)
    path = f"/admin/decided/{row.pk}/try/"
    paid = {"c1": {"is": "gte", "value": 50}}
    draft = TABLE | {
        "inputs": [{"id": "c1", "on": "cart.subtotal"}],
        "rows": [{"id": "r1", "when": paid, "outcome": {"data": {}}}],
    }
    cart = {"currency": "EUR", "lines": [{"product_id": "mug", "quantity": 1, "price": "50"}]}
    asked = {"draft": json.dumps(draft)}
    assert client.post(path, asked | {"cart": json.dumps(cart)}).json()["decision"]["arm"] == "r1"
    assert client.post(path, asked | {"cart": "null"}).json()["decision"]["arm"] == "fallback"
    assert "cart.currency" in client.post(path, asked | {"cart": '{"lines": []}'}).json()["problem"]
