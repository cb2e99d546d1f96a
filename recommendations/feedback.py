"""Feedback as it is told over HTTP, read and judged piece by piece: each fault is named, the rest is taken. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cdp.lib.clock import from_us
from cdp.lib.values import instant_us
from recommendations.ids import AnswerId

IMPRESSION, CLICK, ADD, ORDER = range(4)
KINDS = {"impression": IMPRESSION, "click": CLICK, "add": ADD}
MOST_ANSWERS, MOST_EVENTS, MOST_PRODUCTS, LONGEST = 100, 100, 50, 512
ANSWER_FIELDS, EVENT_FIELDS = ("recommendation_id", "events"), ("kind", "product_id", "product_ids", "at")
AHEAD = timedelta(minutes=5)
FUTURE = "It lies in the future: send when it happened, e.g. 2026-03-01T12:00:00Z; or leave it out for now."
SHAPE = '{"recommendation_id": "r1_…", "events": [{"kind": "click", "product_id": …}]}'


@dataclass(frozen=True, slots=True)
class Fault:
    """What was not taken: where it stands (e.g. `[2].events[0].kind`), a stable code, and how to mend it."""

    field: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Sent:
    """One kind of thing that became of some products of one answer, not yet believed. `at`: None = now.

    `answer` and `where`: the places of the answer (with its dot) and of this event in what was sent.
    """

    answer: str
    where: str
    recommendation_id: str
    kind: int
    product_ids: tuple[str, ...]
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that became of one product of a genuine answer. `product_id` is empty for an answer that showed none.

    `identifier_id`: who it was, where that may be kept; `may_expose`: nobody objects to noting their side.
    """

    answer: AnswerId
    kind: int
    product_id: str
    at: datetime
    identifier_id: int | None = None
    may_expose: bool = True


def read(body: object, faults: list[Fault], now: datetime) -> list[Sent]:
    """What an object or a list of them tells; what cannot be used is added to `faults`.

    A clock that is a little fast is forgiven; more than AHEAD after `now` is no instant at which it can have happened.
    """
    if not isinstance(body, list | dict):
        faults.append(Fault("", "not_an_object", f"Send {SHAPE}, or a list of these."))
        return []
    answers = body if isinstance(body, list) else [body]
    if len(answers) > MOST_ANSWERS:
        faults.append(Fault("", "too_many", f"At most {MOST_ANSWERS} answers a call: send the rest in another."))
        return []
    found = []
    for index, one in enumerate(answers):
        found += _answer(one, f"[{index}]" if isinstance(body, list) else "", faults, now)
    return found


def _answer(given: object, where: str, faults: list[Fault], now: datetime) -> list[Sent]:
    if not isinstance(given, dict):
        faults.append(Fault(where, "not_an_object", f"Each is {SHAPE}."))
        return []
    if "events" not in given and not given.keys().isdisjoint(EVENT_FIELDS):
        faults.append(Fault(where, "not_an_object", f"This is an event alone: put it into the events of {SHAPE}."))
        return []
    _unknown(given, ANSWER_FIELDS, where, faults)
    dot = f"{where}." if where else ""
    events = given.get("events")
    if not isinstance(events, list) or not events:
        faults.append(Fault(f"{dot}events", "missing", 'A list of {"kind", "product_ids", "at"} with one at least.'))
        return []
    if len(events) > MOST_EVENTS:
        faults.append(Fault(f"{dot}events", "too_many", f"At most {MOST_EVENTS} events an answer."))
        return []
    named = given.get("recommendation_id")
    if not isinstance(named, str) or not named:
        faults.append(Fault(f"{dot}recommendation_id", "missing", "The id the answer came with, as text."))
        return []
    sent = (_event(event, dot, f"{dot}events[{index}]", named, faults, now) for index, event in enumerate(events))
    return [one for one in sent if one is not None]


def _event(given: object, answer: str, where: str, named: str, faults: list[Fault], now: datetime) -> Sent | None:
    if not isinstance(given, dict):
        faults.append(Fault(where, "not_an_object", 'Each event is {"kind", "product_ids", "at"}.'))
        return None
    before = len(faults)
    _unknown(given, EVENT_FIELDS, where, faults)
    kind = given.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        faults.append(
            Fault(f"{where}.kind", "unknown", f"One of {', '.join(KINDS)}; orders are credited by themselves.")
        )
    products = _products(given, where, faults)
    at = _at(given, where, faults, now)
    if len(faults) > before or not isinstance(kind, str):
        return None
    if not products and KINDS[kind] != IMPRESSION:
        faults.append(Fault(f"{where}.product_ids", "missing", "Name the product that was clicked or added."))
        return None
    return Sent(answer, where, named, KINDS[kind], products, at)


def _products(given: Mapping[str, Any], where: str, faults: list[Fault]) -> tuple[str, ...]:
    """The products named; none for an answer without items, whose empty place was seen."""
    one, several = given.get("product_id"), given.get("product_ids")
    if (one is None) == (several is None):
        faults.append(Fault(f"{where}.product_ids", "missing", "Either product_id or product_ids, a list of them."))
        return ()
    listed = [one] if several is None else several
    if not isinstance(listed, list) or len(listed) > MOST_PRODUCTS:
        faults.append(Fault(f"{where}.product_ids", "not_a_list", f"A list of at most {MOST_PRODUCTS} product ids."))
        return ()
    texts = [str(value) if isinstance(value, int) and not isinstance(value, bool) else value for value in listed]
    if not all(isinstance(value, str) and 0 < len(value) <= LONGEST and "\0" not in value for value in texts):
        faults.append(
            Fault(f"{where}.product_ids", "bad_id", f"Product ids are text of 1 to {LONGEST} characters, as answered.")
        )
        return ()
    return tuple(dict.fromkeys(texts))


def _at(given: Mapping[str, Any], where: str, faults: list[Fault], now: datetime) -> datetime | None:
    value = given.get("at")
    if value is None:
        return None
    us = instant_us(value)
    try:
        if us is not None:
            at = from_us(us)
            if at > now + AHEAD:
                faults.append(Fault(f"{where}.at", "in_the_future", FUTURE))
                return None
            return at
    except (OverflowError, ValueError):  # an instant of no year that a calendar here knows
        pass
    faults.append(
        Fault(f"{where}.at", "not_an_instant", "When it happened, e.g. 2026-03-01T12:00:00Z; or leave it out.")
    )
    return None


def _unknown(given: Mapping[str, Any], known: tuple[str, ...], where: str, faults: list[Fault]) -> None:
    for name in _unknown_names(given, known):
        dot = f"{where}." if where else ""
        faults.append(Fault(f"{dot}{name[:64]}", "unknown", f"There are: {', '.join(known)}."))


def _unknown_names(given: Mapping[str, Any], known: tuple[str, ...]) -> Iterator[str]:
    return (name for name in given if name not in known)
