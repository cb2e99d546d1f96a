"""The page's form of identity rules: what was typed, as a draft with problems, and back again as rows to show."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from profiles import drafting
from profiles.drafting import NUMBERS, Mistake
from profiles.identifiers import ANONYMOUS_ID, EMAIL, USER_ID
from profiles.identity import DEVICE, OTHER, IdentityRules, KindRule

MOST_ROWS = 60
OWN_LIMITS = {USER_ID: "user_ids", EMAIL: "emails", ANONYMOUS_ID: "anonymous_ids"}
PLACES = {OTHER: "every other kind of identifier", DEVICE: "device ids"}


@dataclass(frozen=True, slots=True)
class KindRow:
    """One kind as the form shows it. `count`: identifiers of it; "" is a field left empty."""

    kind: str
    count: int | None
    limit: str
    limit_alone: str
    shared_after: str
    has_own_limits: bool


def rows_of(rules: IdentityRules, in_use: Mapping[str, int]) -> list[KindRow]:
    """A row for each kind that is in use or has a rule."""
    own = {rule.kind: rule for rule in rules.kinds}
    rows = []
    for kind in list(dict.fromkeys([*in_use, *own]))[:MOST_ROWS]:
        rule = own.get(kind, KindRule(kind))
        limit, alone, shared = (
            "" if one is None else str(one) for one in (rule.limit, rule.limit_alone, rule.shared_after)
        )
        rows.append(KindRow(kind, in_use.get(kind), limit, alone, shared, kind not in OWN_LIMITS))
    return rows


def places_of(rules: IdentityRules, in_use: Iterable[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """([(kind, words) in order], kinds that could be given a place of their own)."""
    placed = [(kind, PLACES.get(kind, kind.replace("_", " "))) for kind in rules.priority]
    return placed, [kind for kind in in_use if kind not in rules.priority]


def draft_of(data: Any) -> tuple[IdentityRules, list[Mistake]]:
    """The rules typed into the form (a QueryDict), and everything that is wrong with them."""
    wrong: list[Mistake] = []
    numbers = {name: _number(data.get(name, ""), name, wrong) or getattr(IdentityRules(), name) for name in NUMBERS}
    kinds = []
    for place, kind in enumerate(data.getlist("kind")[: MOST_ROWS + 1]):
        typed = [
            _number((data.getlist(field) + [""] * MOST_ROWS * 2)[place], "kinds", wrong)
            for field in ("limit", "limit_alone", "kind_shared_after")
        ]
        if kind.strip() and any(one is not None for one in typed):
            kinds.append(KindRule(kind.strip(), *typed))
    blocked, unread = drafting.blocked_of(data.get("blocked", ""))
    priority = tuple(data.getlist("priority")) or IdentityRules().priority
    rules = IdentityRules(kinds=tuple(kinds), priority=priority, blocked=blocked, **numbers)
    return rules, wrong + unread + drafting.problems(rules)


def _number(text: str, field: str, wrong: list[Mistake]) -> int | None:
    if not text.strip():
        return None
    if not text.strip().isascii() or not text.strip().isdigit() or len(text.strip()) > 9:
        wrong.append(Mistake(field, f"{text.strip()[:20]!r} is no whole number."))
        return None
    return int(text)
