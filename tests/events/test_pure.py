"""The pure modules of events: canonical values, clock repair, mending, blanking, and the wire under any bytes."""

import contextlib
import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cdp.lib import values
from events import clock_repair, items, mending, wire
from events.blanking import BLANK, blank, is_blank
from events.names import canonical_name

LIMITS = wire.Limits(32_768, 2500)
NOW = 1_795_350_000_000_000
MINUTE = 60_000_000


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        (19.99, Decimal("19.99")),
        ("19.99", Decimal("19.99")),
        ("-0012", Decimal(-12)),
        (7, Decimal(7)),
        (True, None),
        (None, None),
        ("1e3", None),
        (" 1", None),
        ("1.", None),
        (".5", None),
        ("+1", None),
        ("١", None),
        ("", None),
        (10**12, None),
        (float("nan"), None),
        (float("inf"), None),
        ("1.0000005", Decimal("1.000000")),
        ("1.0000015", Decimal("1.000002")),
        ("9999999999999", None),
        ("999999999999.9999999", None),
        (Decimal("2.5"), Decimal("2.5")),
        ([], None),
    ],
)
def test_a_number_is_a_json_number_or_wholly_plain_text(raw: object, number: Decimal | None) -> None:
    assert values.number(raw) == number


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda c: st.lists(c) | st.dictionaries(st.text(), c),
    )
)
def test_canonical_values_are_storable_and_canonical_already(value: Any) -> None:
    once = values.canonical(json.loads(json.dumps(value)))
    encoded = msgspec.json.Encoder(decimal_format="number").encode(once)
    assert b"\\u0000" not in encoded
    again = values.canonical(msgspec.json.Decoder(float_hook=values.read_number).decode(encoded))
    assert again == once


@pytest.mark.parametrize(
    ("client", "sent", "expected", "flags"),
    [
        (NOW - MINUTE, NOW, NOW - MINUTE, ()),
        (NOW - MINUTE, None, NOW - MINUTE, ()),
        (NOW - MINUTE, NOW - 10 * MINUTE, NOW - MINUTE, ()),
        (NOW - 62 * MINUTE, NOW - 60 * MINUTE, NOW - 2 * MINUTE, ("clock_repaired",)),
        (NOW + 60 * MINUTE, NOW + 61 * MINUTE, NOW - MINUTE, ("clock_repaired",)),
        (NOW + 5 * MINUTE, NOW, NOW + 5 * MINUTE, ()),
        (NOW + 5 * MINUTE + 1, NOW, NOW, ("time_future",)),
        (-62_135_596_800_000_000, NOW, NOW, ("time_absurd",)),
        (None, NOW, NOW, ("time_unreadable",)),
    ],
)
def test_clocks_are_believed_within_ten_minutes_and_repaired_beyond(
    client: int | None, sent: int | None, expected: int, flags: tuple[str, ...]
) -> None:
    found = clock_repair.occurrence(client_us=client, was_given=True, sent_us=sent, received_us=NOW)
    assert (found.at_us, found.flags) == (expected, flags)


def test_without_a_time_an_event_happened_when_it_was_received() -> None:
    found = clock_repair.occurrence(client_us=None, was_given=False, sent_us=None, received_us=NOW)
    assert (found.at_us, found.flags) == (NOW, ())


def test_a_repaired_event_keeps_its_original_time() -> None:
    body = b'{"userId":"u","event":"x","timestamp":"2020-01-01T00:00:00Z","sentAt":"2020-01-01T00:01:00Z"}'
    item = wire.parse(body, path_type="track", limits=LIMITS).items[0]
    assert isinstance(item, wire.Item)
    opened = items.open_item(item, inbox_id=1, sent_at=None, received_us=NOW)
    assert (opened.at_us, opened.flags) == (NOW - MINUTE, ("clock_repaired",))
    assert opened.context == {"original_timestamp": "2020-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("raw", "us"),
    [
        ("2026-11-22T12:25:09.745+00:00", 1_795_350_309_745_000),
        ("2026-11-22T12:25:09.745Z", 1_795_350_309_745_000),
        ("2026-11-22T13:25:09.745+01:00", 1_795_350_309_745_000),
        ("2026-11-22T12:25:09.745", 1_795_350_309_745_000),
        (1_795_350_309_745, 1_795_350_309_745_000),
        (1_795_350_309, 1_795_350_309_000_000),
        ("+275760-09-13T00:00:00Z", None),
        ("yesterday", None),
        (True, None),
        ({}, None),
        (10**30, None),
        ("0001-01-01T00:00:00+23:59", -62_135_683_140_000_000),
    ],
)
def test_instants_are_read_as_trackers_write_them(raw: object, us: int | None) -> None:
    assert values.instant_us(raw) == us


@pytest.mark.parametrize(
    ("old", "new"), [("Viewed Product", "Product Viewed"), (" completed order ", "Order Completed"), ("Mine", "Mine")]
)
def test_older_names_become_canonical(old: str, new: str) -> None:
    assert canonical_name(old) == new


