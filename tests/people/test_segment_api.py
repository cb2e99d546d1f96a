"""Segment's Profile API as their clients expect it."""

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from django.test import Client

from people.models import KeyReads
from profiles.models import Account, AccountMember, Identifier
from tests.people.conftest import PROFILES, Ask, Say

pytestmark = pytest.mark.django_db(transaction=True)
T = "2026-11-0{}T10:00:00Z"


def ada(say: Say) -> str:
    """One person of four identifiers, with twelve traits; answers the profile id."""
    say(
        {"anonymousId": "a1", "event": "Product Viewed", "timestamp": T.format(1), "properties": {"product_id": "p1"}},
        {
            "type": "identify",
            "userId": "u1",
            "anonymousId": "a1",
            "timestamp": T.format(2),
            "traits": {"email": "Ada@Example.com", "phone": "+49 30 901820", **{f"t{n:02}": n for n in range(10)}},
        },
        {"userId": "u1", "event": "Order Completed", "timestamp": T.format(3), "properties": {"order_id": "o/1"}},
        {"userId": "u1", "event": "Seen", "timestamp": T.format(4), "context": {"locale": "de-DE"}},
    )
    return str(Identifier.objects.get(kind="user_id", value="u1").profile_id)


def test_traits_come_in_pages_by_name(say: Say, ask: Ask) -> None:
    profile_id = ada(say)
    first = ask(f"{PROFILES}user_id:u1/traits").json()
    assert list(first["traits"]) == ["email", "phone", *(f"t{n:02}" for n in range(8))]
    assert first["cursor"]["url"] == f"{PROFILES}profile_id:{profile_id}/traits"
    assert (first["cursor"]["has_more"], first["cursor"]["limit"]) == (True, 10)
    rest = ask(f"{PROFILES}user_id:u1/traits", next=first["cursor"]["next"]).json()
    assert rest["traits"] == {"t08": 8, "t09": 9}
    assert rest["cursor"] == {**first["cursor"], "has_more": False, "next": ""}
    assert len(ask(f"{PROFILES}user_id:u1/traits", limit=200).json()["traits"]) == 12
    assert ask(f"{PROFILES}user_id:u1/traits", include="t01, t09").json()["traits"] == {"t01": 1, "t09": 9}


def test_verbose_traits_say_who_told_them_and_when(say: Say, ask: Ask) -> None:
    ada(say)
    found = ask(f"{PROFILES}user_id:u1/traits", verbose="true", limit=200).json()["traits"]
    assert found["t01"] == {"value": 1, "class": "custom", "source_id": "1", "updated_at": "2026-11-02T10:00:00Z"}


@pytest.mark.parametrize(
    "address",
    ["user_id:u1", "email:ADA@example.com", "phone:+49 30 901820", "anonymous_id:a1", "cdp_id", "profile_id", ""],
)
def test_any_identifier_finds_the_same_person(say: Say, ask: Ask, address: str) -> None:
    profile_id = ada(say)
    if ":" not in address:
        address = f"{address}:{profile_id}".lstrip(":")
    found = ask(f"{PROFILES}{quote(address)}/metadata")
    assert found.json()["metadata"]["profile_id"] == profile_id


def test_a_former_profile_id_finds_who_it_became(say: Say, ask: Ask) -> None:
    say({"anonymousId": "a1", "timestamp": T.format(2)}, {"userId": "u1", "timestamp": T.format(1)})
    former = Identifier.objects.get(kind="anonymous_id").minted_id
    say({"userId": "u1", "anonymousId": "a1", "timestamp": T.format(3)})
    found = ask(f"{PROFILES}profile_id:{former}/external_ids").json()["data"]
    assert [(one["type"], one["id"]) for one in found] == [("user_id", "u1"), ("anonymous_id", "a1")]


def test_a_value_may_hold_anything(say: Say, ask: Ask) -> None:
    for value in ("a/b:c d", "100%", "trait/traits", "ü+1"):
        say({"userId": value, "timestamp": T.format(1)})
        found = ask(f"{PROFILES}user_id:{quote(value, safe='')}/external_ids").json()
        assert [one["id"] for one in found["data"]] == [value]
        whole = ask(f"/v1/profiles/user_id:{quote(value, safe='')}").json()
        assert whole["identifiers"][0]["value"] == value


