"""From what is asked to an answer: the placement is looked up, the caller's side of its holdout is found, one call."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cdp.lib.problems import Problem
from consent import services as consent
from experiments.queries.units import unit_of_caller
from people.queries import callers
from people.queries.callers import Caller, Whose
from recommendations import queries
from recommendations.api.params import Asked
from recommendations.contracts import Answer, RecommendationRequest
from recommendations.placements import PlacementSpec
from recommendations.queries.answer_ids import new_id
from recommendations.queries.placements import keys, placement

Answered = tuple[Answer, str, PlacementSpec | None]
"""The answer, its id, and the placement it is of."""


def ask(meta: Mapping[str, Any], caller: Caller, asked: Asked, now: datetime) -> Answered:
    """The answer to one caller; raises Problem 403 or 404. What was not personalized for want of consent is noted."""
    spec = placement_of(asked, caller)
    found = callers.whose(caller, asked.person)
    if found.speaks_for:  # a server's own head says nothing of its customer
        consent.note_gpc(meta, now=now, identifier_id=found.speaks_for)
    unit = unit_of_caller(found, caller, asked.person) if spec is not None and spec.holdout > 0 else b""
    request = request_of(asked, found, unit, now)
    answer = queries.answer(request)
    if answer.refusal is not None:
        consent.note_refusals([answer.refusal], now)
    return answer, new_id(answer, unit, now, placement=asked.placement), spec


def request_of(asked: Asked, found: Whose, unit: bytes, now: datetime) -> RecommendationRequest:
    """What is asked of the recommenders."""
    return RecommendationRequest(
        now=now,
        profile_id=found.profile_id,
        identifier_ids=found.identifier_ids,
        person_ids=found.person_ids,
        product_id=asked.product_id,
        cart=asked.cart,
        n=asked.n,
        strategy=asked.strategy,
        placement=asked.placement,
        search_results=asked.results,
        category=asked.category,
        region=asked.region,
        currency=asked.currency,
        narrowing=asked.narrowing,
        unit=unit,
    )


def placement_of(asked: Asked, caller: Caller) -> PlacementSpec | None:
    """The placement named; None where none is. Raises Problem 404, which lists those there are to a server only."""
    if not asked.placement:
        return None
    spec = placement(asked.placement)
    if spec is None:
        known = ", ".join(keys()) or "none yet"
        there = f" There are: {known}." if caller.kind == callers.SERVER else ""
        text = f"Placements are made in the admin under Recommendations; this one is not there or not active.{there}"
        raise Problem("unknown_placement", "No such placement", 404, text)
    return spec
