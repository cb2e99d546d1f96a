"""Deciding: several places in one call, each with a fallback, a reason and a line in the log.

The same input and version lead to the same decision; where chance decides, it is drawn from the asker's unit, or from
the decision's own id for nobody. With an idempotency key the same is answered again.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import msgspec
import uuid_utils.compat

from cdp.lib.hashing import keyed_hash
from decisions.bandits import choose, seed_of
from decisions.contracts import Decided, DecideRequest, Shown, Skipped
from decisions.deciding import Candidate, Choice, by_rules, by_table, features_of
from decisions.definition.nodes import (
    BANDIT,
    EXPERIMENT,
    FALLBACK,
    NOTHING,
    RECOMMENDATIONS,
    ByBandit,
    ByExperiment,
    Definition,
    Outcome,
    Table,
)
from decisions.queries.bandits import state_now
from decisions.queries.content import blocks_now
from decisions.queries.placements import LivePlacement, placement_now
from decisions.services.logging import stored_answers, write_decisions
from decisions.services.resolving import NOTHING as SHOWN_NOTHING
from decisions.services.resolving import Unshown, resolve
from decisions.services.situations import Situation
from experiments.deciding import HELD_OUT
from experiments.queries.running import running_now
from recommendations.queries.placements import placement as recommendation_placement

UNKNOWN, PAUSED, NO_OUTCOME, PLAYED, ITSELF = (
    "unknown_placement",
    "paused",
    "no_outcome_for_variant",
    "played",
    "recommendations_placement",
)
encode = msgspec.json.Encoder(decimal_format="number").encode
OFFERS = ("offer", "offers")


def decide(request: DecideRequest, now: datetime) -> list[bytes]:
    """A JSON object for each place asked for, in their order; see `body_of`."""
    situation = Situation(request, now)
    keys = list(dict.fromkeys(request.placements))
    ids, request_key = _ids(keys, situation)
    known = stored_answers(ids.values()) if request_key is not None else {}
    decided = decide_places([key for key in keys if ids[key] not in known], situation, ids)
    bodies = {one.placement: encode(body_of(one)) for one in decided}
    fresh = {one.placement: one for one in decided if one.id is not None}
    kept = [bodies[key] if request_key is not None else None for key in fresh]
    written = write_decisions(list(fresh.values()), kept, request_key, now)
    if request_key is not None and (late := {ids[key] for key in fresh} - written):
        known |= stored_answers(late)  # the same was asked twice at once: whoever came first is answered again
    return [known.get(ids[key]) or bodies[key] for key in keys]


def decide_places(keys: Sequence[str], situation: Situation, ids: dict[str, UUID]) -> list[Decided]:
    """The answers of these places; nothing is written."""
    places = {key: placement_now(key) for key in keys}
    there = [one for one in places.values() if one is not None]
    slugs = {slug for one in there for slug in one.slugs} | _slugs_of_content(there)
    splits = any(one.definition.by in (EXPERIMENT, BANDIT) for one in there)
    experiments = {key for one in there for key in one.mentions.experiments}
    situation.will_ask(slugs, experiments, {key for one in there for key in one.mentions.offers}, splits=splits)
    return [_decided(key, places[key], situation, ids[key]) for key in keys]


def try_place(place: LivePlacement, situation: Situation) -> Decided:
    """The answer of one place, published or not; nothing is written."""
    splits = place.definition.by in (EXPERIMENT, BANDIT)
    slugs = place.slugs | _slugs_of_content([place])
    situation.will_ask(slugs, place.mentions.experiments, place.mentions.offers, splits=splits)
    return _decided(place.key, place, situation, uuid_utils.compat.uuid7())


def body_of(one: Decided) -> dict[str, object]:
    """A decision as JSON. `content`, `offer`, `recommendations`, `data` or `items` by its type."""
    body: dict[str, object] = {
        "decision_id": None if one.id is None else str(one.id),
        "placement": one.placement,
        "version": one.version,
        "decided_by": one.decided_by,
        "arm": one.arm,
        "reason": one.reason,
        "type": one.shown.type,
    }
    if one.skipped:
        body["skipped"] = [{"arm": each.arm, "reason": each.reason} for each in one.skipped]
    return body | _inside(one.shown)


def _inside(shown: Shown) -> dict[str, object]:
    if shown.type == "list":
        return {"items": [{"type": each.type, **_inside(each)} for each in shown.body]}
    found: dict[str, object] = {"key": shown.key} if shown.key else {}
    return found if shown.type == "nothing" else {**found, shown.type: shown.body}


def _ids(keys: Sequence[str], situation: Situation) -> tuple[dict[str, UUID], bytes | None]:
    """The ids of the decisions, and under what a repetition is known; None where each call is new."""
    request = situation.request
    if not request.idempotency_key:
        return {key: uuid_utils.compat.uuid7() for key in keys}, None
    caller = request.caller
    who = request.person or ("", "") if situation.is_somebody else ("", "")  # who refuses is answered as nobody is
    own = (caller.kind, caller.sub, str(caller.source_id), request.idempotency_key, *who)
    ids = {key: UUID(bytes=keyed_hash("decision", *own, key)[:16]) for key in keys}
    return ids, keyed_hash("decision-request", *own)[:16]


def _slugs_of_content(there: Sequence[LivePlacement]) -> set[str]:
    blocks = blocks_now()
    return {slug for one in there for key in one.mentions.content if key in blocks for slug in blocks[key].segments}


def _decided(key: str, place: LivePlacement | None, situation: Situation, pk: UUID) -> Decided:
    if place is None:
        return _by_itself(key, situation, pk)
    decided = _start(key, place, situation, pk)
    definition = place.definition
    if place.is_paused:
        return _fallback(replace(decided, reason=PAUSED), definition.fallback, situation)
    how = definition.how
    if isinstance(how, ByExperiment):
        return _by_experiment(decided, how, definition, situation)
    if isinstance(how, ByBandit):
        return _by_bandit(decided, how, definition, situation)
    facts = situation.facts_for(tuple(definition.attached.items()))
    choice = by_table(how, facts, situation.now) if isinstance(how, Table) else by_rules(how, facts)
    return _first_shown(replace(decided, reason=choice.reason), choice, definition, situation)


def _start(key: str, place: LivePlacement | None, situation: Situation, pk: UUID) -> Decided:
    return Decided(
        id=pk,
        placement=key,
        version=place.version if place else 0,
        version_id=place.version_id if place else None,
        decided_by=place.definition.by if place else RECOMMENDATIONS,
        arm="",
        reason=ITSELF,
        shown=SHOWN_NOTHING,
        unit_hash=situation.unit_hash,
        identifier_id=situation.identifier_id,
    )


def _by_itself(key: str, situation: Situation, pk: UUID) -> Decided:
    """A placement of recommendations that nobody decides further; else a place that is not there."""
    decided = _start(key, None, situation, pk)
    if recommendation_placement(key) is None:
        return replace(decided, id=None, decided_by=FALLBACK, arm=FALLBACK, reason=UNKNOWN)
    choice = Choice(ITSELF, (Candidate(key, Outcome("recommendations", key)),))
    return _tried(decided, choice, NOTHING, situation)


def _by_experiment(decided: Decided, how: ByExperiment, definition: Definition, situation: Situation) -> Decided:
    """The variant stays what is logged, shown or not: whoever was meant to see it is compared."""
    assigned = situation.assigned[how.experiment]
    running = running_now().get(how.experiment)
    shares = {name: float(share) for name, share in running.variants} if running is not None else {}
    chance = shares.get(assigned.variant, 1.0) if assigned.takes_part else 1.0
    decided = replace(
        decided,
        arm=assigned.variant or FALLBACK,
        reason=assigned.reason,
        propensity=chance or 1.0,
        probabilities=shares if assigned.takes_part and shares else None,
        unit_hash=assigned.unit_hash or decided.unit_hash,
        identifier_id=assigned.identifier_id or decided.identifier_id,
    )
    outcome = how.outcomes.get(assigned.variant)
    skipped = NO_OUTCOME
    if outcome is not None:
        found = resolve(outcome, situation, decided.placement)
        if not isinstance(found, Unshown):
            return replace(decided, shown=found)
        skipped = found.reason
    shown = _shown_or_nothing(definition.fallback, situation, decided.placement)
    return replace(decided, shown=shown, skipped=(Skipped(assigned.variant, skipped),))


def _by_bandit(decided: Decided, how: ByBandit, definition: Definition, situation: Situation) -> Decided:
    if situation.is_held_out:
        return _fallback(replace(decided, reason=HELD_OUT), definition.fallback, situation)
    state = state_now(decided.placement, decided.version)
    features = features_of(how.bandit.features, situation.facts)
    unit = situation.unit or (decided.id.bytes if decided.id is not None else b"")
    seed = seed_of(decided.placement, decided.version, state.version, unit)
    chosen = choose(how.bandit, state, features, seed)
    choice = Choice(PLAYED, (Candidate(chosen.arm, how.outcomes[chosen.arm]),))
    decided = replace(
        decided,
        reason=PLAYED,
        propensity=chosen.propensity,
        probabilities=dict(chosen.probabilities),
        features=(features or None) if situation.unit else None,
        state_version=state.version,
    )
    return _tried(decided, choice, definition.fallback, situation)


def _first_shown(decided: Decided, choice: Choice, definition: Definition, situation: Situation) -> Decided:
    """Of a table or rules. In the global holdout nobody gets an offer for what they did."""
    candidates = choice.candidates
    skipped: tuple[Skipped, ...] = ()
    personal = [one for one in candidates if one.is_personal and one.outcome.kind in OFFERS]
    if personal and situation.is_held_out:
        candidates = tuple(one for one in candidates if one not in personal)
        skipped = tuple(Skipped(one.arm, HELD_OUT) for one in personal)
    return _tried(decided, replace(choice, candidates=candidates), definition.fallback, situation, skipped)


def _tried(
    decided: Decided, choice: Choice, fallback: Outcome, situation: Situation, skipped: tuple[Skipped, ...] = ()
) -> Decided:
    """The first outcome that can be shown, or all of them where they are collected; else the fallback."""
    found: list[tuple[str, Shown]] = []
    for one in choice.candidates:
        shown = resolve(one.outcome, situation, decided.placement)
        if isinstance(shown, Unshown):
            skipped = (*skipped, Skipped(one.arm, shown.reason))
            continue
        found.append((one.arm, shown))
        if len(found) == choice.most or not choice.collects:
            break
    if not found:
        reason = skipped[0].reason if skipped else decided.reason
        return _fallback(replace(decided, reason=reason, skipped=skipped), fallback, situation)
    if choice.collects:
        shown = Shown("list", "", tuple(one for _, one in found))
        return replace(decided, arm=",".join(arm for arm, _ in found), shown=shown, skipped=skipped)
    return replace(decided, arm=found[0][0], shown=found[0][1], skipped=skipped)


def _fallback(decided: Decided, fallback: Outcome, situation: Situation) -> Decided:
    return replace(
        decided,
        decided_by=FALLBACK,
        arm=FALLBACK,
        shown=_shown_or_nothing(fallback, situation, decided.placement),
        propensity=1.0,
        probabilities=None,
        features=None,
    )


def _shown_or_nothing(fallback: Outcome, situation: Situation, where: str) -> Shown:
    found = resolve(fallback, situation, where)
    return SHOWN_NOTHING if isinstance(found, Unshown) else found
