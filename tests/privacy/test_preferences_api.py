"""GET and POST /v1/preferences: the preference center for pages that show it themselves."""

import time
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from cdp.access import tokens
from cdp.access.models import UserTokenKey
from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from consent import queries
from consent.contracts import GRANTED, PENDING, Subject
from consent.models import Entry, MailPreference
from privacy.models import Letter
from tests.privacy.world import JANE, seen

pytestmark = pytest.mark.django_db
HASH = address_hash(JANE)


@pytest.fixture(autouse=True)
def _in_europe(settings: Settings) -> None:
    settings.CONSENT_DEFAULT_REGIME = "gdpr"


@pytest.fixture
def ids() -> dict[str, int]:
    """Jane, a customer."""
    return seen(("email", JANE), ("user_id", "u1"))


@pytest.fixture
def link(ids: dict[str, int]) -> dict[str, str]:
    """The header that her link gives."""
    return {"X-Preference-Token": queries.preferences_token(JANE, ids["email"])}


def signed_in(sub: str = "u1", email: str = "") -> dict[str, str]:
    """The header that the shop's backend gives."""
    UserTokenKey.objects.get_or_create(kid="k1", defaults={"secret": "s" * 32})
    made = tokens.make(kid="k1", secret="s" * 32, sub=sub, exp=int(time.time()) + 600, email=email)
    return {"X-User-Token": made}


def get(client: Client, headers: dict[str, str], **query: str) -> Any:
    return client.get("/v1/preferences", query, headers=headers)


def post(client: Client, headers: dict[str, str], body: Any, **query: str) -> Any:
    return client.post("/v1/preferences", body, content_type="application/json", headers=headers, query_params=query)


def test_it_says_what_the_page_says(client: Client, link: dict[str, str]) -> None:
    answer = get(client, link, locale="de")
    body = answer.json()
    assert (answer.status_code, answer["Content-Language"], body["locale"]) == (200, "de", "de")
    assert (body["masked"], body["regime"], body["closed"], body["notice"]) == ("j•••@e•••.com", "gdpr", "", "")
    mails = next(one for one in body["purposes"] if one["purpose"] == "email_marketing")
    assert (mails["on"], mails["fixed"], mails["channel"]) == (False, False, "email")
    assert mails["note"] == "Sie haben noch nichts gesagt: aus, bis Sie Ja sagen."
    assert [topic["purpose"] for topic in mails["topics"]] == ["email_news", "email_offers", "email_reminders"]
    assert (body["mail"]["frequency"], body["mail"]["paused_until"], body["mail"]["pause_days"]) == ("all", None, 30)
    assert body["words"]["save"] == "Meine Auswahl speichern"
    assert JANE not in answer.text
    assert Entry.objects.count() == 0


def test_it_takes_the_same_changes_and_the_same_again_changes_nothing(
    client: Client, link: dict[str, str], ids: dict[str, int]
) -> None:
    wish = {"purposes": {"analytics": True, "email_news": True}, "frequency": "weekly", "pause": True, "locale": "de"}
    first, second = post(client, link, wish).json(), post(client, link, wish).json()
    assert set(first["changed"]) == {
        "analytics", "email_marketing", "email_news", "email_offers", "email_reminders",
    }  # fmt: skip
    assert (second["changed"], second["refused"], second["waiting"]) == ([], [], [])
    assert first["locale"] == "de"
    liked = MailPreference.objects.get()
    assert (liked.frequency, liked.locale, liked.paused_until is not None) == ("weekly", "de", True)
    assert queries.allows(Subject(HASH), "email_news", utc_now()).allowed
    assert not queries.allows(Subject(HASH), "email_offers", utc_now()).allowed
    post(client, link, {"pause": False, "stop_all": True})
    assert MailPreference.objects.get().paused_until is None
    assert not queries.allows(Subject(HASH), "email_news", utc_now()).allowed


def test_a_signed_in_customer_needs_no_link(client: Client, ids: dict[str, int]) -> None:
    headers = signed_in(email=JANE)
    assert get(client, headers).json()["masked"] == "j•••@e•••.com"
    answer = post(client, headers, {"purposes": {"personalization": True, "email_marketing": True}}).json()
    assert (sorted(answer["changed"]), answer["waiting"]) == (["email_marketing", "personalization"], [])
    assert Entry.objects.get(purpose_id="personalization").identifier_id == ids["user_id"]
    assert Entry.objects.get(purpose_id="email_marketing").state == GRANTED


def test_a_yes_for_an_address_nobody_vouched_for_waits_for_its_owner(client: Client, ids: dict[str, int]) -> None:
    answer = post(client, signed_in(), {"purposes": {"email_marketing": True}}).json()
    assert answer["waiting"] == ["email_marketing"]
    assert Entry.objects.get().state == PENDING


def test_an_address_the_shop_vouches_for_need_not_have_been_seen(client: Client, ids: dict[str, int]) -> None:
    answer = post(client, signed_in(email="Jane@Work.example"), {"purposes": {"email_marketing": True}}).json()
    assert (answer["masked"], answer["changed"], answer["waiting"]) == ("j•••@w•••.example", ["email_marketing"], [])
    assert queries.allows(Subject(address_hash("jane@work.example")), "email_marketing", utc_now()).allowed
    assert get(client, signed_in(email="nobody")).json()["mail"] is None


def test_nobody_asks_for_somebody_else(client: Client, ids: dict[str, int]) -> None:
    refusals = {
        "preference_token_missing": {},
        "preference_token_invalid": {"X-Preference-Token": "forged"},
        "user_token_invalid": {"X-User-Token": "forged.too.much"},
    }
    for code, headers in refusals.items():
        for answer in (get(client, headers), post(client, headers, {"stop_all": True})):
            assert (answer.status_code, answer.json()["code"]) == (401, code)
            assert answer["Access-Control-Allow-Origin"] == "*"
    unknown = get(client, signed_in("nobody"))
    assert (unknown.status_code, unknown.json()["code"]) == (404, "profile_not_found")
    unsubscribe = queries.unsubscribe_url(JANE, message_id=1).rpartition("/")[2]
    assert get(client, {"X-Preference-Token": unsubscribe}).status_code == 401
    assert (Entry.objects.count(), Letter.objects.count()) == (0, 0)


def test_what_cannot_be_changed_is_said(client: Client, link: dict[str, str]) -> None:
    answer = post(client, link, {"purposes": {"no_such": True, "processing": False}})
    assert sorted(answer.json()["refused"]) == ["no_such", "processing"]
    wrong: list[dict[str, Any]] = [
        {"frequency": "hourly"},
        {"purposes": []},
        {"purposes": {"analytics": "perhaps"}},
        {"locale": "xx"},
    ]
    for bad in wrong:
        refused = post(client, link, bad)
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid")
    assert Entry.objects.count() == 0


def test_scripts_of_other_pages_may_ask_without_cookies(client: Client, link: dict[str, str]) -> None:
    preflight = client.options("/v1/preferences")
    assert preflight.status_code == 204
    assert preflight["Access-Control-Allow-Methods"] == "GET, POST, OPTIONS"
    for header in ("x-preference-token", "x-user-token", "content-type"):
        assert header in preflight["Access-Control-Allow-Headers"]
    answer = get(client, link)
    assert (answer["Access-Control-Allow-Origin"], answer["Cache-Control"]) == ("*", "private, no-store")
    assert "Access-Control-Allow-Credentials" not in answer
    assert "Set-Cookie" not in answer.headers
