"""Rows made into what is stored: people into identify calls, events into track calls, products into catalog entries.

Message ids come from what a row says, so the same row in the same or another file is the same message. Pure.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import phonenumbers

from commerce.contracts import ProductRow
from commerce.feeds import rows_of_json
from events.wire import LONGEST_ID, LONGEST_MESSAGE_ID, LONGEST_NAME
from imports import values
from imports.contracts import EVENTS, IGNORE, NOBODY, ORDERS, PEOPLE, BadValue, Built, Column, Consented, Options, Row
from imports.targets import IDENTIFIERS, NAMED, type_of
from profiles.identifiers import Blocked, canonicalize

OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)
ROUNDED = re.compile(r"[+-]?\d([.,]\d+)?[eE]\+\d{1,3}")
WHY_ROUNDED = "is what a spreadsheet left of a long number: format the column as text or 0, and export it again."
NAMES_ONE = IDENTIFIERS.keys() | {"order_id", "product_id", "message_id"}
"""Targets of which two rounded values would make one of two."""
Fields = dict[str, Any]
_encode = msgspec.json.Encoder(decimal_format="number", order="deterministic").encode
_WHY_NOT = {
    "email": "is not an e-mail address",
    "phone": "is not a phone number: write it with its country, like +49 30 123456, or choose a country",
}
_HINTS = {"not_text": "has characters no id has", "too_long": "is longer than 512 characters"}


class Plan:
    """A mapping made ready: reads a row's cells into fields, identifiers and a time. Raises BadValue.

    `told_at` is the time of people without a time of their own (and a microsecond a row, so that of two rows about one
    person the last one stands), `now` what nothing may lie after.
    """

    def __init__(
        self, kind: str, columns: Sequence[Column], options: Options, *, told_at: datetime, now: datetime
    ) -> None:
        self.kind, self.options, self.told_at = kind, options, told_at
        self.latest = now + AHEAD
        self.zone = ZoneInfo(options.zone)
        self.reads: list[tuple[int, Column, Callable[[Any], Any]]] = [
            (place, column, values.parser(type_of(column), options))
            for place, column in enumerate(columns)
            if column.target != IGNORE
        ]
        self.has_currency = any(column.target == "currency" for column in columns)

    def read(self, row: Row) -> "Told":
        """What the row tells, each cell read as its column's type. Raises BadValue with the column's name in it."""
        told = Told()
        for place, column, parse in self.reads:
            cell = row.cells[place]
            if cell is None or cell == "" or values.is_nothing(cell):
                continue
            try:
                self._put(told, column, parse(cell), cell)
            except BadValue as bad:
                raise BadValue(bad.code, f"{column.name}: {bad.reason}") from None
        if row.rest and self.options.keep_rest:
            told.rest = row.rest
        return told

    def _put(self, told: "Told", column: Column, value: Any, cell: Any) -> None:
        target = column.target
        if target in NAMES_ONE and ROUNDED.fullmatch(value):
            raise BadValue("rounded", f"“{value[:60]}” {WHY_ROUNDED}")
        if target in IDENTIFIERS:
            kind = column.field if target == "external_id" else target
            told.keys[kind] = self._identifier(kind, value)
        elif target == "time":
            told.at = self._instant(value)
        elif target == "consent_time":
            told.fields[target] = self._instant(value)
        elif target in NAMED:
            told.named.setdefault(target, {})[column.field] = values.shown_value(value)
        else:
            told.fields[target] = value
            if type_of(column) == "money" and not self.has_currency and (code := values.currency_in(cell)):
                told.currency = code

    def _identifier(self, kind: str, value: str) -> str:
        if kind == "phone" and self.options.country and not value.startswith("+"):
            value = with_country(value, self.options.country)
        found = canonicalize(kind, value)
        if isinstance(found, Blocked):
            if found.reason == "blocked_value":
                raise BadValue("identifier_blocked", f"“{value[:60]}” names nobody: leave the cell empty.")
            why = _WHY_NOT.get(kind) or _HINTS.get(found.reason, f"cannot be used ({found.reason})")
            raise BadValue(f"identifier_{kind if kind in IDENTIFIERS else 'external'}", f"“{value[:60]}” {why}.")
        if kind in ("user_id", "anonymous_id") and len(value) > LONGEST_ID:
            raise BadValue("identifier_too_long", f"The id is longer than {LONGEST_ID} characters.")
        return found.value

    def _instant(self, value: datetime | date) -> datetime:
        at = value if isinstance(value, datetime) else datetime.combine(value, time(), self.zone).astimezone(UTC)
        if at > self.latest:
            raise BadValue("time_future", f"{at:%Y-%m-%d} lies in the future.")
        if at < OLDEST:
            raise BadValue("time_absurd", f"{at:%Y-%m-%d} is before 1990.")
        return at


class Told:
    """What one row tells. `named`: {target: {field: value}} of traits, properties, attributes."""

    __slots__ = ("at", "currency", "fields", "keys", "named", "rest")

    def __init__(self) -> None:
        self.keys: dict[str, str] = {}
        self.fields: Fields = {}
        self.named: dict[str, Fields] = {}
        self.rest: Fields = {}
        self.at: datetime | None = None
        self.currency = ""

    def named_as(self, target: str) -> Fields:
        """Fields of a target with the dots in their names opened: address.city → {"address": {"city": …}}."""
        found = self.named.get(target, {})
        return nested(found) if any("." in name for name in found) else found


def build(plan: Plan, row: Row) -> Built:
    """The item of one row of people or events; an event without a message id still lacks its occurrence. BadValue."""
    told = plan.read(row)
    return _person(plan, row, told) if plan.kind == PEOPLE else _event(plan, row, told)


def product(plan: Plan, row: Row) -> ProductRow:
    """The catalog entry of one row. Raises BadValue."""
    told = plan.read(row)
    entry: Fields = dict(told.fields)
    if "currency" not in entry and "price" in entry and (code := told.currency or plan.options.currency):
        entry["currency"] = code
    if attributes := told.named_as("attribute"):
        entry["attributes"] = attributes
    rows, errors = rows_of_json({"products": [entry]})
    if errors:
        raise BadValue(f"product_{errors[0].reason.removeprefix('product_')}", errors[0].detail)
    return rows[0]


def with_occurrence(built: Built, number: int) -> Built:
    """The item of a row that stands in its file for the `number`th time: a message of its own."""
    message_id = built.id if number == 1 else digest(built.id, number)
    return Built(built.row, message_id, {**built.item, "messageId": message_id}, built.keys)


def needs_occurrence(kind: str, columns: Sequence[Column]) -> bool:
    """Whether equal rows are events of their own: events without a column of message ids."""
    return kind == EVENTS and all(column.target != "message_id" for column in columns)


def order_message_id(order_id: str) -> str:
    """The message id of an order: by its id alone, so that it is placed once."""
    return digest(ORDERS, order_id)


def digest(*parts: object) -> str:
    """A message id from what was said, the same in every process."""
    return "import-" + hashlib.blake2b(_encode(parts), digest_size=16).hexdigest()


def nested(fields: Fields) -> Fields:
    """Dotted names opened into objects. A name that is both a value and an object keeps its dots."""
    found: Fields = {}
    for name, value in fields.items():
        *path, leaf = name.split(".")
        place = found
        for part in path:
            inner = place.setdefault(part, {})
            if not isinstance(inner, dict):
                place, leaf = found, name
                break
            place = inner
        if isinstance(place.get(leaf), dict):
            place, leaf = found, name
        place[leaf] = value
    return found


def who(keys: dict[str, str], traits: Fields) -> Fields:
    """The members of a call that say who it is about; `traits` gets address and number."""
    call: Fields = {}
    external = []
    for kind, value in keys.items():
        if kind == "user_id":
            call["userId"] = value
        elif kind == "anonymous_id":
            call["anonymousId"] = value
        elif kind in ("email", "phone"):
            traits[kind] = value
        else:
            external.append({"id": value, "type": kind, "collection": "users", "encoding": "none"})
    if "userId" not in call and "anonymousId" not in call:
        call["anonymousId"] = NOBODY
    if external:
        call["context"] = {"externalIds": external}
    return call


def written(at: datetime) -> str:
    """An instant as calls carry it."""
    return at.isoformat().replace("+00:00", "Z")


def _person(plan: Plan, row: Row, told: Told) -> Built:
    if not told.keys:
        raise BadValue("nobody", "The row names nobody: every column that says who it is is empty.")
    traits = {**nested(told.rest), **told.named_as("trait")} if told.rest else dict(told.named_as("trait"))
    call = who(told.keys, traits)
    keys = tuple(told.keys.items())
    message_id = digest(PEOPLE, sorted(keys), traits, written(told.at) if told.at else "")
    item = {
        "type": "identify",
        **call,
        "traits": traits,
        "timestamp": written(told.at or plan.told_at + timedelta(microseconds=row.number)),
        "messageId": message_id,
    }
    return Built(row.number, message_id, item, keys, _consents(told))


def _consents(told: Told) -> tuple[Consented, ...]:
    at, proof = told.fields.get("consent_time"), told.fields.get("consent_proof") or ""
    said = told.named.get("consent", {})
    return tuple(Consented(purpose, allowed is True, at, str(proof)[:1000]) for purpose, allowed in said.items())


def _event(plan: Plan, row: Row, told: Told) -> Built:
    name = told.fields.get("event") or plan.options.event
    if not name or len(name) > LONGEST_NAME:
        raise BadValue("event", f"The event's name is missing, or longer than {LONGEST_NAME} characters.")
    if told.at is None:
        raise BadValue("time_missing", "The row has no time.")
    if not told.keys:
        raise BadValue("nobody", "The row names nobody: every column that says who it is is empty.")
    traits: Fields = {}
    call = who(told.keys, traits)
    if traits:
        call["context"] = {**call.get("context", {}), "traits": traits}
    properties = {**nested(told.rest), **told.named_as("property")} if told.rest else told.named_as("property")
    keys = tuple(told.keys.items())
    given = told.fields.get("message_id")
    if given is not None and len(given) > LONGEST_MESSAGE_ID:
        raise BadValue("message_id", f"The message id is longer than {LONGEST_MESSAGE_ID} characters.")
    message_id = given or digest(EVENTS, name, sorted(keys), written(told.at), properties)
    item = {
        "type": "track",
        "event": name,
        **call,
        "properties": properties,
        "timestamp": written(told.at),
        "messageId": message_id,
    }
    return Built(row.number, message_id, item, keys)


def with_country(value: str, country: str) -> str:
    try:
        number = phonenumbers.parse(value, country.upper())
    except phonenumbers.NumberParseException:
        return value
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
