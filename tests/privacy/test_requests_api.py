"""The API opens and follows requests with a server key of its own scope; it says nothing of who is known."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from cdp.access.services import make_server_key
from privacy.models import Letter, Request
from tests.privacy.world import JANE, carried_out, identify, seen

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/v1/privacy/requests"


@pytest.fixture
def api() -> Client:
    _, key = make_server_key("backend", ["privacy:write"])
    return Client(headers={"authorization": f"Bearer {key}"})


def post(client: Client, path: str, body: Any, status: int) -> Any:
    answer = client.post(path, body, content_type="application/json")
    assert answer.status_code == status, answer.content
    return answer.json()


@pytest.mark.parametrize("path", [PATH, f"{PATH}/{UUID(int=7)}", f"{PATH}/{UUID(int=7)}/verify"])
def test_only_a_key_with_the_scope_gets_in(path: str) -> None:
    _, other = make_server_key("other", ["profiles:read", "consent:write"])
    for headers, status in (({}, 401), ({"authorization": f"Bearer {other}"}, 403)):
        client = Client(headers=headers)
        assert client.get(path).status_code in (status, 405)
        assert client.post(path, {}, content_type="application/json").status_code in (status, 405)


def test_a_request_is_opened_attested_and_followed_to_its_end(api: Client) -> None:
    identify("jane", email=JANE)
    opened = post(api, PATH, {"kind": "opt_out", "email": JANE, "locale": "de"}, 202)
    assert (opened["state"], opened["came_by"], opened["left"]) == ("unverified", "api", "30 days left")
    assert Letter.objects.get().locale == "de"
    path = f"{PATH}/{opened['id']}"
    verified = post(api, f"{path}/verify", {"reason": "signed in"}, 200)
    assert verified["state"] == "working"
    carried_out(Request.objects.get())
    done = api.get(path).json()
    assert (done["state"], done["left"]) == ("done", "")
    assert {step["name"]: step["state"] for step in done["steps"]} == dict.fromkeys(
        ("verify", "find", "ledger", "recipients", "tell", "empty"), "done"
    )
    assert JANE not in str(done)


def test_known_and_unknown_people_get_the_same_answer(api: Client) -> None:
    identify("jane", email=JANE, country="DE")  # whose law is another than the default
    answers = [post(api, PATH, {"kind": "erase", "email": email}, 202) for email in (JANE, "nobody@example.com")]
    same = [
        {name: value for name, value in answer.items() if name not in ("id", "received_at", "due_at")}
        for answer in answers
    ]
    assert same[0] == same[1]
    due, due_of_nobody = (datetime.fromisoformat(answer["due_at"]) for answer in answers)
    assert abs(due - due_of_nobody) < timedelta(minutes=1)
    verified = post(api, f"{PATH}/{answers[0]['id']}/verify", {"reason": "signed in"}, 200)
    assert verified["regime"] == "gdpr"


def test_the_same_request_again_is_joined(api: Client) -> None:
    ids = {post(api, PATH, {"kind": "access", "email": JANE}, 202)["id"] for _ in range(3)}
    assert len(ids) == 1


def test_a_customer_named_by_their_id_is_written_to_at_their_address(api: Client) -> None:
    identify("jane", email=JANE)
    seen(("user_id", "u1"), ("phone", "+4915112345678"))
    made = post(api, PATH, {"kind": "opt_out", "user_id": "jane"}, 202)
    assert Letter.objects.get().address == JANE
    assert post(api, PATH, {"kind": "opt_out", "email": JANE}, 202)["id"] == made["id"]
    refused = post(api, PATH, {"kind": "opt_out", "user_id": "u1"}, 422)
    assert refused["errors"][0]["field"] == "user_id"


def test_a_correction_names_its_fields(api: Client) -> None:
    fields = [{"field": "city", "new": "Rome"}, {"field": "age", "new": None}]
    made = post(api, PATH, {"kind": "rectify", "email": JANE, "fields": fields}, 202)
    assert Request.objects.get(pk=made["id"]).wishes == {
        "fields": [{"field": "age", "new": None}, {"field": "city", "new": "Rome"}]
    }


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"kind": "forget", "email": JANE}, 400, "kind"),
        ({"kind": "access"}, 400, "email"),
        ({"kind": "access", "email": JANE, "user_id": "jane"}, 400, "email"),
        ({"kind": "access", "user_id": "nobody"}, 422, "user_id"),
        ({"kind": "access", "email": "jane"}, 422, "email"),
        ({"kind": "access", "email": JANE, "locale": "xx"}, 400, "locale"),
        ({"kind": "rectify", "email": JANE}, 422, "fields"),
        ({"kind": "access", "email": JANE, "purposes": ["analytics"]}, 422, "wishes"),
    ],
)
def test_what_is_wrong_is_named(api: Client, body: dict[str, Any], status: int, field: str) -> None:
    problem = post(api, PATH, body, status)
    assert field in str(problem["errors"])
    assert not Request.objects.exists()


def test_lists_are_paged_and_filtered(api: Client) -> None:
    for number in range(52):
        post(api, PATH, {"kind": "access" if number % 2 else "erase", "email": f"p{number}@example.com"}, 202)
    first = api.get(PATH).json()
    second = api.get(PATH, {"before": first["next"]}).json()
    assert (len(first["requests"]), len(second["requests"]), second["next"]) == (50, 2, None)
    assert len({one["id"] for one in first["requests"] + second["requests"]}) == 52
    assert len(api.get(PATH, {"kind": "erase"}).json()["requests"]) == 26
    assert api.get(PATH, {"state": "done"}).json()["requests"] == []
    assert api.get(PATH, {"state": "nope"}).status_code == 422
    assert api.get(PATH, {"before": "x"}).status_code == 422


def test_verifying_needs_a_reason_and_a_request_that_waits(api: Client) -> None:
    made = post(api, PATH, {"kind": "restrict", "email": JANE}, 202)
    path = f"{PATH}/{made['id']}/verify"
    post(api, path, {}, 400)
    post(api, path, {"reason": "signed in"}, 200)
    assert post(api, path, {"reason": "signed in"}, 409)["code"] == "request_state"
    assert post(api, f"{PATH}/{UUID(int=7)}/verify", {"reason": "x"}, 404)["code"] == "not_found"