@given(st.binary(max_size=300))
def test_any_bytes_are_items_or_a_named_refusal(body: bytes) -> None:
    statuses = {400}
    for path_type in ("batch", "track"):
        for framed in (
            body,
            b'{"batch":[{"type":"page","userId":"u","properties":' + body + b"}]}",
            b'{"event":"x","userId":' + body + b"}",
        ):
            try:
                request = wire.parse(framed, path_type=path_type, limits=LIMITS)
            except wire.Unreadable as fault:
                statuses.add(fault.status)
            else:
                for item in request.items:
                    if isinstance(item, wire.Item):
                        items.open_item(item, inbox_id=1, sent_at=request.sent_at, received_us=NOW)
    assert statuses <= {400, 413}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda c: st.lists(c, max_size=3) | st.dictionaries(st.text(max_size=4), c, max_size=3),
    max_leaves=8,
)
FIELD = st.sampled_from(
    [
        "type",
        "event",
        "userId",
        "anonymousId",
        "messageId",
        "timestamp",
        "sentAt",
        "properties",
        "context",
        "traits",
        "groupId",
        "previousId",
        "name",
        "category",
        "blanked",
    ]
)


@given(st.lists(st.dictionaries(FIELD, JSON), min_size=1, max_size=4))
def test_any_json_in_any_field_is_an_item_or_a_named_fault(batch: list[dict[str, Any]]) -> None:
    request = wire.parse(json.dumps({"batch": batch}).encode(), path_type="batch", limits=LIMITS)
    assert [item.index for item in request.items] == list(range(len(batch)))
    for item in request.items:
        if isinstance(item, wire.Item):
            opened = items.open_item(item, inbox_id=1, sent_at=None, received_us=NOW)
            json.dumps([opened.properties, opened.context, opened.traits], default=str)


@given(st.lists(st.sampled_from([b"[", b"]", b"{", b"}", b'"a":', b'"\\"["', b"1,"]), max_size=400))
def test_mending_never_fails_and_leaves_no_json_deeper_than_its_bound(parts: list[bytes]) -> None:
    mended = mending.mend(b"".join(parts))
    with contextlib.suppress(ValueError):
        assert depth_of(json.loads(mended)) <= mending.DEEPEST + 8


@given(st.lists(st.sampled_from(["[%s]", '{"a":%s}', "[1,%s,[[]]]", '{"]}":"[\\"{","b":%s}']), max_size=160))
@example(['{"]}":"[\\"{","b":%s}'] * 73)
@example(["[1,%s,[[]]]"] * 72)
def test_mending_cuts_what_is_too_deep_and_nothing_else(levels: list[str]) -> None:
    body = "1"
    for level in levels:
        body = level.replace("%s", body)
    given_value = json.loads(body)
    mended = mending.mend(body.encode())
    found = json.loads(mended)
    assert depth_of(found) == min(depth_of(given_value), mending.DEEPEST + 8)
    assert mending.is_too_deep(mended) == (depth_of(given_value) > mending.DEEPEST)
    assert found == cut(given_value, mending.DEEPEST + 8)


def depth_of(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth_of, inner), default=0)


def cut(value: Any, depth: int) -> Any:
    if isinstance(value, (dict, list)) and depth == 0:
        return "…"
    if isinstance(value, dict):
        return {name: cut(inner, depth - 1) for name, inner in value.items()}
    return [cut(inner, depth - 1) for inner in value] if isinstance(value, list) else value


def test_depth_64_is_taken_and_65_refused() -> None:
    for depth, code in ((62, None), (63, None), (64, "too_deep")):
        nested = b'{"a":' * (depth - 1) + b"[]" + b"}" * (depth - 1)
        item = wire.parse(
            b'{"event":"x","userId":"u","properties":%s}' % nested, path_type="track", limits=LIMITS
        ).items[0]
        assert getattr(item, "code", None) == code


def test_blanking_keeps_every_other_item_in_its_place() -> None:
    body = b'{"batch":[%s],"sentAt":"x"}' % b",".join(b'{"type":"page","userId":"%d"}' % n for n in range(3))
    request = wire.parse(blank(body, path_type="batch", indexes={1}), path_type="batch", limits=LIMITS)
    assert [type(item) for item in request.items] == [wire.Item, wire.Blank, wire.Item]
    assert request.sent_at == "x"
    assert isinstance(
        wire.parse(blank(body, path_type="track", indexes={0}), path_type="track", limits=LIMITS).items[0], wire.Blank
    )


def test_what_is_blanked_already_is_known_without_reading_it_whole() -> None:
    body = b'{"batch":[{"type":"track"},{"type":"page"}],"sentAt":"x"}'
    done = blank(body, path_type="batch", indexes=[1])
    assert [is_blank(done, path_type="batch", indexes=[n]) for n in (0, 1, 2)] == [False, True, False]
    assert not is_blank(body, path_type="batch", indexes=[1])
    assert not is_blank(b"[broken", path_type="batch", indexes=[0])
    assert is_blank(bytes(BLANK), path_type="track", indexes=[0])
    assert not is_blank(b"{}", path_type="track", indexes=[0])