def test_external_ids_come_with_their_first_evidence(say: Say, ask: Ask) -> None:
    ada(say)
    first = ask(f"{PROFILES}user_id:u1/external_ids", limit=2).json()
    rest = ask(f"{PROFILES}user_id:u1/external_ids", limit=2, next=first["cursor"]["next"]).json()
    found = first["data"] + rest["data"]
    assert {one["type"] for one in found} == {"anonymous_id", "user_id", "email", "phone"}
    assert rest["cursor"]["has_more"] is False
    one = next(one for one in found if one["type"] == "user_id")
    assert one | {"first_message_id": ""} == {
        "id": "u1",
        "type": "user_id",
        "collection": "users",
        "encoding": "none",
        "created_at": "2026-11-02T10:00:00Z",
        "source_id": "1",
        "first_message_id": "",
    }
    assert len(one["first_message_id"]) == 32
    only = ask(f"{PROFILES}user_id:u1/external_ids", include="email").json()["data"]
    assert [one["id"] for one in only] == ["ada@example.com"]


def test_events_newest_first_with_filters_and_cursor(say: Say, ask: Ask) -> None:
    profile_id = ada(say)
    path = f"{PROFILES}user_id:u1/events"
    first = ask(path, limit=3).json()
    assert [one["event"] for one in first["data"]] == ["Seen", "Order Completed", "identify"]
    rest = ask(path, limit=3, next=first["cursor"]["next"]).json()
    assert [one["event"] for one in rest["data"]] == ["Product Viewed"]
    assert rest["cursor"]["has_more"] is False
    newest = first["data"][0]
    assert (newest["type"], newest["timestamp"], newest["related"]) == (
        "track",
        "2026-11-04T10:00:00Z",
        {"users": profile_id},
    )
    assert newest["context"]["locale"] == "de-DE"
    assert newest["external_ids"] == [{"collection": "users", "type": "user_id", "id": "u1", "encoding": "none"}]
    assert first["data"][2]["traits"]["t01"] == 1

    def names(**asked: str) -> list[str]:
        return [one["event"] for one in ask(path, **asked).json()["data"]]

    assert names(include="Seen,Order Completed", sort="asc") == ["Order Completed", "Seen"]
    assert names(exclude="Seen,identify") == ["Order Completed", "Product Viewed"]
    assert names(start="2026-11-02", end="2026-11-04T10:00:00Z") == ["Order Completed", "identify"]
    walked, following = [], ""
    while True:
        page = ask(path, limit=1, sort="asc", **({"next": following} if following else {})).json()
        walked += [one["event"] for one in page["data"]]
        following = page["cursor"]["next"]
        if not following:
            break
    assert walked == ["Product Viewed", "identify", "Order Completed", "Seen"]


def test_metadata_tells_first_and_last(say: Say, ask: Ask) -> None:
    ada(say)
    found = ask(f"{PROFILES}user_id:u1/metadata").json()["metadata"]
    assert found["created_at"] == "2026-11-01T10:00:00Z"
    assert (found["first_source_id"], found["last_source_id"], found["expires_at"]) == ("1", "1", None)
    assert found["first_message_id"] != found["last_message_id"]


def test_computed_traits_and_audiences_are_classes(say: Say, ask: Ask) -> None:
    from people import services

    services.ship()
    ada(say)
    found = ask(f"{PROFILES}user_id:u1/traits", **{"class": "computed_trait", "limit": "200"}).json()["traits"]
    assert (found["products_viewed"], found["last_viewed_product"]) == (1, "p1")
    assert "t01" not in found
    assert ask(f"{PROFILES}user_id:u1/traits", **{"class": "audience"}).json()["traits"] == {}
    verbose = ask(f"{PROFILES}user_id:u1/traits", verbose="true", limit=200).json()["traits"]
    assert (verbose["products_viewed"]["class"], verbose["t01"]["class"]) == ("computed_trait", "custom")


def test_accounts_are_linked_both_ways(say: Say, ask: Ask) -> None:
    profile_id = ada(say)
    at = datetime(2026, 11, 5, tzinfo=UTC)
    member = Identifier.objects.get(kind="user_id")
    for n in range(3):
        made = Account.objects.create(
            group_id=f"g{n}", traits={"name": [f"Club {n}", 1, "00"]}, first_seen_at=at, last_seen_at=at
        )
        AccountMember.objects.create(account=made, identifier=member, first_seen_at=at, last_seen_at=at)
    first = ask(f"{PROFILES}user_id:u1/links", limit=2).json()
    rest = ask(f"{PROFILES}user_id:u1/links", limit=2, next=first["cursor"]["next"]).json()
    assert [one["external_ids"][0]["id"] for one in first["data"] + rest["data"]] == ["g0", "g1", "g2"]
    accounts = PROFILES.replace("users", "accounts")
    assert ask(f"{accounts}group_id:g1/traits").json()["traits"] == {"name": "Club 1"}
    assert [one["profile_id"] for one in ask(f"{accounts}group_id:g1/links").json()["data"]] == [profile_id]
    assert ask(f"{accounts}group_id:nobody/traits").json()["error"]["code"] == "not_found"


