"""What a placement's definition says, as frozen nodes; `decisions.definition.parsing` is the only way to them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from decisions.bandits import Bandit

TABLE, RULE, EXPERIMENT, BANDIT = "table", "rule", "experiment", "bandit"
FALLBACK, RECOMMENDATIONS = "fallback", "recommendations"
UNIQUE, FIRST, PRIORITY, COLLECT = "unique", "first", "priority", "collect"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is shown. `kind`: content, offer, offers (the best of `keys`), recommendations, data or nothing.

    `key` names the block, the offer or the placement of recommendations; `n`: how many products, None as that says.
    """

    kind: str
    key: str = ""
    keys: tuple[str, ...] = ()
    n: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


NOTHING = Outcome("nothing")


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison: `on` what, `op` how, with `value` as it is compared (texts folded, numbers as Decimal).

    On person.segment the value is a tuple of slugs; on person.rule it is the rule's digest (`Definition.rules`).
    """

    on: str
    op: str
    value: Any


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions together: `how` is all, any or not (of one)."""

    how: str
    parts: "tuple[Condition | Group, ...]"


Clause = Condition | Group


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: it matches where every condition holds, from `starts_at` until before `ends_at`."""

    id: str
    when: tuple[Condition, ...]
    outcome: Outcome
    priority: int = 0
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    note: str = ""

    @property
    def is_personal(self) -> bool:
        """Whether it looks at the person."""
        return any(one.on.startswith("person.") for one in self.when)


@dataclass(frozen=True, slots=True)
class Input:
    """A column of a table: what it looks at, and what it is called."""

    id: str
    on: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a hit policy: unique, first, priority or collect (at most `most`)."""

    hit: str
    inputs: tuple[Input, ...]
    rows: tuple[Row, ...]
    most: int = 10


@dataclass(frozen=True, slots=True)
class RuleArm:
    """An outcome for those for whom the clause holds."""

    id: str
    clause: Clause
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Rules:
    """The first arm whose clause holds."""

    arms: tuple[RuleArm, ...]


@dataclass(frozen=True, slots=True)
class ByExperiment:
    """An outcome for each variant of an experiment; a variant without one gets the fallback."""

    experiment: str
    outcomes: Mapping[str, Outcome]


@dataclass(frozen=True, slots=True)
class ByBandit:
    """Arms that a policy chooses among, and the outcome of each."""

    bandit: Bandit
    outcomes: Mapping[str, Outcome]


How = Table | Rules | ByExperiment | ByBandit


@dataclass(frozen=True, slots=True)
class Definition:
    """How a placement is decided, and what it shows where that leads nowhere.

    `rules`: {digest: rule as JSON} of every person.rule in it; `attached`: {digest: slug} of the segments that keep
    them, filled in when it is published.
    """

    by: str
    how: How
    fallback: Outcome
    rules: Mapping[str, Any] = field(default_factory=dict)
    attached: Mapping[str, str] = field(default_factory=dict)
