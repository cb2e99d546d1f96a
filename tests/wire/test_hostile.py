"""The zoo: whatever is posted to whichever endpoint, no 5xx, bounded memory and time, and nothing is lost in silence.

What is taken is stored, or named in `rejected` and kept in quarantine, or refused by a 4xx with a stable code.
"""

import gzip
import json
import time
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Sum
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from events import wire
from events.api.door import ROUTES
from events.mending import is_too_deep, mend
from events.models import Event, Inbox, RejectedEvent, Source, SourceDay
from tests.wire.entrance import post

pytestmark = pytest.mark.django_db
Work = Callable[[], int]
GOOD = b'{"type":"track","event":"x","userId":"u","distinct_id":"u","groupId":"g","previousId":"p"}'
MANY = b'{"batch":[%b]}' % GOOD


def with_value(value: bytes) -> bytes:
    """The value in every place of an item whose type is read."""
    fields = ("properties", "traits", "context", "messageId", "timestamp", "userId", "event", "uuid", "$set", "x")
    items = [b'%b,"%b":%b}' % (GOOD[:-1], field.encode(), value) for field in fields]
    return b'{"batch":[%b,%b]}' % (GOOD, b",".join(items))


VALUES = {
    "NaN": b"NaN",
    "Infinity": b"-Infinity",
    "1e400": b"1e400",
    "5,000 digits": b"9" * 5000,
    "an exponent": b"-1e-99999999999999999999",
    "a long fraction": b"0." + b"1" * 5000,
    "depth 1,000": b"[" * 1000 + b"]" * 1000,
    "duplicate keys": b'{"a":1,"a":2}',
    "NUL": b'"a\\u0000b"',
    "NUL in a key": b'{"a\\u0000b":1}',
    "a lone surrogate": b'"\\ud800"',
    "a lone surrogate in a key": b'{"\\udfff":1}',
    "bytes that are no UTF-8": b'"\xff\xed\xa0\x80"',
    "__proto__": b'{"__proto__":{"admin":true},"constructor":{"prototype":1}}',
    "a control character": b'"\x01\x1f"',
    "an empty key": b'{"":{"":""}}',
    "true": b"true",
    "null": b"null",
    "a list": b'[1,"2",null,{}]',
    "text": b'"x"',
    "a number": b"-0.0",
    "a script": b'"<script>alert(1)</script>${jndi:ldap://x}{{7*7}}\'; DROP TABLE events_event; --"',
}
BODIES = {
    **{f"a value: {name}": with_value(value) for name, value in VALUES.items()},
    "empty": b"",
    "blank": b" \n\t ",
    "BOM alone": b"\xef\xbb\xbf",
    "BOM": b"\xef\xbb\xbf" + MANY,
    "UTF-16": MANY.decode().encode("utf-16"),
    "null": b"null",
    "a number": b"7",
    "text": b'"x"',
    "a list of numbers": b"[1,2]",
    "an empty list": b"[]",
    "an empty object": b"{}",
    "an empty batch": b'{"batch":[]}',
    "a batch that is none": b'{"batch":{"a":1}}',
    "items that are none": b'{"batch":[null,1,"x",[],true,{}]}',
    "not closed": b'{"batch":[{"type":"track",',
    "two documents": MANY + MANY,
    "a comment": b"/* x */" + MANY,
    "single quotes": MANY.replace(b'"', b"'"),
    "depth 100,000": b'{"batch":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "objects 60,000 deep": b'{"a":' * 60_000 + b"1" + b"}" * 60_000,
    "a key of 1 MB": b'{"batch":[{"' + b"k" * 1_000_000 + b'":1}]}',
    "a key of 400 kB": b'{"batch":[{"' + b"k" * 400_000 + b'":1}]}',
    "strings that never close": b'{"batch":[' + b'\\"' * 240_000,
    "digits that never end": b'{"batch":[' + b"1" * 480_000,
    "form": b"data=%7B%22event%22%3A1%7D&compression=base64",
    "form of nothing": b"data=&data=&a=1",
    "whole gzip": gzip.compress(MANY),
    "two gzip members": gzip.compress(MANY[:20]) + gzip.compress(MANY[20:]),
    "gzip and garbage": gzip.compress(MANY) + b"garbage",
    "truncated gzip": gzip.compress(MANY)[:-6],
    "gzip of gzip": gzip.compress(gzip.compress(MANY)),
    "gzip of nothing": gzip.compress(b""),
    "gzip with a wrong checksum": gzip.compress(MANY)[:-8] + b"\x00" * 8,
    "the head of gzip": b"\x1f\x8b",
    "deflate": zlib.compress(MANY),
    "10,000 gzip members": gzip.compress(b"") * 10_000,
    "a gzip bomb": gzip.compress(b"\x00" * 60_000_000, 9),
    "a gzip bomb of JSON": gzip.compress(b'{"batch":[' + b"[" * 60_000_000, 9),
}
LENGTHS = {"none": "", "junk": "-5x", "a lie": "3", "far too much": "9" * 30}


def account(source: Source) -> tuple[int, int]:
    """(taken, accounted for): items the inbox acknowledged, and what the counters say became of them."""
    taken = Inbox.objects.filter(source=source).aggregate(n=Sum("items"))["n"] or 0
    days = SourceDay.objects.filter(source_id=source.pk).values_list("accepted", "duplicates", "rejected", "refused")
    return taken, sum(sum(day) for day in days)


@pytest.mark.parametrize("name", sorted(BODIES))
def test_no_body_harms_any_endpoint(name: str, backend: Source, work: Work) -> None:
    named = 0
    for route in sorted(ROUTES):
        status, answer = post(route, BODIES[name], key=backend.write_key)
        assert status in (200, 400, 413), (route, answer)
        if status == 200:
            named += len(answer["rejected"])
        else:
            assert {"code", "title", "status"} <= answer.keys()
    work()
    assert not Inbox.objects.filter(done_at=None).exists()
    taken, accounted = account(backend)
    assert taken == accounted
    assert RejectedEvent.objects.exclude(stage="identity").count() == named
    assert Event.objects.count() + RejectedEvent.objects.count() <= taken
    assert not RejectedEvent.objects.filter(stage="poison").exists()


@pytest.mark.parametrize("name", sorted(LENGTHS))
@pytest.mark.parametrize(
    "content_type", ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"]
)
@pytest.mark.parametrize("packed", [True, False])
def test_lengths_and_types_in_the_head_are_not_believed(
    name: str, content_type: str, packed: bool, backend: Source
) -> None:
    body = gzip.compress(MANY) if packed else MANY
    head = {"CONTENT_LENGTH": LENGTHS[name], "CONTENT_TYPE": content_type, "HTTP_CONTENT_ENCODING": "gzip"}
    status, answer = post("/v1/batch", body, key=backend.write_key, **head)
    if name == "far too much":
        assert (status, answer["code"]) == (413, "request_too_large")
    else:
        assert (status, answer) == (200, {"success": True, "received": 1, "rejected": []})


@pytest.mark.parametrize("name", ["a gzip bomb", "a gzip bomb of JSON", "a key of 1 MB", "depth 100,000"])
def test_memory_is_bounded_by_the_limit_whatever_a_body_unpacks_to(name: str, backend: Source, settings: Any) -> None:
    body = BODIES[name]
    post("/v1/batch", MANY, key=backend.write_key)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        status, _ = post("/v1/batch", body, key=backend.write_key)
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert status in (200, 400, 413)
    assert peak < 16 * settings.INGEST_MAX_REQUEST_BYTES, f"{peak:,} bytes"


@pytest.mark.parametrize("piece", [b'\\"', b'"\\', b"1", b"-1", b'["', b"[{", b'"\\u', b"NaN", b"\xff"])
def test_mending_looks_at_each_byte_a_bounded_number_of_times(piece: bytes) -> None:
    """Sixteen times the length may not take the square of it; the smallest of several runs tells least of the noise."""

    def seconds(repeats: int) -> float:
        body = piece * (repeats // len(piece)) + b"\\"
        took = []
        for _ in range(3):
            started = time.thread_time()
            mend(body)
            is_too_deep(body)
            took.append(time.thread_time() - started)
        return min(took)

    seconds(1000)
    assert seconds(400_000) < 3, "25 kB took 1 s and more when it was the square"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(["", " ", "u1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = (
    *("type", "event", "userId", "anonymousId", "groupId", "previousId", "messageId", "timestamp", "sentAt", "name"),
    *("originalTimestamp", "properties", "traits", "context", "category", "uuid", "distinct_id", "$set"),
)  # fmt: skip
ITEMS = st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=8).flatmap(
    lambda given: st.sampled_from([*sorted(wire.TYPES), None]).map(
        lambda kind: given | ({"type": kind} if kind else {})
    )
)


@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(items=st.lists(ITEMS, min_size=1, max_size=12), path=st.sampled_from(["/v1/batch", "/e", "/v1/import"]))
def test_items_of_any_shape_are_stored_or_named_and_all_are_counted(
    items: list[dict[str, Any]], path: str, backend: Source, work: Work
) -> None:
    before = account(backend)
    status, answer = post(path, json.dumps({"batch": items}).encode(), key=backend.write_key)
    assert status == 200
    assert answer["received"] == len(items)
    assert {fault["index"] for fault in answer["rejected"]} <= set(range(len(items)))
    work()
    after = account(backend)
    assert (after[0] - before[0], after[1] - before[1]) == (len(items), len(items))
    assert not RejectedEvent.objects.filter(stage="poison").exists()


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    body=st.binary(max_size=200) | ITEMS.map(lambda item: json.dumps(item).encode()[:-1]),
    path=st.sampled_from(sorted(ROUTES)),
)
def test_no_bytes_are_a_server_error(body: bytes, path: str, backend: Source) -> None:
    status, _ = post(path, body, key=backend.write_key)
    assert status in (200, 400, 413)
