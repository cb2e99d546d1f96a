"""Every recorded client, unmodified: what it sent is stored under its own ids, names and times; nothing turned away."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from cdp.lib.hashing import message_hash
from events.models import Event, Inbox, MessageConflict, RejectedEvent, SourceDay
from profiles.models import Identifier
from tests.events.conftest import work as work
from tests.paths import CAPTURES
from tests.sdk.world import identifiers_of_profile
from tests.wire.captures import FILES, Recorded, make_sources, received_when_sent, recorded, send

pytestmark = pytest.mark.django_db
Said = tuple[str, str, str]

U1, U2 = "user_id:u1", "user_id:u2"
SERVER = [
    ("identify", "identify", U1),
    ("track", "Order Completed", U1),
    ("page", "page", U1),
    ("screen", "screen", U1),
    ("group", "group", U1),
    ("alias", "alias", U2),
]
NO_SCREEN = [one for one in SERVER if one[0] != "screen"]
SAID: dict[str, list[Said]] = {
    "analytics-node-old": [("identify", "identify", U1), ("track", "Ev", U1)],
    "analytics-python-old": [("identify", "identify", U1), ("track", "Ev", U1)],
    "browser-jit": [
        ("page", "page", "anonymous_id:e2dd085a-9933-466c-895e-9cc8fe17049b"),
        ("identify", "identify", U1),
        ("track", "Order Completed", U1),
    ],
    "browser-ph": [
        ("page", "page", U1),
        ("identify", "identify", U1),
        ("track", "Order Completed", U1),
        ("track", "$pageleave", U1),
    ],
    "browser-rud": [
        ("page", "page", "anonymous_id:30f4f786-e301-4e7a-b96f-28dcf85f8165"),
        ("identify", "identify", U1),
        ("track", "Order Completed", U1),
        ("alias", "alias", U2),
        ("group", "group", U1),
    ],
    "browser-rudbeacon": [
        ("page", "page", "anonymous_id:057efb0b-8aae-4472-8276-7a906eed80e2"),
        ("identify", "identify", U1),
        ("track", "Order Completed", U1),
        ("group", "group", U1),
        ("alias", "alias", U2),
    ],
    "browser-seg": [
        ("identify", "identify", U1),
        ("page", "page", U1),
        ("track", "Order Completed", U1),
        ("group", "group", U1),
        ("alias", "alias", U1),
    ],
    "browser-segbatch": [("page", "page", U1), ("identify", "identify", U1), ("track", "Order Completed", U1)],
    "jitsu-node": [one for one in NO_SCREEN if one[0] != "alias"],
    "posthog-node": [
        ("identify", "identify", U1),
        ("track", "Order Completed", U1),
        ("alias", "alias", U1),
        ("track", "$feature_flag_called", U1),
    ],
    "posthog-python": [
        ("track", "Order Completed", U1),
        ("identify", "identify", U1),
        ("alias", "alias", U1),
        ("group", "group", "anonymous_id:60a6c9f9-d282-4772-8f66-49984687952e"),
        ("track", "$feature_flag_called", U1),
    ],
    "posthog-python-gzip": [
        ("track", "Order Completed", U1),
        ("identify", "identify", U1),
        ("alias", "alias", U1),
        ("group", "group", "anonymous_id:68fade25-deb3-4553-8e99-69ca012a1242"),
        ("track", "$feature_flag_called", U1),
    ],
    "rudder-node": NO_SCREEN,
    "rudder-node-gzip": NO_SCREEN,
    "rudder-python": SERVER,
    "rudder-python-gzip": SERVER,
    "segment-node": SERVER,
    "segment-python": SERVER,
    "segment-python-gzip": SERVER,
}


@pytest.mark.skipif(not CAPTURES.exists(), reason="needs the recorded requests beside the repository")
def test_every_recording_is_told_here() -> None:
    assert {file.stem for file in FILES} == set(SAID)


@pytest.mark.parametrize("client", sorted(SAID))
def test_what_a_recorded_client_sent_is_stored_as_it_said_it(client: str, work: Callable[[], int]) -> None:
    requests = recorded(client)
    make_sources("browser" if client.startswith("browser") else "server")
    told = [item for request in requests for item in replayed(request)]
    work()
    events = list(Event.objects.order_by("inbox_id", "index"))
    named = {found.pk: f"{found.kind}:{found.value}" for found in Identifier.objects.all()}
    found = [(event.type, event.name, named[event.identifier_id]) for event in events]
    assert sorted(found) == sorted(SAID[client])
    assert [bytes(event.message_hash) for event in events] == [message_hash(id_of(item)) for item in told]
    assert [event.occurred_at.isoformat(timespec="milliseconds") for event in events] == [
        at_of(item).replace("Z", "+00:00") for item in told
    ]
    assert [sorted(event.flags) for event in events] == [expected_flags(client, item) for item in told]
    assert [event.properties for event in events] == [properties_of(item) for item in told]
    assert_all_is_accounted_for(len(told))


def replayed(request: Recorded) -> list[dict[str, Any]]:
    """Send it; what it told of."""
    status, headers, answer = send(request)
    assert status == 200, answer
    assert headers["Access-Control-Allow-Origin"] == "*"
    if not request.items:
        return []
    assert json.loads(answer) == {"success": True, "received": len(request.items), "rejected": []}
    received_when_sent(request)
    return request.items


def assert_all_is_accounted_for(count: int) -> None:
    assert list(RejectedEvent.objects.values_list("stage", "reason", "detail")) == []
    assert not MessageConflict.objects.exists()
    assert not Inbox.objects.filter(done_at=None).exists()
    days = SourceDay.objects.values_list("received", "accepted", "duplicates", "rejected", "refused", "conflicts")
    assert [sum(column) for column in zip(*days, strict=True)] == [count, count, 0, 0, 0, 0]


def id_of(item: dict[str, Any]) -> str:
    return str(item.get("messageId") or item["uuid"])


def at_of(item: dict[str, Any]) -> str:
    """Its own time, to the millisecond."""
    given = str(item.get("timestamp") or item["originalTimestamp"])
    whole, dot, rest = given.partition(".")
    return f"{whole}{dot}{rest[:3]}{'Z' if rest.endswith('Z') else '+00:00'}"


def expected_flags(client: str, item: dict[str, Any]) -> list[str]:
    """A headless Chromium is a bot; a@b.c, which the recordings use, is no address. Both are kept as they were sent."""
    given = item.get("properties") or {}
    bags = (item.get("traits"), item.get("context", {}).get("traits"), item.get("$set"), given, given.get("$set"))
    unreadable = any(isinstance(bag, dict) and "email" in bag for bag in bags)
    return ["bot"] * client.startswith("browser") + ["email_unreadable"] * unreadable


def properties_of(item: dict[str, Any]) -> dict[str, Any]:
    """What the log holds of it, told a second time."""
    if "uuid" in item:
        return posthog_properties_of(item)
    kind, properties = item["type"], item.get("properties", {})
    if kind == "identify":
        return {**item.get("context", {}).get("traits", {}), **item.get("traits", {})}
    if kind == "group":
        return {"groupId": item["groupId"], "traits": item.get("traits", {})}
    if kind == "alias":
        return {"previousId": item["previousId"]}
    if kind == "track":
        return dict(properties)
    return {**{name: item[name] for name in ("name", "category") if item.get(name)}, **properties}


def posthog_properties_of(item: dict[str, Any]) -> dict[str, Any]:
    properties, event = item["properties"], item["event"]
    if event in ("$identify", "$set"):
        return dict(item.get("$set") or properties["$set"])
    if event == "$groupidentify":
        return {"groupId": "c1", "traits": {"group_type": "company", "name": "G"}}
    if event == "$create_alias":
        return {"previousId": "anon1"}
    if event == "$pageview":
        return {"title": "t", "url": properties["$current_url"], "path": "/t.html"}
    if event.startswith("$"):
        gone = {"$lib", "$lib_version", "$os", "$os_version", "$is_identified", "$device_id", "$user_id", "distinct_id"}
        gone |= {"token", "$current_url", "$pathname", "$referrer", "$raw_user_agent", "$browser_language", "$timezone"}
        gone |= {"$screen_width", "$screen_height", "$device_type", "$session_id"}
        return {name: value for name, value in properties.items() if name not in gone}
    return {"total": 9.5}


def test_rudderstacks_order_is_one_order_whatever_packing_it_came_in(work: Callable[[], int]) -> None:
    """gzip under a form content type is read by its bytes."""
    make_sources("server")
    for request in recorded("rudder-node-gzip"):
        assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
        replayed(request)
    work()
    assert Event.objects.filter(name="Order Completed").count() == 1
    assert identifiers_of_profile("user_id", "u1") == {U1, "anonymous_id:anon1"}


@pytest.mark.parametrize("client", ["segment-node", "rudder-python", "browser-rud"])
def test_an_alias_of_one_user_id_to_another_joins_no_two_people(client: str, work: Callable[[], int]) -> None:
    make_sources("browser" if client.startswith("browser") else "server")
    for request in recorded(client):
        replayed(request)
    work()
    profiles = dict(Identifier.objects.filter(kind="user_id").values_list("value", "profile_id"))
    assert profiles.keys() == {"u1", "u2"}
    assert profiles["u1"] != profiles["u2"]


def test_a_posthog_browsers_visitor_and_customer_are_one_person(work: Callable[[], int]) -> None:
    make_sources("browser")
    for request in recorded("browser-ph"):
        replayed(request)
    work()
    assert identifiers_of_profile("user_id", "u1") == {U1, "anonymous_id:01a20339-a263-7152-9b03-f8f9ffa72c4d"}
    context = Event.objects.get(name="Order Completed").context
    assert context["library"] == {"name": "web", "version": "1.449.2"}
    assert context["page"]["url"] == "http://127.0.0.1:7436/t.html"
    assert (context["locale"], context["channel"]) == ("en-US", "web")


def test_the_same_recording_twice_is_counted_as_duplicates_and_no_conflict(work: Callable[[], int]) -> None:
    make_sources("server")
    for _ in range(2):
        for request in recorded("segment-python"):
            replayed(request)
        work()
    assert SourceDay.objects.values_list("received", "accepted", "duplicates", "conflicts").get() == (12, 6, 6, 0)
