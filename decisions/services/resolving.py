"""From an outcome to what is shown, or to the reason why it is not: then the next outcome is tried."""

from dataclasses import dataclass

from decisions.contracts import Shown
from decisions.definition import Outcome
from decisions.queries.content import shown_content
from decisions.services.offering import offered
from decisions.services.situations import Situation
from recommendations import queries as recommendations
from recommendations.contracts import RecommendationRequest, UnknownPlacementError
from recommendations.queries.answer_ids import new_id
from recommendations.queries.placements import placement
from recommendations.queries.shaping import body_of

CONTENT_NOT_LIVE = "content_not_live"
RECOMMENDATIONS_NOT_ACTIVE, NOTHING_TO_RECOMMEND = "recommendations_not_active", "nothing_to_recommend"
NOTHING = Shown("nothing")


@dataclass(frozen=True, slots=True)
class Unshown:
    """Why an outcome is not shown, as a code."""

    reason: str


def resolve(outcome: Outcome, situation: Situation, where: str = "") -> Shown | Unshown:
    """What this asker is shown of an outcome now. `where`: the key of the place."""
    if outcome.kind == "nothing":
        return NOTHING
    if outcome.kind == "data":
        return Shown("data", "", outcome.data)
    if outcome.kind == "content":
        return _content(outcome.key, situation)
    if outcome.kind == "recommendations":
        return _recommendations(outcome, situation)
    found = offered(outcome.keys or (outcome.key,), situation, where)
    return Unshown(found) if isinstance(found, str) else found


def _content(key: str, situation: Situation) -> Shown | Unshown:
    found = shown_content(key, locale=situation.request.locale, slugs=situation.held, now=situation.now)
    if found is None:
        return Unshown(CONTENT_NOT_LIVE)
    told = {"kind": found.kind, "version": found.version, "variant": found.variant, **found.body}
    return Shown("content", key, told)


def _recommendations(outcome: Outcome, situation: Situation) -> Shown | Unshown:
    request, known = situation.request, situation.known
    spec = placement(outcome.key)
    if spec is None:
        return Unshown(RECOMMENDATIONS_NOT_ACTIVE)
    unit = situation.unit if spec.holdout > 0 else b""
    context = {name: value for name, value in request.context.items() if isinstance(value, str)}
    asked = RecommendationRequest(
        now=situation.now,
        profile_id=known.profile_id,
        identifier_ids=known.identifier_ids if known.is_browser else (),
        person_ids=known.person_ids,
        is_allowed=not known.is_nobody,
        product_id=context.get("product_id") or None,
        cart=tuple(line.product_id for line in request.cart.lines) if request.cart is not None else (),
        n=outcome.n,
        placement=outcome.key,
        category=context.get("category", ""),
        region=context.get("country", ""),
        currency=(request.cart.currency if request.cart is not None else context.get("currency", "")).upper(),
        unit=unit,
        is_preview=situation.is_preview,
    )
    try:
        answer = recommendations.answer(asked)
    except UnknownPlacementError:
        return Unshown(RECOMMENDATIONS_NOT_ACTIVE)
    if not answer.items and answer.variant != "holdout":
        return Unshown(NOTHING_TO_RECOMMEND)
    body = body_of(answer, currency=asked.currency, spec=spec)
    answer_id = new_id(answer, unit, situation.now, placement=outcome.key)
    return Shown("recommendations", outcome.key, {"recommendation_id": answer_id, **body})
