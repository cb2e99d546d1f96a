"""The unsubscribe page and the consent API, as a mail program, a scanner, a customer and a shop's backend meet them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from cdp.access.services import make_server_key
from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash, keyed_hash
from consent import queries, services
from consent.contracts import EMAIL_MARKETING, GRANTED, WITHDRAWN, NewEntry, Subject
from consent.models import Entry, Suppression
from profiles import queries as profiles

pytestmark = pytest.mark.django_db
JANE = address_hash("jane@example.com")
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def link() -> str:
    """The link of a mail to somebody who once agreed."""
    granted = datetime(2026, 3, 1, tzinfo=UTC)
    services.record_entries(
        [NewEntry(keyed_hash("t", "g"), EMAIL_MARKETING, GRANTED, "api", granted, address_hash=JANE)]
    )
    url = queries.unsubscribe_url("jane@example.com", message_id=7)
    return "/u/" + url.rpartition("/u/")[2]


def said() -> list[tuple[str, str]]:
    return list(Entry.objects.order_by("id").values_list("state", "method"))


def test_get_and_head_show_a_button_and_change_nothing(client: Client, link: str) -> None:
    page = client.get(link)
    assert page.status_code == 200
    assert "j•••@e•••.com" in page.text
    assert '<button name="action" value="unsubscribe">' in page.text
    assert "jane" not in page.text
    assert client.head(link).status_code == 200
    assert client.options(link).status_code == 200
    assert (said(), Suppression.objects.count()) == ([(GRANTED, "api")], 0)


def test_the_page_loads_nothing_and_is_kept_nowhere(client: Client, link: str) -> None:
    page = client.get(link)
    assert page["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert (page["Referrer-Policy"], page["Cache-Control"]) == ("no-referrer", "no-store")
    assert "http" not in page.text
    assert "Set-Cookie" not in page.headers


@pytest.mark.parametrize(
    ("form", "content_type", "method"),
    [
        (ONE_CLICK, None, "one_click"),
        ("List-Unsubscribe=One-Click", "application/x-www-form-urlencoded", "one_click"),
        ({"action": "unsubscribe"}, None, "page"),
        ("", "application/octet-stream", "page"),
        ("x" * 9999, "application/x-www-form-urlencoded", "page"),
    ],
)
def test_a_post_without_a_cookie_unsubscribes_without_a_redirect(
    link: str, form: Any, content_type: str | None, method: str
) -> None:
    client = Client(enforce_csrf_checks=True)
    kind: dict[str, Any] = {"content_type": content_type} if content_type else {}
    answer = client.post(link, form, **kind)
    assert answer.status_code == 200
    assert said() == [(GRANTED, "api"), (WITHDRAWN, method)]
    assert Suppression.objects.values_list("address_hash", "scope", "reason").get()[1:] == ("marketing", "unsubscribe")
    assert not queries.allows(Subject(JANE), EMAIL_MARKETING, utc_now()).allowed


def test_unsubscribing_twice_is_unsubscribing_once(client: Client, link: str) -> None:
    for _ in range(3):
        assert client.post(link, ONE_CLICK).status_code == 200
    assert said() == [(GRANTED, "api"), (WITHDRAWN, "one_click")]


def test_undo_takes_back_what_the_page_did(client: Client, link: str) -> None:
    client.post(link, ONE_CLICK)
    page = client.post(link, {"action": "undo"})
    assert "subscribed again" in page.text
    assert said() == [(GRANTED, "api"), (WITHDRAWN, "one_click"), (GRANTED, "page")]
    assert Suppression.objects.count() == 0
    assert queries.allows(Subject(JANE), EMAIL_MARKETING, utc_now()).allowed


def test_undo_takes_back_nothing_else(client: Client, link: str) -> None:
    entry = NewEntry(keyed_hash("t", "w"), EMAIL_MARKETING, WITHDRAWN, "api", utc_now(), address_hash=JANE)
    services.record_entries([entry])
    assert "Nothing was changed" in client.post(link, {"action": "undo"}).text
    assert said() == [(GRANTED, "api"), (WITHDRAWN, "api")]


def test_undo_does_not_pretend_for_an_address_that_complained(client: Client, link: str) -> None:
    client.post(link, ONE_CLICK)
    services.suppress(JANE, "marketing", "complaint", utc_now())
    assert "Nothing was changed" in client.post(link, {"action": "undo"}).text
    assert Suppression.objects.get().reason == "complaint"


def test_a_forged_link_says_so_and_changes_nothing(client: Client, link: str) -> None:
    for forged in (link[:-2], link[:5] + ("A" if link[5] != "A" else "B") + link[6:], "/u/x", "/u/" + "A" * 700):
        for answer in (client.get(forged), client.post(forged, ONE_CLICK)):
            assert answer.status_code == 404
            assert "not valid" in answer.text
    assert said() == [(GRANTED, "api")]


def test_links_outlive_the_secret_key(client: Client, link: str, settings: Any) -> None:
    settings.SECRET_KEY = "another secret altogether"
    assert client.get(link).status_code == 200


def post(client: Client, body: dict[str, Any], scope: str = "consent:write") -> Any:
    _, plain = make_server_key("shop", [scope])
    headers = {"Authorization": f"Bearer {plain}"}
    return client.post("/v1/consent", body, content_type="application/json", headers=headers)


def test_the_shop_states_consent_for_an_address(client: Client) -> None:
    body = {"purpose": EMAIL_MARKETING, "state": GRANTED, "email": "Jane@Example.com", "method": "checkout_box"}
    answer = post(client, body)
    assert (answer.status_code, answer.json()) == (
        200,
        {"recorded": True, "allowed": True, "reason": GRANTED, "state": GRANTED},
    )
    assert said() == [(GRANTED, "checkout_box")]


def test_the_same_statement_again_is_known(client: Client) -> None:
    body = {
        "purpose": EMAIL_MARKETING,
        "state": GRANTED,
        "email": "jane@example.com",
        "occurred_at": "2026-03-01T00:00Z",
    }
    assert post(client, body).json()["recorded"] is True
    assert post(client, body).json()["recorded"] is False
    assert Entry.objects.count() == 1


def test_a_refusal_by_somebody_not_seen_yet_is_kept(client: Client) -> None:
    body = {"purpose": "personalization", "state": "denied", "user_id": "new-1"}
    assert post(client, body).json() == {"recorded": True, "allowed": False, "reason": "denied", "state": "denied"}
    found = profiles.find("user_id", "new-1")
    assert found is not None
    assert Entry.objects.get().identifier_id == found.id


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"purpose": "pigeons", "state": GRANTED, "email": "jane@example.com"}, "unknown_purpose"),
        ({"purpose": EMAIL_MARKETING, "state": GRANTED}, "one_subject"),
        ({"purpose": EMAIL_MARKETING, "state": GRANTED, "email": "jane@example.com", "user_id": "1"}, "one_subject"),
        ({"purpose": EMAIL_MARKETING, "state": GRANTED, "user_id": "u1"}, "needs_email"),
        ({"purpose": EMAIL_MARKETING, "state": GRANTED, "email": "nobody"}, "not_an_email"),
        ({"purpose": "analytics", "state": GRANTED, "user_id": "undefined"}, "blocked_value"),
    ],
)
def test_a_statement_that_cannot_be_kept_is_refused_with_its_reason(
    client: Client, body: dict[str, Any], reason: str
) -> None:
    answer = post(client, body)
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert [error["reason"] for error in answer.json()["errors"]] == [reason]
    assert Entry.objects.count() == 0


def test_an_unknown_state_and_a_bad_time_are_refused(client: Client) -> None:
    good = {"purpose": EMAIL_MARKETING, "state": GRANTED, "email": "jane@example.com"}
    for fault in ({"state": "maybe"}, {"occurred_at": "yesterday"}, {"method": "DROP TABLE"}, {"email": {"a": 1}}):
        assert post(client, good | fault).status_code in {400, 422}
    assert Entry.objects.count() == 0


def test_only_a_key_with_the_scope_may_state_consent(client: Client) -> None:
    body = {"purpose": EMAIL_MARKETING, "state": GRANTED, "email": "jane@example.com"}
    assert client.post("/v1/consent", body, content_type="application/json").status_code == 401
    assert post(client, body, scope="profiles:read").status_code == 403
    assert client.get("/v1/consent").status_code in {401, 405}
    assert Entry.objects.count() == 0


def test_staff_read_the_ledger_and_add_and_lift_suppressions(admin_client: Client) -> None:
    services.record_entries(
        [NewEntry(keyed_hash("t", "g"), EMAIL_MARKETING, GRANTED, "api", utc_now(), address_hash=JANE)]
    )
    found = admin_client.get("/admin/consent/entry/", {"q": "jane@example.com"})
    assert JANE.hex()[:12] in found.text
    assert JANE.hex()[:12] not in admin_client.get("/admin/consent/entry/", {"q": "bo@example.com"}).text
    assert admin_client.get(f"/admin/consent/entry/{Entry.objects.get().pk}/change/").status_code == 200
    assert admin_client.post("/admin/consent/entry/add/").status_code == 403
    form = {"email": "Jane@Example.com", "scope": "marketing", "reason": "manual"}
    assert admin_client.post("/admin/consent/suppression/add/", form).status_code == 302
    row = Suppression.objects.get()
    assert (bytes(row.address_hash), row.reason) == (JANE, "manual")
    assert admin_client.get("/admin/consent/suppression/").status_code == 200
    assert admin_client.get("/admin/consent/purpose/").status_code == 200
    admin_client.post(f"/admin/consent/suppression/{row.pk}/delete/", {"post": "yes"})
    assert Suppression.objects.count() == 0
