"""PostHog's events read as ours: each shape of a request, whom an event is about, and what becomes of it later."""

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from events import services, wire
from events.blanking import blank
from events.models import Event, Inbox, RejectedEvent, Source
from events.posthog import translate
from events.queries import forget_sources
from tests.wire.entrance import post

LIMITS = wire.Limits(32_768, 2_500)
ONE: dict[str, Any] = {"event": "Seen", "distinct_id": "ada", "uuid": "m-1", "properties": {"a": 1, "token": "wk"}}
PACKED = base64.b64encode(json.dumps(ONE).encode()).decode()
SHAPES: dict[str, bytes] = {
    "a batch": json.dumps({"api_key": "wk", "batch": [ONE]}).encode(),
    "data": json.dumps({"token": "wk", "data": [ONE]}).encode(),
    "a list": json.dumps([ONE]).encode(),
    "one event": json.dumps({**ONE, "api_key": "wk"}).encode(),
    "a form of base64": f"data={quote(PACKED)}&compression=base64".encode(),
    "a form with bare plus signs": f"data={PACKED}".encode(),
    "a form of JSON": f"data={quote(json.dumps(ONE))}".encode(),
}
DEVICE = "01a20339-a263-7152-9b03-f8f9ffa72c4d"


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_a_request_of_any_shape_is_read_and_may_be_blanked(shape: str) -> None:
    body = SHAPES[shape]
    request = wire.parse(body, path_type="posthog", limits=LIMITS)
    (item,) = request.items
    assert isinstance(item, wire.Item)
    assert (item.head.type, item.head.event, item.head.user_id, item.head.message_id) == ("track", "Seen", "ada", "m-1")
    assert wire.open_object(item.head.properties) == {"a": 1}
    assert request.write_keys == ("wk",)
    emptied = wire.parse(blank(body, path_type="posthog", indexes={0}), path_type="posthog", limits=LIMITS)
    assert emptied.items == [wire.Blank(0)]


def people(event: str, distinct: object, **properties: Any) -> tuple[object, object]:
    found = translate({"event": event, "distinct_id": distinct, "properties": properties})
    return found.get("userId"), found.get("anonymousId")


@pytest.mark.parametrize(
    ("event", "distinct", "properties", "expected"),
    [
        ("x", DEVICE, {"$device_id": DEVICE, "$is_identified": False}, (None, DEVICE)),
        ("x", DEVICE, {"$device_id": DEVICE}, (None, DEVICE)),
        ("x", "ada", {"$device_id": DEVICE, "$user_id": "ada"}, ("ada", DEVICE)),
        ("x", "ada", {"$device_id": DEVICE, "$is_identified": True}, ("ada", DEVICE)),
        ("x", "ada", {"$device_id": DEVICE}, ("ada", DEVICE)),
        ("$identify", "ada", {"$anon_distinct_id": DEVICE}, ("ada", DEVICE)),
        ("x", "ada", {"$is_server": True}, ("ada", None)),
        ("x", DEVICE, {"$process_person_profile": False}, (None, DEVICE)),
        ("$groupidentify", "$company_c1", {}, (None, "$company_c1")),
        ("x", "$posthog_cookieless", {}, (None, None)),
        ("x", "", {}, (None, None)),
        ("x", None, {"distinct_id": "ada"}, ("ada", None)),
    ],
)
def test_a_distinct_id_is_a_user_id_once_the_sdk_says_so(
    event: str, distinct: object, properties: dict[str, Any], expected: tuple[object, object]
) -> None:
    assert people(event, distinct, **properties) == expected


@pytest.mark.parametrize(
    ("distinct", "alias", "lib", "expected"),
    [
        ("ada", "anon", "posthog-node", ("ada", "anon")),
        ("anon", "ada", "posthog-python", ("ada", "anon")),
        (DEVICE, "ada", "web", ("ada", DEVICE)),
        ("ada", DEVICE, "web", ("ada", DEVICE)),
    ],
)
def test_of_an_alias_the_id_an_sdk_made_up_is_the_former_one(
    distinct: str, alias: str, lib: str, expected: tuple[str, str]
) -> None:
    found = translate({"event": "$create_alias", "distinct_id": distinct, "properties": {"alias": alias, "$lib": lib}})
    assert (found["type"], found["userId"], found["previousId"]) == ("alias", *expected)


@pytest.mark.django_db
def test_an_item_in_quarantine_keeps_its_own_bytes_and_is_replayed_as_what_it_was(
    pages: Source, work: Callable[[], int]
) -> None:
    Source.objects.filter(pk=pages.pk).update(with_token=["user_id"])
    body = json.dumps({"batch": [{**ONE, "event": "Seen"}, {**ONE, "uuid": "m-2", "event": ""}]}).encode()
    status, answer = post("/e", body, key=pages.write_key)
    assert (status, [fault["code"] for fault in answer["rejected"]]) == (200, ["missing_event"])
    work()
    unproven = RejectedEvent.objects.get(reason="unproven_claim")
    assert json.loads(bytes(unproven.raw)) == ONE
    Source.objects.filter(pk=pages.pk).update(with_token=[], kind="server")
    forget_sources()
    services.replay([unproven.pk])
    work()
    assert Event.objects.get().name == "Seen"
    assert Inbox.objects.latest("id").path_type == "posthog"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/flags/?v=2", "/flags", "/decide/?v=3"])
def test_there_are_no_feature_flags_and_none_failed(path: str, pages: Source) -> None:
    asked = {"token": pages.write_key, "distinct_id": "ada"}
    answer = Client().post(path, json.dumps(asked), "text/plain", HTTP_ORIGIN="https://shop.example")
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == "*"
    found = answer.json()
    assert (found["flags"], found["featureFlags"], found["errorsWhileComputingFlags"]) == ({}, {}, False)
    unknown = Client().post(path, json.dumps({"token": "wk_nobody"}), "text/plain")
    assert (unknown.status_code, unknown.json()["code"]) == (401, "unknown_write_key")
    broken = Client().post(path, b"\x1f\x8b{", "text/plain")
    assert broken.status_code == 400


@pytest.mark.django_db
def test_the_configuration_is_a_script_that_says_all_else_is_off(pages: Source) -> None:
    config = Client().get(f"/array/{pages.write_key}/config").json()
    assert (config["token"], config["sessionRecording"], config["surveys"]) == (pages.write_key, False, False)
    script = Client().get(f"/array/{pages.write_key}/config.js")
    assert script["Content-Type"] == "application/javascript"
    assert json.dumps(pages.write_key) in script.content.decode()
    assert Client().get("/array/wk_nobody</script>/config.js").status_code == 404
