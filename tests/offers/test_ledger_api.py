"""The ledger and codes by API: scopes, strict bodies, keys, and answers that say what became of each."""

from typing import Any

import pytest
from django.test import Client

from cdp.access.services import make_server_key
from cdp.jobs.models import Job
from cdp.jobs.services import run_now
from offers.models import Code, Redemption
from tests.offers.ledgers import live, person, pooled, shared, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture
def call() -> Any:
    """f(path, body or None for GET, **headers) → (status, body), with a key that may."""
    _, plain = make_server_key("shop", ["offers:write"])
    client = Client(headers={"Authorization": f"Bearer {plain}"})

    def calls(path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        if body is None:
            found = client.get(f"/v1/offers/{path}", headers=headers)
        else:
            found = client.post(f"/v1/offers/{path}", body, content_type="application/json", headers=headers)
        return found.status_code, found.json()

    return calls


def test_a_use_goes_from_reserved_to_released(call: Any) -> None:
    ids = person(("user_id", "jane"), ("anonymous_id", "a1"))
    shared(live(money="50", cap_per_person=1), "Summer 10")
    asked = {
        "key": "cart/7",
        "code": "summer10",
        "person": {"anonymous_id": "a1"},
        "amount": "7.105",
        "currency": "EUR",
    }
    status, body = call("reserve", asked)
    held = body["data"][0]
    assert (status, held["state"], held["offer"], held["code"], held["amount"]) == (
        *(200, "reserved", "ten", "Summer 10", "7.11"),
    )
    assert call("reserve", asked)[1] == body
    done = call("redeem", {"key": "cart/7", "order_id": "o1"})[1]["data"][0]
    assert (done["state"], done["id"], done["order_id"]) == ("redeemed", held["id"], "o1")
    assert call("redemptions/cart/7") == (200, done)
    assert call(f"redemptions/{held['id']}") == (200, done)
    other = call("reserve", {"key": "k2", "offer": "ten", "person": {"user_id": "jane"}})[1]["data"][0]
    assert (other["state"], other["reason"]) == ("refused", "cap_reached")
    assert other["detail"] == "The person used the offer as often as anybody may."
    gone = call("release", {"id": held["id"], "reason": "sent back"})[1]["data"][0]
    assert (gone["state"], gone["reason"], gone["detail"]) == ("released", "sent back", None)
    assert Redemption.objects.get().identifier_id == ids[1]


def test_a_batch_takes_its_keys_from_the_idempotency_key(call: Any) -> None:
    live(count=2)
    items = [{"offer": "ten"}, {"offer": "ten", "key": "own"}, {"offer": "ten"}, {"offer": "none"}]
    found = call("reserve", {"items": items}, **{"Idempotency-Key": "abc"})[1]["data"]
    assert [(one["key"], one["reason"]) for one in found] == [
        *(("abc:0", None), ("own", None), ("abc:2", "budget_used_up"), ("abc:3", "offer_unknown")),
    ]
    assert call("reserve", {"items": items}, **{"Idempotency-Key": "abc"})[1]["data"][0] == found[0]
    unknown = {"offer": "ten", "key": "k9", "person": {"user_id": "nobody-yet"}}
    live("capped", cap_per_person=1)
    told = call("reserve", unknown | {"offer": "capped"})[1]["data"][0]
    assert (told["reason"], told["detail"].split(":")[0]) == (
        *("person_needed", "Nobody is known by this identifier, or it is shared by many"),
    )


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("reserve", {"offer": "ten"}, "items[0].key"),
        ("reserve", {"key": "k"}, "[0].offer"),
        ("reserve", {"key": "k", "offer": "ten", "amuont": "1"}, "[0].amuont"),
        ("reserve", {"key": "k", "offer": "ten", "amount": "-1"}, "[0].amount"),
        ("reserve", {"key": "k", "offer": "ten", "person": {"user_id": "undefined"}}, "[0].person"),
        ("redeem", {"order_id": "o1"}, "[0].id"),
        ("release", {}, "[0].id"),
        ("reserve", {"items": []}, ""),
        ("reserve", {"items": [{"key": "k", "offer": "ten"}] * 101}, ""),
    ],
)
def test_a_body_that_is_wrong_is_refused_by_name_and_counts_nothing(
    call: Any, path: str, body: Any, field: str
) -> None:
    live()
    status, told = call(path, body)
    assert (status, told["code"], told.get("errors", [{"field": ""}])[0]["field"]) == (400, "invalid", field)
    assert Redemption.objects.count() == 0


