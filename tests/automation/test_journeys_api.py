"""The automation API over HTTP: its scopes, who is let in and taken out, and every refusal by its code."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from automation.models import Enrollment, Journey
from cdp.access.services import make_server_key
from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from consent.models import Suppression
from mailing.models import Message, Receipt
from tests.automation.trigger_world import WORK, live, send, source, track

pytestmark = pytest.mark.django_db
Drain = Callable[..., int]


class Api:
    """A caller with a key of some scopes; without any, with no key."""

    def __init__(self, *scopes: str) -> None:
        headers = {"Authorization": f"Bearer {make_server_key('test', scopes)[1]}"} if scopes else {}
        self.web = Client(headers=headers)

    def post(self, path: str, body: Any) -> Any:
        return self.web.post(f"/v1/{path}", body, content_type="application/json")

    def get(self, path: str) -> Any:
        return self.web.get(f"/v1/{path}")


@pytest.fixture
def api() -> Api:
    return Api("journeys:read", "journeys:write", "messages:read", "consent:write")


@pytest.fixture
def jane(drain: Drain) -> None:
    send(source(), track("Visited", "jane") | {"context": {"traits": {"email": "jane@example.com"}}})
    drain(only=WORK)


def told(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize(
    ("scopes", "method", "path", "status"),
    [
        ((), "post", "journeys/{}/trigger", 401),
        (("journeys:read",), "post", "journeys/{}/trigger", 403),
        (("journeys:read",), "post", "journeys/{}/enroll", 403),
        (("journeys:read",), "post", "journeys/{}/cancel", 403),
        (("journeys:write",), "get", "journeys/enrollments/user_id:jane", 403),
        ((), "get", "journeys/enrollments/user_id:jane", 401),
        (("journeys:read", "journeys:write"), "get", "messages/1", 403),
        ((), "get", "messages/1", 401),
        (("journeys:write",), "post", "suppressions/lift", 403),
        ((), "post", "suppressions/lift", 401),
        (("journeys:read",), "get", "suppressions", 403),
    ],
)
def test_each_call_needs_its_scope(jane: None, scopes: Any, method: str, path: str, status: int) -> None:
    journey, api = live("api"), Api(*scopes)
    body = {"person": {"user_id": "jane"}} if "trigger" in path else {"people": [{"user_id": "jane"}]}
    path = path.format(journey.slug)
    answer = api.get(path) if method == "get" else api.post(path, body)
    assert told(answer) == (status, "server_key_missing" if status == 401 else "scope_missing")
    assert Enrollment.objects.count() == 0


def test_a_call_lets_a_person_in_once_a_key_and_cancelling_takes_them_out(jane: None, api: Api) -> None:
    journey = live("api")
    path, call = f"journeys/{journey.slug}", {"person": {"email": "jane@example.com"}, "key": "ticket-1"}
    first = api.post(f"{path}/trigger", call | {"facts": {"product_id": "p1", "note": "Hello", "stars": 4.5}}).json()
    again = api.post(f"{path}/trigger", call).json()
    assert (first["entered"], again["entered"], again["enrollment"]) == (True, False, None)
    row = Enrollment.objects.get()
    assert (row.pk, row.facts["product_id"]) == (first["enrollment"], "p1")
    assert row.facts["properties"] == {"product_id": "p1", "note": "Hello", "stars": 4.5}
    key = quote("email:jane@example.com", safe="")
    shown = api.get(f"journeys/enrollments/{key}").json()["data"]
    assert [(one["id"], one["journey"], one["state"]) for one in shown] == [(row.pk, journey.slug, "waiting")]
    # By another identifier of the same person.
    assert api.post(f"{path}/cancel", {"people": [{"user_id": "jane"}]}).json() == {"canceled": 1, "unmatched": []}
    assert api.post(f"{path}/cancel", {"people": [{"user_id": "jane"}]}).json()["canceled"] == 0
    (shown,) = api.get(f"journeys/enrollments/{key}").json()["data"]
    assert (shown["state"], shown["reason"]) == ("exited", "canceled")


def test_many_are_enrolled_whatever_the_trigger_and_those_nobody_knows_are_named(jane: None, api: Api) -> None:
    journey = live("order_stage", stage="placed")
    people = [{"user_id": "jane"}, {"user_id": "nobody-we-know"}, {"user_id": "jane"}]
    answer = api.post(f"journeys/{journey.slug}/enroll", {"people": people, "key": "spring"})
    assert answer.json() == {
        "entered": 1,
        "turned_away": {},
        "unmatched": [{"index": 1, "reason": "profile_not_found"}],
    }
    refused = api.post(f"journeys/{journey.slug}/trigger", {"person": {"user_id": "jane"}})
    assert told(refused) == (409, "journey_state")
    assert "starts when an order is placed" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("no-such/trigger", {"person": {"user_id": "jane"}}, (404, "journey_not_found")),
        ("paused/trigger", {"person": {"user_id": "jane"}}, (409, "journey_state")),
        ("live/trigger", {"person": {"user_id": "unheard-of"}}, (404, "profile_not_found")),
        ("live/trigger", {"person": {"user_id": "jane", "email": "a@b.co"}}, (400, "invalid")),
        ("live/trigger", {"person": {"email": "nonsense"}}, (400, "invalid")),
        ("live/trigger", {"person": {"user_id": True}}, (400, "invalid")),
        ("live/trigger", {"person": {"user_id": "jane"}, "fact": {}}, (400, "invalid")),
        ("live/trigger", {"person": {"user_id": "jane"}, "facts": {"a": [1]}}, (400, "invalid")),
        ("live/trigger", {"person": {"user_id": "jane"}, "facts": {"a": "\0"}}, (400, "invalid")),
        ("live/trigger", [], (400, "invalid")),
        ("live/enroll", {"people": []}, (400, "invalid")),
        ("carts/enroll", {"people": [{"user_id": "jane"}]}, (409, "journey_state")),
        ("live/enroll", {"people": [{"user_id": "u"}] * 1_001}, (400, "invalid")),
        ("live/cancel", {"people": "jane"}, (400, "invalid")),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(
    jane: None, api: Api, path: str, body: Any, expected: tuple[int, str]
) -> None:
    Journey.objects.filter(pk=live("api").pk).update(slug="live")
    Journey.objects.filter(pk=live("api", state="paused").pk).update(slug="paused")
    Journey.objects.filter(pk=live("cart_abandoned", idle_minutes=60, max_age_hours=72).pk).update(slug="carts")
    answer = api.post(f"journeys/{path}", body)
    assert told(answer) == expected, answer.json()
    assert Enrollment.objects.count() == 0


def test_a_message_tells_what_became_of_it_and_masks_its_address(jane: None, api: Api) -> None:
    row = Message.objects.create(
        sender="journey", sender_id=1, label="Welcome", step="mail_1", occasion="o", purpose="email_marketing",
        template="welcome-1", address="jane@example.com", address_hash=address_hash("jane@example.com"),
        identifier_id=1, state="sent", sending_at=utc_now(), finished_at=utc_now(), opened_at=utc_now(),
    )  # fmt: skip
    Receipt.objects.create(message=row, kind="opened", who="human", key="1")
    shown = api.get(f"messages/{row.pk}")
    assert "jane@" not in shown.content.decode()
    assert (shown.json()["state"], shown.json()["step"]) == ("sent", "mail_1")
    assert [(one["kind"], one["who"]) for one in shown.json()["receipts"]] == [("opened", "human")]
    assert told(api.get("messages/999999999")) == (404, "not_found")


def test_suppressions_are_listed_by_pages_and_lifted_unless_their_owner_said_so(api: Api) -> None:
    reasons = {"a@example.com": "manual", "b@example.com": "hard_bounce", "c@example.com": "complaint"}
    added = [{"email": email, "reason": reason, "scope": "all"} for email, reason in reasons.items()]
    assert api.post("suppressions", {"suppressions": added}).json()["new"] == 3
    page = api.get("suppressions?limit=2").json()
    rest = api.get(f"suppressions?limit=2&cursor={page['next']}").json()
    listed = {one["hash"]: one["reason"] for one in page["data"] + rest["data"]}
    assert listed == {address_hash(email).hex(): reason for email, reason in reasons.items()}
    assert (len(page["data"]), rest["next"]) == (2, None)
    assert [one["reason"] for one in api.get("suppressions?reason=complaint").json()["data"]] == ["complaint"]
    for bad in ("limit=0", "limit=x", "cursor=x", "scope=none", "reason=none"):
        assert told(api.get(f"suppressions?{bad}")) == (400, "invalid")
    wanted = [{"email": email, "scope": "all"} for email in (*reasons, "d@example.com")]
    done = api.post("suppressions/lift", {"addresses": wanted}).json()
    assert (done["lifted"], done["not_suppressed"]) == (2, 1)
    assert [one["reason"] for one in done["refused"]] == ["complaint"]
    assert list(Suppression.objects.values_list("reason", flat=True)) == ["complaint"]
