"""Our own calls of the profile API, and who may ask: every route of the app × every caller."""

import pytest
from django.test import Client
from django.urls import reverse

from cdp.access.services import make_server_key
from consent.models import Purpose
from events.models import Source
from people import services
from people.api import urls
from profiles.models import Identifier
from tests.people.conftest import PROFILES, Ask, Say

pytestmark = pytest.mark.django_db(transaction=True)
WHERE = {"space": "x", "collection": "users", "key": "user_id:u1"}
ROUTES = {
    "segment-traits": WHERE,
    "segment-external-ids": WHERE,
    "segment-events": WHERE,
    "segment-metadata": WHERE,
    "segment-links": WHERE,
    "profiles-search": {},
    "profile-timeline": {"key": "user_id:u1"},
    "profile": {"key": "user_id:u1"},
}


def address(name: str) -> str:
    path = reverse(name, kwargs=ROUTES[name])
    return f"{path}?search=u1" if name == "profiles-search" else path


def test_every_route_stands_in_the_matrix() -> None:
    assert {pattern.name for pattern in urls.urlpatterns} == ROUTES.keys()  # type: ignore[union-attr]


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_only_a_server_key_with_the_scope_reads_a_person(say: Say, source: Source, name: str) -> None:
    say({"userId": "u1", "timestamp": "2026-11-01T10:00:00Z"})
    every = ["catalog:write", "consent:write", "events:write", "recommendations:read"]
    callers: dict[str, dict[str, str]] = {
        "nobody": {},
        "write key as bearer": {"Authorization": f"Bearer {source.write_key}"},
        "write key in its own head": {"X-Write-Key": source.write_key},
        "write key as basic": {"Authorization": "Basic d2tfYWJjOg=="},
        "unknown server key": {"Authorization": "Bearer sk_unknown"},
        "server key of other scopes": {"Authorization": f"Bearer {make_server_key('other', every)[1]}"},
        "server key of the scope": {"Authorization": f"Bearer {make_server_key('ours', ['profiles:read'])[1]}"},
    }
    found = {who: Client().get(address(name), headers=head).status_code for who, head in callers.items()}
    assert found == {
        "nobody": 401,
        "write key as bearer": 401,
        "write key in its own head": 401,
        "write key as basic": 401,
        "unknown server key": 401,
        "server key of other scopes": 403,
        "server key of the scope": 200,
    }
    good = callers["server key of the scope"]
    assert {
        Client().generic(m, address(name), headers=good).status_code for m in ("POST", "PUT", "PATCH", "DELETE")
    } == {405}
    assert Client().head(address(name), headers=good).status_code == 200


def test_a_person_whole(say: Say, ask: Ask) -> None:
    services.ship()
    say(
        {
            "type": "identify",
            "userId": "u1",
            "anonymousId": "a1",
            "timestamp": "2026-11-01T10:00:00Z",
            "traits": {"email": "ada@example.com", "city": "Berlin"},
        },
        {
            "userId": "u1",
            "event": "Product Viewed",
            "timestamp": "2026-11-02T10:00:00Z",
            "properties": {"category": "Tea"},
        },
    )
    found = ask("/v1/profiles/email:ada@example.com").json()
    profile_id = str(Identifier.objects.get(kind="email").profile_id)
    assert (found["profile_id"], found["as_of"], found["event_count"]) == (profile_id, None, 2)
    assert {(one["kind"], one["value"]) for one in found["identifiers"]} == {
        ("user_id", "u1"),
        ("anonymous_id", "a1"),
        ("email", "ada@example.com"),
    }
    assert found["traits"]["city"] == {"value": "Berlin", "said_at": "2026-11-01T10:00:00Z", "source_id": 1}
    assert found["counters"]["Product Viewed"] == {
        "count": 1,
        "first_at": "2026-11-02T10:00:00Z",
        "last_at": "2026-11-02T10:00:00Z",
    }
    assert found["computed"]["favorite_category"] == {"value": "Tea", "label": "Favorite category", "partial": False}
    assert found["consent"].keys() == set(Purpose.objects.values_list("code", flat=True))
    assert found["consent"]["email_marketing"] == {"allowed": False, "reason": "default_denied"}
    assert found["regime"] == {"regime": "other", "by": "default", "detail": ""}
    assert (found["segments"], found["accounts"]) == ([], [])