def test_only_server_keys_with_the_scope_may() -> None:
    live()
    _, plain = make_server_key("shop", ["offers:read"])
    for headers, status in (({}, 401), ({"Authorization": f"Bearer {plain}"}, 403)):
        for path in ("reserve", "redeem", "release", "ten/pools", "ten/give", "codes/X1", "pools/1", "redemptions/x"):
            client = Client(headers=headers)
            post = path in ("reserve", "redeem", "release", "ten/give")
            found = client.post(f"/v1/offers/{path}", {}) if post else client.get(f"/v1/offers/{path}")
            assert (path, found.status_code) == (path, status)


def test_pools_are_made_shared_uploaded_and_taken_back(call: Any) -> None:
    live(needs_code=True)
    status, made = call("ten/pools", {"kind": "generated", "name": "Spring", "count": 20, "prefix": "vip"})
    assert (status, made["codes"], made["job"]["state"]) == (201, 0, "queued")
    assert run_now(Job.objects.get().pk)
    told = call(f"pools/{made['id']}")[1]
    assert (told["free"], told["job"]["done"]) == (20, 20)
    first = call(f"pools/{made['id']}/codes?limit=15")[1]
    rest = call(f"pools/{made['id']}/codes?after={first['next']}&limit=15")[1]
    assert (len(first["data"]), len(rest["data"]), rest["next"]) == (15, 5, None)
    assert call("ten/pools", {"kind": "shared", "code": "Summer-10"})[0] == 201
    uploaded = call("ten/pools", {"kind": "uploaded", "codes": ["AAA-111", "summer10", "?"]})[1]
    assert (uploaded["added"], [(one["line"], one["reason"]) for one in uploaded["rejected"]]) == (
        *(1, [(2, "taken"), (3, "characters")]),
    )
    more = call(f"pools/{uploaded['id']}/codes", {"codes": ["BBB-222"]})[1]
    assert (more["added"], more["codes"]) == (1, 2)
    assert call("codes/bbb222/void", {})[1]["state"] == "void"
    assert call(f"pools/{uploaded['id']}/void", {})[1]["is_active"] is False
    assert [call(f"codes/{code}")[1]["state"] for code in ("aaa111", "SUMMER10")] == ["void", "free"]
    assert len(call("ten/pools")[1]["data"]) == 3
    wrong = [{"kind": "generated"}, {"kind": "generated", "count": 9, "length": 3}, {"kind": "shared", "code": "é"}]
    assert [call("ten/pools", one)[1]["code"] for one in wrong] == ["invalid", "codes_refused", "codes_refused"]
    missing = [call("none/pools")[1], call("pools/999")[1], call("codes/none")[1], call("redemptions/none")[1]]
    assert [one["code"] for one in missing] == [
        *("offer_not_found", "pool_not_found", "code_not_found", "redemption_not_found"),
    ]


def test_a_person_is_given_a_code_once_an_occasion(call: Any) -> None:
    offer = live(needs_code=True)
    pooled(offer, "ONE-1")
    jane = somebody()
    asked = {"person": {"user_id": "jane"}, "given_for": "letter"}
    found = call("ten/give", asked)
    assert found == (200, {"offer": "ten", "title": "10 % off", "code": "ONE-1", "expires_at": None})
    assert call("ten/give", asked) == found
    assert (Code.objects.get().identifier_id, Code.objects.get().given_for) == (jane, "api:letter")
    assert [
        call("ten/give", asked | other)[1]["code"] for other in ({"given_for": "more"}, {"person": {"user_id": "x"}})
    ] == [
        *("offer_not_given", "profile_not_found"),
    ]
