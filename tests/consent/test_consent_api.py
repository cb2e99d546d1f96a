"""The consent API: statements with all that shows them true, many at once, the state at an instant, public forms."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from cdp.access.services import make_server_key
from cdp.lib.hashing import address_hash
from cdp.outbox.models import TopicRow
from consent import services
from consent.contracts import EMAIL_MARKETING, GRANTED, PENDING, PERSONALIZATION, WITHDRAWN
from consent.models import Entry, Proof, Suppression
from consent.purposes_in_force import purposes_now
from events.models import Source
from profiles.models import Identifier

pytestmark = pytest.mark.django_db(transaction=True)
JANE = "jane@example.com"
GOOD = '{"purpose": "email_marketing", "state": "granted", %s}'
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def post(client: Client, path: str, body: object, scope: str = "consent:write") -> Any:
    _, plain = make_server_key("shop", [scope])
    headers = {"Authorization": f"Bearer {plain}"}
    return client.post(path, body, content_type="application/json", headers=headers)


def test_a_statement_carries_words_notice_proof_and_a_truncated_ip(client: Client) -> None:
    words = services.publish_wording(EMAIL_MARKETING, {"de": ("Post", "Wir schreiben.")}, now=AT)["de"]
    notice = services.publish_notice(url="", summary={}, ask_again=True, now=AT)
    body = {
        "purpose": EMAIL_MARKETING,
        "state": GRANTED,
        "email": JANE,
        "locale": "de",
        "wording_version": words.version,
        "notice_version": notice.version,
        "ip": "198.51.100.9",
        "proof": {"form": "checkout", "box": True},
    }
    answer = post(client, "/v1/consent", body)
    assert answer.json() == {"recorded": True, "allowed": True, "reason": GRANTED, "state": GRANTED}
    entry, proof = Entry.objects.get(), Proof.objects.get()
    assert (entry.wording_id, entry.notice_version, entry.ip) == (words.id, notice.version, "198.51.100.0/24")
    assert entry.actor.startswith("key:")
    assert (entry.proof_id, proof.kind, proof.content) == (proof.pk, "api", {"form": "checkout", "box": True})


@pytest.mark.parametrize(
    ("wrong", "field", "told"),
    [
        ({"state": "yes"}, "state", "Use one of denied, expired, granted, pending, withdrawn."),
        ({"method": "checkout box"}, "method", "Use up to 40 of a-z, 0-9 and _, e.g. checkout_box."),
        ({"ocurred_at": "2026-03-01"}, "ocurred_at", "There is no such field."),
        ({"notice_version": 99}, "notice_version", "Notice 99 is not published"),
        ({"purpose": "sms_marketing", "email": None, "phone": "0171 1234567"}, "phone", "+49 171 1234567"),
    ],
)
def test_bad_input_is_told_what_would_be_good(client: Client, wrong: dict[str, Any], field: str, told: str) -> None:
    body = {"purpose": EMAIL_MARKETING, "state": GRANTED, "email": JANE} | wrong
    answer = post(client, "/v1/consent", {name: value for name, value in body.items() if value is not None})
    assert answer.status_code in {400, 422}
    found = [error for error in answer.json()["errors"] if error["field"] == field]
    assert told in str(found), answer.json()
    assert not Entry.objects.exists()


def test_double_opt_in_done_elsewhere_needs_its_proof(client: Client) -> None:
    body = {"purpose": EMAIL_MARKETING, "state": GRANTED, "email": JANE, "double_opt_in": "done"}
    assert post(client, "/v1/consent", body).status_code in {400, 422}
    assert not Entry.objects.exists()
    assert post(client, "/v1/consent", body | {"proof": {"confirmed": "2026-03-01"}}).json()["state"] == GRANTED


def test_many_at_once_name_the_faulty_by_index_and_record_the_others(client: Client) -> None:
    good = {"purpose": EMAIL_MARKETING, "state": GRANTED, "occurred_at": AT.isoformat()}
    statements: list[Any] = [
        good | {"email": JANE},
        good | {"email": "nobody"},
        "not an object",
        good | {"email": "joe@example.com", "state": "maybe"},
        {"purpose": PERSONALIZATION, "state": "denied", "user_id": "u1"},
        good,
    ]
    found = post(client, "/v1/consent/bulk", {"statements": statements}).json()
    assert found["recorded"] == 2
    assert [None if one is None else one["reason"] for one in found["results"]] == [
        GRANTED, None, None, None, "denied", None,
    ]  # fmt: skip
    assert [(one["index"], one["reason"]) for one in found["rejected"]] == [
        (1, "not_an_email"), (2, "invalid"), (3, "invalid"), (5, "one_subject"),
    ]  # fmt: skip
    assert post(client, "/v1/consent/bulk", {"statements": statements}).json()["recorded"] == 1  # the undated one
    assert Entry.objects.filter(purpose_id=EMAIL_MARKETING).count() == 1


def test_a_thousand_statements_are_taken_and_one_more_is_not(client: Client) -> None:
    one = {"purpose": EMAIL_MARKETING, "state": WITHDRAWN, "occurred_at": AT.isoformat()}
    many = [one | {"email": f"p{n}@example.com"} for n in range(1000)]
    assert post(client, "/v1/consent/bulk", {"statements": many}).json()["recorded"] == 1000
    assert post(client, "/v1/consent/bulk", {"statements": [*many, one]}).status_code in {400, 422}
    assert post(client, "/v1/consent/bulk", {"statements": []}).status_code in {400, 422}


def test_the_state_at_any_instant_is_told_with_the_line_that_says_so(client: Client) -> None:
    said = {"purpose": EMAIL_MARKETING, "email": JANE, "method": "checkout_box"}
    post(client, "/v1/consent", said | {"state": GRANTED, "occurred_at": AT.isoformat()})
    post(client, "/v1/consent", said | {"state": WITHDRAWN, "occurred_at": (AT + timedelta(days=9)).isoformat()})

    def state(at: datetime | None) -> dict[str, Any]:
        body = {"email": JANE} | ({"at": at.isoformat()} if at else {})
        found = post(client, "/v1/consent/state", body, scope="consent:read").json()
        return next(one for one in found["purposes"] if one["purpose"] == EMAIL_MARKETING)

    assert (state(AT - timedelta(days=1))["reason"], state(AT - timedelta(days=1))["evidence"]) == (
        "default_denied",
        None,
    )
    granted = state(AT + timedelta(days=1))
    assert (granted["allowed"], granted["evidence"]["method"]) == (True, "checkout_box")
    assert (state(None)["reason"], state(None)["state"]) == (WITHDRAWN, WITHDRAWN)


def test_asking_needs_its_own_scope_and_somebody_and_makes_nobody(client: Client) -> None:
    assert post(client, "/v1/consent/state", {"user_id": "new"}).status_code == 403
    found = post(client, "/v1/consent/state", {"user_id": "new"}, scope="consent:read")
    assert found.json()["regime"] == "other"
    assert post(client, "/v1/consent/state", {}, scope="consent:read").status_code == 422
    assert post(client, "/v1/consent/state", {"email": "nope"}, scope="consent:read").status_code == 422
    assert not Identifier.objects.exists()


@pytest.mark.parametrize("path", ["/v1/consent", "/v1/consent/bulk", "/v1/consent/state"])
@pytest.mark.parametrize(
    "body",
    [
        "null",
        "[]",
        "3",
        '{"statements": 3}',
        '{"email": "\\u0000@x.org"}',
        '{"statements": [null, [], {"proof": 3}]}',
        GOOD % '"email": "a\\ud800@example.com"',
        GOOD % '"email": "j@example.com", "proof": {"a": "\\u0000"}',
        GOOD % '"email": "j@example.com", "proof": {"a": 1e400}',
        GOOD % '"email": "j@example.com", "occurred_at": "9999-12-31T23:59:59Z"',
        GOOD % '"email": "j@example.com", "occurred_at": "0001-01-01T00:00:00+14:00"',
        GOOD % '"email": "j@example.com", "notice_version": 1e400',
        '{"user_id": 1, "at": "0001-01-01T00:00:00+14:00"}',
    ],
)
def test_hostile_bodies_are_answered_without_a_server_error(client: Client, path: str, body: str) -> None:
    scope = "consent:read" if path.endswith("state") else "consent:write"
    _, plain = make_server_key("shop", [scope])
    answer = client.post(path, body, content_type="application/json", headers={"Authorization": f"Bearer {plain}"})
    assert answer.status_code < 500


@pytest.fixture
def key() -> str:
    cache.clear()
    return Source.objects.create(name="Shop window", kind="browser").write_key


def form(client: Client, key: str, body: object, **headers: str) -> Any:
    return client.post(
        "/v1/consent/signup", body, content_type="application/json", headers={"X-Write-Key": key, **headers}
    )


def test_a_public_form_signs_up_a_topic_with_its_parent_and_asks_by_mail(client: Client, key: str) -> None:
    body = {"email": "Jane@Example.com", "purposes": ["email_news"], "locale": "de", "form": "footer"}
    answer = form(client, key, body)
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (202, "*")
    entries = list(Entry.objects.order_by("purpose_id"))
    assert [(one.purpose_id, one.state, one.method) for one in entries] == [
        (EMAIL_MARKETING, PENDING, "sign_up"),
        ("email_news", PENDING, "sign_up"),
    ]
    assert TopicRow.objects.filter(topic="consent.pending").count() == 1
    assert Proof.objects.get().content["said"] == {"form": "footer"}


def test_nobody_learns_from_a_form_who_is_known(client: Client, key: str) -> None:
    services.suppress(address_hash("angry@example.com"), "all", "complaint", AT)
    services.choose(services.Choice(EMAIL_MARKETING, GRANTED, "api", address=JANE, is_verified=True), now=AT)
    answers = [form(client, key, {"email": one}) for one in (JANE, "angry@example.com", "new@example.com")]
    assert len({(one.status_code, one.content) for one in answers}) == 1
    assert TopicRow.objects.filter(topic="consent.pending").count() == 1
    assert Suppression.objects.get().reason == "complaint"


def test_a_form_opens_nothing_it_may_offer_before_the_addresss_owner_confirms(client: Client, key: str) -> None:
    offered = [one.code for one in purposes_now().shown if one.channel == "email"]
    assert "email_open_tracking" in offered
    assert form(client, key, {"email": JANE, "purposes": offered}).status_code == 202
    assert {(one.purpose_id, one.state) for one in Entry.objects.all()} == {(code, PENDING) for code in offered}


def test_a_form_with_global_privacy_control_is_noted_for_the_address(client: Client, key: str) -> None:
    form(client, key, {"email": JANE}, **{"Sec-GPC": "1"})
    form(client, key, {"email": JANE}, **{"Sec-GPC": "1"})
    form(client, key, {"email": "joe@example.com"}, **{"Sec-GPC": "true"})
    entry = Entry.objects.get(method="gpc")
    assert (entry.purpose_id, bytes(entry.address_hash or b"")) == ("third_party_sharing", address_hash(JANE))


def test_a_form_is_refused_for_what_no_address_could_mend(client: Client, key: str) -> None:
    good = {"email": JANE}
    assert form(client, "wk_nobody", good).status_code == 401
    for purpose in ("sms_marketing", "analytics", "processing", "pigeons"):
        assert form(client, key, good | {"purposes": [purpose]}).status_code == 422
    assert form(client, key, {"email": "not one"}).status_code == 422
    for body in ("", "null", "[]", '{"email": 3}', '{"email": "a\\u0000@x.org"}', '{"email": "a\\ud800@x.org"}',
                 '{"email": "j@example.com", "purposes": []}', "\xff"):  # fmt: skip
        assert 400 <= form(client, key, body).status_code < 500
    assert client.get("/v1/consent/signup").status_code == 405
    assert client.options("/v1/consent/signup").status_code == 204
    Source.objects.update(enabled=False)
    assert not Entry.objects.exists()


def test_forms_from_one_address_of_the_internet_are_limited(client: Client, key: str) -> None:
    codes = [form(client, key, {"email": f"p{n}@example.com"}).status_code for n in range(21)]
    assert codes == [202] * 20 + [429]