def test_the_timeline_is_filtered_and_paged(say: Say, ask: Ask) -> None:
    say(
        *(
            {
                "userId": "u1",
                "event": "Product Viewed" if n % 2 else "Seen",
                "timestamp": f"2026-11-0{n + 1}T10:00:00Z",
                "properties": {"product_id": f"p{n}"},
            }
            for n in range(6)
        )
    )
    path = "/v1/profiles/user_id:u1/timeline"
    first = ask(path, limit=4).json()
    rest = ask(path, limit=4, cursor=first["next"]).json()
    assert [one["properties"]["product_id"] for one in first["data"] + rest["data"]] == [
        "p5",
        "p4",
        "p3",
        "p2",
        "p1",
        "p0",
    ]
    assert rest["next"] is None
    one = first["data"][0]
    assert (one["source"], one["identifier"]) == (
        {"id": 1, "name": "backend", "server_side": True},
        {"kind": "user_id", "value": "u1"},
    )

    def ids(**asked: object) -> list[str]:
        return [one["properties"]["product_id"] for one in ask(path, **asked).json()["data"]]

    assert ids(name="Product Viewed") == ["p5", "p3", "p1"]
    assert ids(since="2026-11-02", until="2026-11-04T10:00:00Z") == ["p2", "p1"]
    assert (ids(q="p4"), ids(source=2), len(ids(source=1))) == (["p4"], [], 6)


def test_search_takes_a_whole_identifier_and_never_lists_everybody(say: Say, ask: Ask) -> None:
    say(
        {
            "userId": "u1",
            "type": "identify",
            "traits": {"email": "ada@example.com"},
            "timestamp": "2026-11-01T10:00:00Z",
        }
    )
    say({"userId": "u2", "timestamp": "2026-11-01T10:00:00Z"})
    profile_id = str(Identifier.objects.get(kind="email").profile_id)
    for asked in (
        {"search": "ADA@example.com"},
        {"email": "ada@example.com"},
        {"user_id": "u1"},
        {"search": profile_id},
    ):
        assert [one["profile_id"] for one in ask("/v1/profiles", **asked).json()["data"]] == [profile_id]
    assert [
        len(ask("/v1/profiles", **asked).json()["data"]) for asked in ({"email": "ada"}, {"search": "example.com"})
    ] == [
        0,
        0,
    ]
    nothing = ask("/v1/profiles")
    assert (nothing.status_code, nothing.json()["errors"][0]["field"]) == (400, "search")
    assert ask("/v1/profiles", limit=5).status_code == 400


@pytest.mark.parametrize(
    ("path", "asked", "field", "says"),
    [
        ("/v1/profiles/user_id:u1", {"as_of": "2026-01-01"}, "as_of", "this call takes at"),
        ("/v1/profiles/user_id:u1", {"at": "yesterday"}, "at", "`at` is an instant like"),
        ("/v1/profiles/user_id:u1", {"at": "0001-01-01T00:00:00+23:00"}, "at", "`at` is an instant like"),
        ("/v1/profiles/user_id:u1/timeline", {"limit": "0"}, "limit", "from 1 to 200"),
        ("/v1/profiles/user_id:u1/timeline", {"cursor": "!"}, "cursor", "`cursor` is no cursor"),
        ("/v1/profiles/user_id:u1/timeline", {"cursor": "OTk5OTk5OTk5OTk5OTk5OTk5OTk5LjE"}, "cursor", "is no cursor"),
        ("/v1/profiles/user_id:u1/timeline", {"source": "x"}, "source", "whole number"),
        ("/v1/profiles/user_id:u1/timeline", {"q": "a\0b"}, "q", "no NUL"),
    ],
)
def test_a_bad_parameter_is_named_with_what_to_do(
    say: Say, ask: Ask, path: str, asked: dict[str, str], field: str, says: str
) -> None:
    say({"userId": "u1", "timestamp": "2026-11-01T10:00:00Z"})
    answer = ask(path, **asked)
    assert (answer.status_code, answer.json()["code"], answer.json()["errors"][0]["field"]) == (400, "invalid", field)
    assert says in answer.json()["detail"]


def test_a_plus_in_an_instant_need_not_be_encoded(say: Say, ask: Ask, server_key: str) -> None:
    say({"userId": "u1", "timestamp": "2026-11-01T10:00:00Z"})
    answer = Client().get(
        f"{PROFILES}user_id:u1/events?start=2026-11-01T11:00:00+01:00",
        headers={"Authorization": f"Bearer {server_key}"},
    )
    assert len(answer.json()["data"]) == 1


def test_hostile_addresses_are_answered(ask: Ask) -> None:
    for key in ("%00", "user_id:%00", "user_id:", ":", "x" * 3000, "email:%ff", "user_id:" + "%F0%9F%98%80" * 300):
        assert ask(f"/v1/profiles/{key}").status_code in (400, 404)
        assert ask(f"{PROFILES}{key}/traits").status_code in (400, 404)