def test_refusals_have_segments_shape_and_name_what_is_wrong(say: Say, ask: Ask) -> None:
    ada(say)
    path = f"{PROFILES}user_id:u1/"
    for answer, status, code, says in [
        (ask(f"{PROFILES}user_id:nobody/traits"), 404, "not_found", "Nobody is known by this user id."),
        (ask(f"{PROFILES}profile_id:x/traits"), 404, "not_found", "A profile id is a UUID"),
        (ask(f"{path}traits", limt=3), 400, "invalid_request_error", "Unknown parameter `limt`"),
        (ask(f"{path}traits", limit=201), 400, "invalid_request_error", "`limit` is a whole number from 1 to 200"),
        (ask(f"{path}traits", **{"class": "x"}), 400, "invalid_request_error", "`class` is one of"),
        (ask(f"{path}events", next="é"), 400, "invalid_request_error", "`next` is no cursor"),
        (ask(f"{path}events", next="MTIz"), 400, "invalid_request_error", "`next` is no cursor"),
        (ask(f"{path}events", start="soon"), 400, "invalid_request_error", "`start` is an instant like"),
        (ask(f"{path}traits", at="2999-01-01"), 400, "invalid_request_error", "lies in the future"),
        (ask(path.replace("users", "things") + "traits"), 400, "validation_error", "The collection is users"),
        (ask(f"{path}traits", key=""), 401, "authentication_error", "takes a server key"),
    ]:
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.content
        assert says in answer.json()["error"]["message"]


def test_nobodys_identifier_tells_of_nobody(say: Say, ask: Ask) -> None:
    say(*({"userId": f"u{n}", "anonymousId": "kiosk", "timestamp": T.format(1)} for n in range(7)))
    answer = ask(f"{PROFILES}anonymous_id:kiosk/traits")
    assert (answer.status_code, "seen with too many people" in answer.json()["error"]["message"]) == (404, True)
    own = Identifier.objects.get(kind="anonymous_id").profile_id
    assert ask(f"{PROFILES}profile_id:{own}/events").status_code == 404
    assert ask("/v1/profiles/anonymous_id:kiosk").json()["code"] == "identifier_shared"
    assert [one["is_shared"] for one in ask("/v1/profiles", search="kiosk").json()["data"]] == [True]


def test_what_has_not_changed_is_not_sent_again(say: Say, ask: Ask) -> None:
    ada(say)
    for part in ("traits", "external_ids", "events", "metadata", "links"):
        first = ask(f"{PROFILES}user_id:u1/{part}")
        assert first.headers["Cache-Control"] == "private, no-cache"
        again = ask(f"{PROFILES}user_id:u1/{part}", head={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    etag = ask(f"{PROFILES}user_id:u1/events").headers["ETag"]
    say({"userId": "u1", "timestamp": T.format(5)})
    assert ask(f"{PROFILES}user_id:u1/events", head={"If-None-Match": etag}).status_code == 200


def test_a_key_as_the_user_of_basic_works_as_segments_clients_send_it(say: Say, server_key: str) -> None:
    ada(say)
    basic = base64.b64encode(f"{server_key}:".encode()).decode()
    answer = Client().get(f"{PROFILES}user_id:u1/traits", headers={"Authorization": f"Basic {basic}"})
    assert answer.status_code == 200, answer.content
    assert answer.json()["traits"]["t01"] == 1
    bad = Client().get(f"{PROFILES}user_id:u1/traits", headers={"Authorization": "Basic c2tfeDo="})
    assert (bad.status_code, bad.json()["error"]["code"]) == (401, "authentication_error")


def test_reads_are_counted_by_key_and_day(say: Say, ask: Ask) -> None:
    ada(say)
    for _ in range(3):
        ask(f"{PROFILES}user_id:u1/traits")
    ask(f"{PROFILES}user_id:nobody/traits")
    (row,) = KeyReads.objects.all()
    assert row.reads == 3
    assert datetime.now(UTC) - row.last_at < timedelta(minutes=1)


@pytest.mark.parametrize("part", ["traits", "external_ids", "events", "metadata"])
def test_statements_do_not_grow_with_the_history(
    say: Say, ask: Ask, part: str, django_assert_max_num_queries: object
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def cost() -> int:
        with CaptureQueriesContext(connection) as found:
            assert (
                ask(f"{PROFILES}user_id:u1/{part}", limit=200)
                if part != "metadata"
                else ask(f"{PROFILES}user_id:u1/{part}")
            )
        return len(found)

    ada(say)
    cost()
    before = cost()
    say(*({"userId": "u1", "anonymousId": f"b{n}", "timestamp": T.format(5)} for n in range(20)))
    assert cost() == before
