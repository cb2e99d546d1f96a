"""What a definition names: content, offers, recommendations, experiments, segments; with where it names them. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from decisions.definition.nodes import ByBandit, ByExperiment, Clause, Condition, Definition, Outcome, Rules, Table


@dataclass(slots=True)
class Mentions:
    """{key: the first path that names it}, by what it is the key of; `segments` by slug, `rules` by digest."""

    content: dict[str, str] = field(default_factory=dict)
    offers: dict[str, str] = field(default_factory=dict)
    recommendations: dict[str, str] = field(default_factory=dict)
    experiments: dict[str, str] = field(default_factory=dict)
    segments: dict[str, str] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)


def mentions_of(definition: Definition) -> Mentions:
    """All that it names."""
    found = Mentions()
    for path, outcome in outcomes_of(definition):
        _note(found, path, outcome)
    for path, condition in conditions_of(definition):
        if condition.on == "person.segment":
            for slug in condition.value:
                found.segments.setdefault(slug, path)
        elif condition.on == "person.rule":
            found.rules.setdefault(condition.value, path)
    how = definition.how
    if isinstance(how, ByExperiment):
        found.experiments[how.experiment] = "$.experiment"
    if isinstance(how, ByBandit):
        for i, name in enumerate(how.bandit.features):
            if name.startswith("person.segment:"):
                found.segments.setdefault(name.partition(":")[2], f"$.features[{i}]")
    return found


def outcomes_of(definition: Definition) -> Iterator[tuple[str, Outcome]]:
    """(path, outcome) of every one, the fallback last."""
    how = definition.how
    if isinstance(how, Table):
        yield from ((f"$.rows[{i}].outcome", one.outcome) for i, one in enumerate(how.rows))
    elif isinstance(how, Rules):
        yield from ((f"$.arms[{i}].outcome", one.outcome) for i, one in enumerate(how.arms))
    elif isinstance(how, ByBandit):
        yield from ((f"$.arms[{i}].outcome", one) for i, one in enumerate(how.outcomes.values()))
    else:
        yield from ((f"$.outcomes.{name}", one) for name, one in how.outcomes.items())
    yield "$.fallback", definition.fallback


def conditions_of(definition: Definition) -> Iterator[tuple[str, Condition]]:
    """(path, condition) of every one."""
    how = definition.how
    if isinstance(how, Table):
        for i, row in enumerate(how.rows):
            yield from ((f"$.rows[{i}].when", one) for one in row.when)
    elif isinstance(how, Rules):
        for i, arm in enumerate(how.arms):
            yield from ((f"$.arms[{i}].if", one) for one in _leaves(arm.clause))


def is_personal(clause: Clause) -> bool:
    """Whether it looks at the person."""
    return any(one.on.startswith("person.") for one in _leaves(clause))


def _leaves(clause: Clause) -> Iterator[Condition]:
    if isinstance(clause, Condition):
        yield clause
        return
    for part in clause.parts:
        yield from _leaves(part)


def _note(found: Mentions, path: str, outcome: Outcome) -> None:
    if outcome.kind == "content":
        found.content.setdefault(outcome.key, path)
    elif outcome.kind == "offer":
        found.offers.setdefault(outcome.key, path)
    elif outcome.kind == "offers":
        for key in outcome.keys:
            found.offers.setdefault(key, path)
    elif outcome.kind == "recommendations":
        found.recommendations.setdefault(outcome.key, path)
