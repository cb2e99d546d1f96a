"""From JSON to a definition: the only way there. Pure; docs/decisions.md describes the language."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from decisions.bandits import BanditError, bandit_of
from decisions.definition.conditions import parse_condition
from decisions.definition.nodes import (
    BANDIT,
    COLLECT,
    EXPERIMENT,
    FIRST,
    NOTHING,
    PRIORITY,
    RULE,
    TABLE,
    UNIQUE,
    ByBandit,
    ByExperiment,
    Clause,
    Condition,
    Definition,
    Group,
    How,
    Input,
    Outcome,
    Row,
    RuleArm,
    Rules,
    Table,
)
from decisions.definition.reading import DefinitionError, Fault, Place
from segments.rules import RuleError, parse_rule

KEYS: Mapping[str, tuple[str, ...]] = {
    TABLE: ("hit", "most", "inputs", "rows"),
    RULE: ("arms",),
    EXPERIMENT: ("experiment", "outcomes"),
    BANDIT: ("policy", "arms", "floor", "reward", "features", "bonus", "candidate"),
}
HITS = (FIRST, UNIQUE, PRIORITY, COLLECT)
OUTCOMES = ("content", "offer", "offers", "recommendations", "data", "nothing")
MOST_INPUTS, MOST_ROWS, MOST_ARMS, MOST_COLLECTED, MOST_BEST_OF = 20, 500, 100, 20, 20
MOST_DEPTH, MOST_DATA = 6, 20_000
RESERVED = ("fallback",)


def parse_definition(raw: object) -> Definition:
    """The definition that JSON says; raises DefinitionError with every fault and its path."""
    found, faults = read_definition(raw)
    if found is None or faults:
        raise DefinitionError(faults)
    return found


def read_definition(raw: object) -> tuple[Definition | None, list[Fault]]:
    """As much of the definition as can be read, and what is wrong; None where nothing can be."""
    place = Place([])
    if not isinstance(raw, dict) or raw.get("by") not in tuple(KEYS):  # a draft may be anything: a list has no hash
        place.at("by").fault("unknown", f"takes one of {', '.join(KEYS)}: how the place is decided")
        return None, place.faults
    by = raw["by"]
    place.fields(raw, ("by", "fallback", "attached", *KEYS[by]))
    rules: dict[str, Any] = {}
    how = READERS[by](raw, place, rules)
    if "fallback" not in raw:
        place.at("fallback").fault("missing", 'say what is shown where nothing fits, if only {"nothing": true}')
        fallback = NOTHING
    else:
        fallback = _outcome(raw["fallback"], place.at("fallback"))
    attached = raw.get("attached") or {}
    if not isinstance(attached, dict) or not all(isinstance(one, str) for one in attached.values()):
        place.at("attached").fault("not_an_object", "is written by publishing: leave it out")
        attached = {}
    return (None if how is None else Definition(by, how, fallback, rules, attached)), place.faults


def digest_of(rule: object) -> str:
    """Under which a rule of a definition is known: the same for the same rule."""
    return hashlib.blake2b(json.dumps(rule, sort_keys=True, default=str).encode(), digest_size=6).hexdigest()


def _table(raw: Mapping[str, Any], place: Place, rules: dict[str, Any]) -> How:
    hit = place.at("hit").one_of(raw.get("hit", FIRST), HITS)
    most = place.at("most").whole(raw.get("most", 10), 1, MOST_COLLECTED)
    inputs = tuple(_inputs(raw.get("inputs", []), place.at("inputs")))
    columns = {one.id: one for one in inputs}
    at = place.at("rows")
    rows = [
        _row(one, at.at(i), columns, rules)
        for i, one in enumerate(at.items(raw.get("rows", []), MOST_ROWS, "rows", least=0))
    ]
    _own_ids([one.id for one in rows], at)
    return Table(hit, inputs, tuple(rows), most)


def _inputs(raw: object, place: Place) -> list[Input]:
    found = []
    for i, one in enumerate(place.items(raw, MOST_INPUTS, "inputs", least=0)):
        at = place.at(i)
        given = at.fields(one, ("id", "name", "on"))
        pk, on = at.at("id").text(given.get("id"), "an id"), at.at("on").text(given.get("on"), "what is looked at")
        found.append(Input(pk, on, at.at("name").note(given.get("name"))))
    _own_ids([one.id for one in found], place)
    return found


def _row(raw: object, place: Place, columns: Mapping[str, Input], rules: dict[str, Any]) -> Row:
    given = place.fields(raw, ("id", "when", "outcome", "priority", "starts_at", "ends_at", "note"))
    when, conditions = given.get("when") or {}, []
    at = place.at("when")
    if not isinstance(when, dict):
        at.fault("not_an_object", "takes an object: a condition for each input that matters")
        when = {}
    for column, cell in when.items():
        if column not in columns:
            at.fault("unknown_input", f"there is no input {column!r}; there are {', '.join(columns) or 'none'}")
        elif cell is not None:
            inside = at.at(str(column))
            one = inside.fields(cell, ("is", "value"))
            read = _condition(columns[column].on, one.get("is"), one.get("value"), inside, rules)
            conditions += [read] if read is not None else []
    start, end = (
        place.at("starts_at").instant(given.get("starts_at")),
        place.at("ends_at").instant(given.get("ends_at")),
    )
    if start is not None and end is not None and end <= start:
        place.at("ends_at").fault("empty_range", "it ends before it starts")
    return Row(
        place.at("id").text(given.get("id"), "an id", most=64),
        tuple(conditions),
        _outcome(given.get("outcome"), place.at("outcome")),
        place.at("priority").whole(given.get("priority", 0), -1_000_000, 1_000_000),
        start,
        end,
        place.at("note").note(given.get("note")),
    )


def _condition(on: str, op: object, value: object, place: Place, rules: dict[str, Any]) -> Condition | None:
    if on == "person.rule":
        try:
            parse_rule(value)
        except RuleError as error:
            Place(place.faults, place.at("value").path + error.path[1:]).fault("not_a_rule", error.message)
            return None
        rules[digest_of(value)] = value
        value = digest_of(value)
    return parse_condition(on, op, value, place)


def _rules(raw: Mapping[str, Any], place: Place, rules: dict[str, Any]) -> How:
    at, arms = place.at("arms"), []
    for i, one in enumerate(at.items(raw.get("arms"), MOST_ARMS, "arms")):
        inside = at.at(i)
        given = inside.fields(one, ("id", "if", "outcome", "note"))
        clause = _clause(given.get("if", {}), inside.at("if"), rules, 1)
        outcome = _outcome(given.get("outcome"), inside.at("outcome"))
        arms.append(RuleArm(inside.at("id").text(given.get("id"), "an id", most=64), clause, outcome))
    _own_ids([one.id for one in arms], at)
    return Rules(tuple(arms))


def _clause(raw: object, place: Place, rules: dict[str, Any], depth: int) -> Clause:
    """{} is for everybody; all, any, not; {"rule": …}, {"segment": slug}; {"on", "is", "value"}."""
    everybody = Group("all", ())
    if depth > MOST_DEPTH:
        place.fault("too_deep", f"is nested deeper than {MOST_DEPTH} levels")
        return everybody
    if not isinstance(raw, dict):
        place.fault("not_an_object", 'takes a condition, such as {"on": "context.country", "is": "eq", "value": "DE"}')
        return everybody
    for how in ("all", "any"):
        if how in raw:
            place.fields(raw, (how,))
            at = place.at(how)
            parts = [
                _clause(one, at.at(i), rules, depth + 1) for i, one in enumerate(at.items(raw[how], 50, "conditions"))
            ]
            return Group(how, tuple(parts))
    if "not" in raw:
        place.fields(raw, ("not",))
        return Group("not", (_clause(raw["not"], place.at("not"), rules, depth + 1),))
    if not raw:
        return everybody
    if "rule" in raw:
        place.fields(raw, ("rule",))
        found = _condition("person.rule", "holds", raw["rule"], place, rules)
    elif "segment" in raw:
        place.fields(raw, ("segment",))
        found = parse_condition("person.segment", "member", raw["segment"], place)
    else:
        place.fields(raw, ("on", "is", "value"))
        on = place.at("on").text(raw.get("on"), "what is looked at")
        found = _condition(on, raw.get("is"), raw.get("value"), place, rules)
    return everybody if found is None else found


def _by_experiment(raw: Mapping[str, Any], place: Place, _: dict[str, Any]) -> How:
    key = place.at("experiment").text(raw.get("experiment"), "the key of an experiment")
    given, at = raw.get("outcomes"), place.at("outcomes")
    if not isinstance(given, dict) or not given:
        at.fault("not_an_object", "takes an outcome for each variant of the experiment")
        given = {}
    return ByExperiment(key, {str(name): _outcome(one, at.at(str(name))) for name, one in given.items()})


def _by_bandit(raw: Mapping[str, Any], place: Place, _: dict[str, Any]) -> How | None:
    try:
        bandit = bandit_of({key: value for key, value in raw.items() if value is not None})
    except BanditError as error:
        Place(place.faults, f"$.{error.path}").fault("bandit", error.message)
        return None
    at = place.at("arms")
    outcomes = {one.id: _outcome(one.outcome, at.at(i).at("outcome")) for i, one in enumerate(bandit.arms)}
    _own_ids(list(outcomes), at)
    return ByBandit(bandit, outcomes)


READERS: Mapping[str, Any] = {TABLE: _table, RULE: _rules, EXPERIMENT: _by_experiment, BANDIT: _by_bandit}


def _outcome(raw: object, place: Place) -> Outcome:
    given = place.fields(raw, (*OUTCOMES, "n"))
    named = [kind for kind in OUTCOMES if kind in given]
    if len(named) != 1:
        if isinstance(raw, dict):
            place.fault("no_outcome", f"takes exactly one of {', '.join(OUTCOMES)}")
        return NOTHING
    kind, value, at = named[0], given[named[0]], place.at(named[0])
    if "n" in given and kind != "recommendations":
        place.at("n").fault("unknown_key", "only recommendations take n")
    if kind == "nothing":
        if value is not True:
            at.fault("not_a_truth", "takes true")
        return NOTHING
    if kind == "data":
        return _data(value, at)
    if kind == "offers":
        return _best_of(value, at)
    n = place.at("n").whole(given["n"], 1, 50) if given.get("n") is not None else None
    return Outcome(kind, at.text(value, "a key", most=100), n=n)


def _data(value: object, place: Place) -> Outcome:
    if not isinstance(value, dict):
        place.fault("not_an_object", 'takes a JSON object, like {"layout": "wide"}')
        return NOTHING
    if len(msgspec.json.encode(value)) > MOST_DATA:
        place.fault("too_long", f"takes at most {MOST_DATA:,} bytes of JSON")
    return Outcome("data", data=value)


def _best_of(value: object, place: Place) -> Outcome:
    given = place.fields(value, ("best_of",))
    at = place.at("best_of")
    keys = tuple(
        at.at(i).text(one, "the key of an offer", most=100)
        for i, one in enumerate(at.items(given.get("best_of"), MOST_BEST_OF, "keys of offers"))
    )
    return Outcome("offers", keys=keys)


def _own_ids(ids: Sequence[str], place: Place) -> None:
    for pk in sorted({one for one in ids if one and ids.count(one) > 1}):
        place.fault("same_id", f"{pk!r} is there more than once: each needs an id of its own")
    for pk in RESERVED:
        if pk in ids:
            place.fault("reserved_id", f"{pk!r} is the name of what is shown where nothing fits: choose another id")
