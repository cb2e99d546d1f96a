"""From a table or rules and facts to outcomes: the same facts and version lead to the same outcomes, always. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from decisions.definition.conditions import Facts, folded, holds
from decisions.definition.mentions import is_personal
from decisions.definition.nodes import COLLECT, PRIORITY, UNIQUE, Outcome, Row, Rules, Table

ROW_MATCHED, NO_ROW, SEVERAL_ROWS = "row_matched", "no_row_matched", "several_rows_matched"
RULE_MATCHED, NO_RULE = "rule_matched", "no_rule_matched"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An outcome to try, and the row, variant or arm it stands for."""

    arm: str
    outcome: Outcome
    is_personal: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """Outcomes in the order in which they are tried; all of them (at most `most`) are shown where `collects`.

    `reason` is why there are these, or why there is none.
    """

    reason: str
    candidates: tuple[Candidate, ...] = ()
    collects: bool = False
    most: int = 1


def by_table(table: Table, facts: Facts, now: datetime) -> Choice:
    """The rows that match, under the table's hit policy."""
    matched = [row for row in table.rows if _matches(row, facts, now)]
    if not matched:
        return Choice(NO_ROW)
    if table.hit == UNIQUE and len(matched) > 1:
        return Choice(SEVERAL_ROWS)
    if table.hit in (PRIORITY, COLLECT):
        matched.sort(key=lambda row: -row.priority)
    candidates = tuple(Candidate(row.id, row.outcome, row.is_personal) for row in matched)
    return Choice(ROW_MATCHED, candidates, table.hit == COLLECT, table.most)


def by_rules(rules: Rules, facts: Facts) -> Choice:
    """The arms whose clause holds."""
    found = [arm for arm in rules.arms if holds(arm.clause, facts) is True]
    candidates = tuple(Candidate(arm.id, arm.outcome, is_personal(arm.clause)) for arm in found)
    return Choice(RULE_MATCHED if candidates else NO_RULE, candidates)


def features_of(names: Sequence[str], facts: Facts) -> dict[str, str | float | bool]:
    """What a bandit is told, by the names its definition gives; what is not known is left out."""
    found: dict[str, str | float | bool] = {}
    for name in names:
        value = _feature(name, facts)
        if value is not None and value != "":
            found[name] = float(value) if isinstance(value, Decimal) else value
    return found


def _feature(name: str, facts: Facts) -> str | Decimal | bool | None:
    if name.startswith("person.segment:"):
        slug = name.partition(":")[2]
        is_askable = facts.is_known and (facts.askable is None or slug in facts.askable)
        return slug in facts.held if is_askable else None
    if name.startswith("context."):
        return facts.context.get(name[8:])
    if name.startswith("cart.") and facts.cart is not None:
        value = getattr(facts.cart, name[5:], None)
        return value if isinstance(value, Decimal | str) else None
    return TIMES[name](facts) if name in TIMES else None


TIMES: Mapping[str, Callable[[Facts], Decimal | str]] = {
    "hour": lambda facts: Decimal(facts.hour),
    "time.hour": lambda facts: Decimal(facts.hour),
    "weekday": lambda facts: facts.weekday,
    "time.weekday": lambda facts: facts.weekday,
}


def _matches(row: Row, facts: Facts, now: datetime) -> bool:
    if (row.starts_at is not None and now < row.starts_at) or (row.ends_at is not None and now >= row.ends_at):
        return False
    return all(holds(one, facts) is True for one in row.when)


def folded_context(context: Mapping[str, object]) -> dict[str, str | Decimal | bool]:
    """A request's context as conditions compare it; what cannot be compared is left out."""
    found = {name: folded(value) for name, value in context.items()}
    return {name: value for name, value in found.items() if value is not None and value != ""}
