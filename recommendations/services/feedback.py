"""Feedback told over HTTP: ids are checked, who it was is kept where that is allowed, the rest is counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from cdp.lib.conflicts import retrying
from cdp.outbox.services import publish
from recommendations.feedback import Fault, Sent, Told
from recommendations.ids import AnswerId, BadIdError
from recommendations.queries.answer_ids import read_id
from recommendations.queries.keeping import keepable
from recommendations.services.attributing import ordered_before_told
from recommendations.services.counting import record


@dataclass(frozen=True, slots=True)
class Taken:
    """`taken`: things told for the first time; `repeated`: those known before; `faults`: what was left out, and why."""

    taken: int
    repeated: int
    faults: tuple[Fault, ...]


def take(sent: Sequence[Sent], *, identifier_id: int, says_gpc: bool, now: datetime) -> Taken:
    """Count what is new of this. `identifier_id`: whose device or account tells it (0: nobody known).

    An id that is forged, unknown or old, and a product its answer did not show, are named; the others are taken.
    """
    faults: list[Fault] = []
    answers = _answers(sent, now, faults)
    kept = identifier_id if identifier_id and identifier_id in keepable([identifier_id], now) else 0
    may_expose = bool(kept) or not (identifier_id or says_gpc)
    told = [
        Told(answer, one.kind, product_id, _at(one, answer, now), kept or None, may_expose)
        for one in sent
        if (answer := answers.get(one.recommendation_id)) is not None
        for product_id in _products(one, answer, faults)
    ]
    distinct = {(one.answer.nonce, one.kind, one.product_id) for one in told}
    new = retrying(lambda: _record(told, now)) if told else 0
    return Taken(new, len(distinct) - new, tuple(faults))


@transaction.atomic
def _record(told: Sequence[Told], now: datetime) -> int:
    """Written and counted; of what is told later than it happened, the orders since are looked at again."""
    new = record(told)
    late = [one for one in told if one.at < now] if new else []
    if order_ids := ordered_before_told(late, now) if late else set():
        publish("recommendation.told", {"order_ids": sorted(order_ids)})
    return new


def _answers(sent: Sequence[Sent], now: datetime, faults: list[Fault]) -> dict[str, AnswerId]:
    """The genuine answers among these; each that is not is named once."""
    found: dict[str, AnswerId] = {}
    refused: set[str] = set()
    for one in sent:
        text = one.recommendation_id
        if text in found or text in refused:
            continue
        try:
            found[text] = read_id(text, now)
        except BadIdError as error:
            refused.add(text)
            faults.append(Fault(f"{one.answer}recommendation_id", error.reason, f"{text[:80]!r}: {error}"))
    return found


def _products(one: Sent, answer: AnswerId, faults: list[Fault]) -> list[str]:
    """The products of it that the answer showed; "" where it showed none and that is what was seen."""
    if not one.product_ids:
        if not answer.tags:
            return [""]
        faults.append(Fault(f"{one.where}.product_ids", "missing", "Name the products that were seen."))
        return []
    for product_id in one.product_ids:
        if not answer.showed(product_id):
            text = f"This answer did not show {product_id[:80]!r}: send product ids as they were answered."
            faults.append(Fault(f"{one.where}.product_ids", "not_in_answer", text))
    return [product_id for product_id in one.product_ids if answer.showed(product_id)]


def _at(one: Sent, answer: AnswerId, now: datetime) -> datetime:
    """When it happened: not before the answer, not after now, whatever the device's clock says."""
    return now if one.at is None else min(max(one.at, answer.served_at), now)
