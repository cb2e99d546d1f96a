"""The door: keys in all their places, limits by one byte, gzip, CORS, durability, and the JSON zoo: never a 5xx."""

import base64
import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from events import wire
from events.api import door
from events.api.door import ROUTES
from events.api.wsgi import ingest_first
from events.models import Event, Inbox, Source
from events.rate_limit import Buckets
from tests.events.conftest import Send

ITEM: dict[str, Any] = {"type": "track", "event": "Tested", "userId": "u1"}
Work = Callable[[], int]


def basic(user: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:".encode()).decode()


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("route", sorted(ROUTES))
def test_every_route_takes_events_with_and_without_a_slash(route: str, slash: str, send: Send) -> None:
    full = {**ITEM, "groupId": "g", "previousId": "p", "distinct_id": "u1"}
    answer = send([full] if ROUTES[route] in wire.MANY else full, route + slash)
    assert (answer.status_code, answer.json()) == (200, {"success": True, "received": 1, "rejected": []})
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert Inbox.objects.get().path_type == ROUTES[route]


@pytest.mark.parametrize("place", ["basic", "header", "header id", "header secret", "body", "api_key", "query", "item"])
def test_the_write_key_is_found_in_each_of_its_places(place: str, server: Source) -> None:
    key = server.write_key
    head: dict[str, Any] = {
        "basic": {"HTTP_AUTHORIZATION": basic(key)},
        "header": {"HTTP_X_WRITE_KEY": key},
        "header id": {"HTTP_X_WRITE_KEY": f"{key}:s"},
        "header secret": {"HTTP_X_WRITE_KEY": f"id:{key}"},
    }.get(place, {})
    body = {"body": {"batch": [ITEM], "writeKey": key}, "api_key": {"batch": [ITEM], "api_key": key}}.get(
        place, {"batch": [ITEM]}
    )
    path = f"/v1/batch?writeKey={key}" if place == "query" else "/v1/batch"
    if place == "item":
        path, body = "/v1/track", {**ITEM, "writeKey": key}
    assert Client().post(path, json.dumps(body), content_type="text/plain", **head).status_code == 200
    assert Inbox.objects.get().source_id == server.pk


def test_a_source_past_its_rate_is_answered_429_with_retry_after_and_nothing_is_stored(
    send: Send, browser: Source, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.INGEST_MAX_EVENTS_PER_SECOND = 2
    clock = iter([100.0, 100.0, 100.0, 102.0, 102.0])

    class ClockedBuckets(Buckets):
        def take(self, source_id: int, events: int, *, per_second: int, now_s: float) -> int:
            return super().take(source_id, events, per_second=per_second, now_s=next(clock))

    monkeypatch.setattr(door, "buckets", ClockedBuckets())
    assert send([ITEM] * 5).status_code == 200  # a batch larger than a second's worth is taken, and paid for after
    answer = send([ITEM])
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (429, "rate_limited", "2")
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Access-Control-Expose-Headers"] == "Retry-After"
    assert Inbox.objects.count() == 1
    assert send([ITEM], key=browser.write_key).status_code == 200  # another source is not concerned
    assert send([ITEM]).status_code == 200
    assert send([ITEM]).status_code == 429
    settings.INGEST_MAX_EVENTS_PER_SECOND = 0
    assert send([ITEM]).status_code == 200


@given(st.integers(1, 50), st.lists(st.tuples(st.integers(1, 20), st.floats(0, 2)), max_size=60))
def test_no_rate_is_exceeded_by_more_than_a_second_and_a_batch_and_retry_after_is_the_truth(
    rate: int, asked: list[tuple[int, float]]
) -> None:
    buckets, now, taken = Buckets(), 0.0, 0
    for events, pause in asked:
        now += pause
        wait = buckets.take(1, events, per_second=rate, now_s=now)
        if wait:
            now += wait + 1e-6
            assert buckets.take(1, events, per_second=rate, now_s=now) == 0
        taken += events
        assert taken <= rate * (now + 1) + 20 + 1e-3


def test_an_unknown_key_is_401_a_disabled_source_403_and_nothing_is_stored(send: Send, server: Source) -> None:
    answer = send([ITEM], key="wk_unknown")
    assert (answer.status_code, answer.json()["code"], answer["Content-Type"]) == (
        401,
        "unknown_write_key",
        "application/problem+json",
    )
    assert answer["WWW-Authenticate"].startswith("Basic")
    Source.objects.update(enabled=False)
    answer = send([ITEM])
    assert (answer.status_code, answer.json()["code"]) == (403, "source_disabled")
    assert not Inbox.objects.exists()


def test_a_get_is_405_and_a_preflight_names_the_headers_that_trackers_send(send: Send) -> None:
    assert Client().get("/v1/batch").status_code == 405
    answer = Client().options("/v1/t", HTTP_ORIGIN="https://shop.example", HTTP_ACCESS_CONTROL_REQUEST_METHOD="POST")
    assert answer.status_code == 204
    allowed = answer["Access-Control-Allow-Headers"].split(", ")
    assert {"authorization", "content-type", "anonymousid", "x-write-key"} <= set(allowed)
    assert "Access-Control-Allow-Credentials" not in answer


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "empty_body"),
        (b"  ", 400, "empty_body"),
        (b"{", 400, "malformed_json"),
        (b"[]", 400, "not_an_object"),
        (b"null", 400, "not_an_object"),
        (b'"x"', 400, "not_an_object"),
        (b"{}", 400, "missing_batch"),
        (b'{"batch":{}}', 400, "missing_batch"),
        (b'{"batch":[]}', 400, "empty_batch"),
        (b"\x1f\x8b\x00", 400, "bad_gzip"),
        (gzip.compress(b'{"batch":[]}', mtime=0)[:-9], 400, "bad_gzip"),
    ],
)
def test_whole_request_faults_have_stable_codes(body: bytes, status: int, code: str, send: Send) -> None:
    answer = send(body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Inbox.objects.exists()


def padded(size: int) -> bytes:
    bare = json.dumps({**ITEM, "properties": {"pad": ""}}, separators=(",", ":")).encode()
    return bare.replace(b'"pad":""', b'"pad":"' + b"x" * (size - len(bare)) + b'"')


def test_an_event_of_32_kb_is_taken_and_one_byte_more_is_refused_by_name(send: Send, settings: Settings) -> None:
    limit = settings.INGEST_MAX_EVENT_BYTES
    assert limit == 32768
    assert send(padded(limit), "/v1/track").json() == {"success": True, "received": 1, "rejected": []}
    answer = send(padded(limit + 1), "/v1/track")
    assert (answer.status_code, answer.json()["code"]) == (413, "event_too_large")
    answer = send(b'{"batch":[' + padded(limit) + b"," + padded(limit + 1) + b"]}")
    assert [(fault["index"], fault["code"]) for fault in answer.json()["rejected"]] == [(1, "event_too_large")]


@pytest.mark.parametrize("packed", [False, True])
def test_a_request_may_have_500_kb_unpacked_and_not_one_byte_more(packed: bool, send: Send, settings: Settings) -> None:
    limit = settings.INGEST_MAX_REQUEST_BYTES
    body = b'{"batch":[' + json.dumps(ITEM).encode() + b"]}"
    for extra, status in ((0, 200), (1, 413)):
        full = body + b" " * (limit + extra - len(body))
        assert send(gzip.compress(full) if packed else full).status_code == status
    assert Inbox.objects.count() == 1


def test_2500_events_are_taken_and_2501_are_too_many(send: Send) -> None:
    small = {"type": "page", "userId": "u"}
    assert send([small] * 2500).json()["received"] == 2500
    answer = send([small] * 2501)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_events")


def test_a_gzip_bomb_is_413_whatever_it_unpacks_to(send: Send) -> None:
    assert send(gzip.compress(b"\x00" * 200_000_000, 9)).status_code == 413
    assert not Inbox.objects.exists()


def test_gzip_is_known_by_its_bytes_with_or_without_the_header(send: Send) -> None:
    packed = gzip.compress(json.dumps({"batch": [ITEM]}).encode())
    assert send(packed, HTTP_CONTENT_ENCODING="gzip").status_code == 200
    assert send(packed).status_code == 200
    assert send([ITEM], HTTP_CONTENT_ENCODING="gzip").status_code == 200
    assert all(bytes(row.body).startswith(b"{") for row in Inbox.objects.all())


def test_the_head_is_kept_beside_the_body(send: Send) -> None:
    send([ITEM], HTTP_SEC_GPC="1", HTTP_USER_AGENT="agent", HTTP_ANONYMOUSID=base64.b64encode(b"anon-7").decode())
    send([ITEM], HTTP_SEC_GPC="true")
    first, second = Inbox.objects.order_by("id").values_list("facts", flat=True)
    assert first == {"ip": "127.0.0.1", "user_agent": "agent", "gpc": True, "anonymous_id": "anon-7"}
    assert "gpc" not in second


def test_the_anonymous_id_header_serves_items_that_name_nobody(send: Send) -> None:
    answer = send({"event": "Tested"}, "/v1/track", HTTP_ANONYMOUSID=base64.b64encode(b"anon-7").decode())
    assert answer.json()["rejected"] == []
    assert send({"event": "Tested"}, "/v1/track").json()["rejected"][0]["code"] == "missing_id"


VALUES = {
    "NaN": b"NaN",
    "Infinity": b"-Infinity",
    "1e400": b"1e400",
    "int5000": b"9" * 5000,
    "exp": b"1e99999999999999999999",
    "deep": b"[" * 100_000 + b"]" * 100_000,
    "deep object": b'{"a":' * 60_000 + b"1" + b"}" * 60_000,
    "deep900": b"[" * 900 + b"]" * 900,
    "duplicate": b'{"a":1,"a":2}',
    "nul": b'"a\\u0000b"',
    "nul key": b'{"a\\u0000b":1}',
    "surrogate": b'"\\ud800"',
    "surrogate2": b'"\\udc00\\ud800x"',
    "surrogate key": b'{"\\ud83d":1}',
    "raw surrogate": b'"\xed\xa0\x80"',
    "bad utf-8": b'"\xff\xfe"',
    "proto": b'{"__proto__":{"admin":true},"constructor":{}}',
    "control": b'"\x01"',
    "long key": b'{"' + b"k" * 1_000_000 + b'":1}',
    "empty key": b'{"":1}',
    "not closed": b'{"a":',
    "true": b"true",
    "list": b"[1]",
    "text": b'"x"',
    "null": b"null",
    "0": b"0",
    "-0.0": b"-0.0",
}
FIELDS = (
    "properties",
    "context",
    "traits",
    "type",
    "event",
    "userId",
    "anonymousId",
    "groupId",
    "previousId",
    "messageId",
    "timestamp",
    "originalTimestamp",
    "sentAt",
    "name",
    "category",
    "integrations",
    "writeKey",
    "batch",
)


@pytest.mark.parametrize("name", sorted(VALUES))
def test_no_json_trap_in_any_field_is_a_server_error_and_what_is_taken_is_processed(
    name: str, send: Send, work: Work
) -> None:
    value = VALUES[name]
    for number, field in enumerate(FIELDS[:2] if name.startswith("deep") else FIELDS):
        item = b'{"type":"track","event":"x","userId":"u%d","properties":{},"%s":%s}' % (number, field.encode(), value)
        nested = b'{"type":"identify","userId":"v%d","traits":{"%s":%s},"context":{"x":%s}}' % (
            number,
            field.encode(),
            value,
            value,
        )
        for raw in (item, nested):
            assert send(raw, "/v1/track").status_code in (200, 400, 413)
            assert send(b'{"batch":[{"type":"page","userId":"ok"},%s]}' % raw).status_code in (200, 400, 413)
        outer = b'{"batch":[{"type":"page","userId":"ok"}],"%s":%s}' % (field.encode(), value)
        assert send(outer).status_code in (200, 400, 413)
    taken = Inbox.objects.count()
    work()
    assert not Inbox.objects.filter(done_at=None).exists()
    assert Event.objects.exists() == (taken > 0)


def test_what_strict_json_refuses_is_mended_as_documented(send: Send, work: Work) -> None:
    properties = b'{"a":NaN,"b":"\\ud800","c":"n\\u0000","d":-Infinity,"e\\u0000":1,"f":1,"f":2}'
    body = b'\xef\xbb\xbf{"batch":[{"type":"track","event":"x","userId":"u","properties":%s}]}' % properties
    assert send(body).status_code == 200
    work()
    assert Event.objects.get().properties == {"a": None, "b": "\ufffd", "c": "n\ufffd", "d": None, "e\ufffd": 1, "f": 2}


def test_an_item_nested_too_deep_is_named_and_harms_no_neighbor(send: Send, work: Work) -> None:
    deep = b'{"type":"track","event":"x","userId":"u","properties":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}"
    answer = send(b'{"batch":[{"type":"page","userId":"ok"},' + deep + b"]}")
    assert answer.status_code in (200,)
    assert [(fault["index"], fault["code"]) for fault in answer.json()["rejected"]] == [(1, "event_too_large")] or [
        (fault["index"], fault["code"]) for fault in answer.json()["rejected"]
    ] == [(1, "too_deep")]
    work()
    assert Event.objects.get().type == "page"


@pytest.mark.django_db(transaction=True)
def test_an_acknowledged_request_is_visible_to_another_connection(send: Send) -> None:
    assert send([ITEM]).status_code == 200
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM events_inbox")
            assert cursor.fetchone() == (1,)
    finally:
        other.close()


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_is_503_with_retry_after(
    send: Send, server: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert send([ITEM]).status_code == 200
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    answer = send([ITEM])
    connection.close()
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "database_away", "5")


def test_the_fast_lane_answers_as_the_views_do_and_leaves_the_rest_to_django(send: Send, server: Source) -> None:
    import io

    seen: list[tuple[str, dict[str, str]]] = []

    def django(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("418 Django's", [])
        return [b""]

    application = ingest_first(django)

    def call(method: str, path: str, body: bytes = b"") -> bytes:
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "wsgi.input": io.BytesIO(body),
            "HTTP_X_WRITE_KEY": server.write_key,
            "wsgi.url_scheme": "http",
        }
        return b"".join(application(environ, lambda status, headers: seen.append((status, dict(headers)))))

    assert json.loads(call("POST", "/v1/t/", json.dumps(ITEM).encode()))["received"] == 1
    call("OPTIONS", "/v1/t")
    call("POST", "/v1/batch", b"{")
    call("GET", "/v1/nowhere")
    assert [status for status, _ in seen] == ["200 OK", "204 No Content", "400 Bad Request", "418 Django's"]
    assert seen[0][1]["Content-Type"] == "application/json"
    assert Inbox.objects.count() == 1
