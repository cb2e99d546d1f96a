"""How what is held of a person is shown to them on a page: parts of the export as short tables, most telling first.

The whole of it is in the download; a page shows a few rows of each part, of histories the newest, and says how many
there are. Pure.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from privacy.words import Words, msg

MOST_ROWS = 12
MOST_COUNTED = 1000
MOST_COLUMNS = 5
MOST_CHARACTERS = 300
FIRST = ("traits", "identifiers", "consent", "mail_preferences", "orders", "carts", "segments", "mails", "activity")
# Histories, which stores give oldest first: what people look for is what happened last.
HISTORIES = frozenset({
    "consent", "orders", "carts", "segments", "mails", "events", "rejected_events", "merges_and_splits", "kept_apart",
    "journeys", "experiments", "privacy_requests", "privacy_letters", "deliveries", "looked_at_by_staff",
})  # fmt: skip
HEADINGS = {
    "traits": msg("What we know about you"),
    "identifiers": msg("What we know you by"),
    "consent": msg("What you allowed and refused"),
    "mail_preferences": msg("How you want our e-mails"),
    "orders": msg("Your orders"),
    "carts": msg("Your carts"),
    "segments": msg("Groups you were in"),
    "mails": msg("E-mails we sent you"),
    "activity": msg("What you did, counted"),
    "events": msg("What you did, one by one"),
    "rejected_events": msg("What we could not use"),
    "identifiers_seen_together": msg("What we saw together"),
    "accounts": msg("Companies and households"),
    "merges_and_splits": msg("How your data was joined and parted"),
    "kept_apart": msg("What staff keep apart"),
    "journeys": msg("Carts we meant to write about"),
    "experiments": msg("Comparisons you took part in"),
    "consent_suppressions": msg("Addresses we do not write to"),
    "time_zones": msg("The time zones of your devices"),
    "not_done": msg("What we did not do because you had not allowed it"),
    "privacy_requests": msg("What you asked about your data"),
    "privacy_letters": msg("Letters about your data"),
    "recipients": msg("Who got your data"),
    "deliveries": msg("What others were told of you"),
    "looked_at_by_staff": msg("When staff looked at your data"),
}
# What a part's table shows of its rows, and under which words; of other parts everything is shown.
COLUMNS: dict[str, tuple[tuple[str, str], ...]] = {
    "traits": (("trait", msg("What")), ("value", msg("Value")), ("said_at", msg("Said on"))),
    "identifiers": (("kind", msg("Kind")), ("value", msg("Value")), ("first_seen_at", msg("Since"))),
    "consent": (("purpose", msg("Purpose")), ("state", msg("Answer")), ("said", msg("Said on")), ("how", msg("How"))),
    "orders": (
        ("placed_at", msg("Ordered on")),
        ("lines", msg("Products")),
        ("revenue", msg("Amount")),
        ("currency", msg("Currency")),
        ("status", msg("State")),
    ),
    "carts": (
        ("last_activity_at", msg("Last used")),
        ("lines", msg("Products")),
        ("value", msg("Amount")),
        ("state", msg("State")),
    ),
    "segments": (("segment", msg("Group")), ("entered_at", msg("Since")), ("left_at", msg("Until"))),
    "mails": (
        ("subject", msg("Subject")),
        ("sent_at", msg("Sent on")),
        ("state", msg("State")),
        ("reason", msg("Reason")),
    ),
    "activity": (("event", msg("What you did")), ("count", msg("How often")), ("last_at", msg("Last on"))),
    "events": (("occurred_at", msg("When")), ("name", msg("What you did")), ("properties", msg("Details"))),
}


@dataclass(frozen=True, slots=True)
class Card:
    """A row too wide for a table: what it is called, and (name, value) pairs."""

    title: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A part on the page. `rows`: cells in the order of `columns`; `cards`: rows too wide for that."""

    name: str
    title: str
    about: str
    count: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    cards: tuple[Card, ...] = ()
    is_cut: bool = False


def shown(say: Words, name: str, about: str, rows: Iterable[Mapping[str, Any]]) -> Shown | None:
    """The part as it is shown; None where nothing is held."""
    first, total = _newest(rows) if name in HISTORIES else _first(rows)
    if not first:
        return None
    is_counted = name in HISTORIES or total <= MOST_COUNTED
    count = say.number(total) if is_counted else say("more than {number}", number=say.number(MOST_COUNTED))
    keys = dict.fromkeys(key for row in first for key in row)
    named = COLUMNS.get(name) or tuple((key, key.replace("_", " ")) for key in keys)
    nested = any(_is_nested(value) for row in first for value in row.values())
    is_wide = name not in COLUMNS and (len(named) > MOST_COLUMNS or nested)
    title = say(HEADINGS[name]) if name in HEADINGS else name.replace("_", " ").replace("-", " ").capitalize()
    return Shown(
        name,
        title,
        say(about),
        count,
        columns=() if is_wide else tuple(say(words) for _, words in named),
        rows=() if is_wide else tuple(tuple(_text(say, row.get(key, "")) for key, _ in named) for row in first),
        cards=tuple(_card(say, row) for row in first) if is_wide else (),
        is_cut=total > len(first),
    )


def _first(rows: Iterable[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], int]:
    """The rows to be shown, and how many there are, counted up to one more than MOST_COUNTED."""
    reading = iter(rows)
    first = [_filled(row) for row in islice(reading, MOST_ROWS)]
    return first, len(first) + sum(1 for _ in islice(reading, MOST_COUNTED - len(first) + 1))


def _newest(rows: Iterable[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], int]:
    """The last rows, newest first, and how many there are; only these are kept while all are read."""
    last: deque[Mapping[str, Any]] = deque(maxlen=MOST_ROWS)
    total = 0
    for row in rows:
        last.append(row)
        total += 1
    return [_filled(row) for row in reversed(last)], total


def in_order(parts: Iterable[Shown]) -> list[Shown]:
    """What tells most first; the others as they came."""
    places = {name: place for place, name in enumerate(FIRST)}
    return sorted(parts, key=lambda part: places.get(part.name, len(FIRST)))


def _filled(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if value not in (None, "", [], {})}


def _card(say: Words, row: Mapping[str, Any]) -> Card:
    facts = tuple((key.replace("_", " "), _text(say, value)) for key, value in row.items())
    return Card(" · ".join(value for _, value in facts[:2]), facts)


def _is_nested(value: Any) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, list) and any(isinstance(v, Mapping | list) for v in value))


def _text(say: Words, value: Any) -> str:
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    if isinstance(value, Mapping) and "quantity" in value:
        return f"{value.get('name') or value.get('product_id', '')} × {value['quantity']}"
    if isinstance(value, Mapping):
        return _cut("; ".join(f"{key}: {_text(say, one)}" for key, one in value.items()))
    if isinstance(value, list | tuple):
        return _cut(", ".join(_text(say, one) for one in value))
    return _moment(say, str(value)) or _cut(str(value))


def _moment(say: Words, text: str) -> str:
    """An instant as people write it; empty for what is none."""
    if len(text) < 19 or text[4:5] != "-" or text[10:11] not in "T ":
        return ""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return say.moment(found) if found.tzinfo is not None else ""


def _cut(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"
