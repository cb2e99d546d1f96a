"""`{"consent": "email_marketing", "is": "granted"}`: what the consent gate says of a purpose."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from sqlglot import exp

from segments.rules import sql
from segments.rules.explaining import Explanation
from segments.rules.facts import NEVER, Consented, PersonFacts
from segments.rules.node import Mentions, Node, Place
from segments.rules.scope import CONSENTS, HI, LO, Scope

PURPOSE = re.compile(r"[a-z0-9_.:-]{1,100}")
STATES = ("granted", "denied")
NOTHING_KNOWN = Consented(False)


@dataclass(frozen=True, slots=True)
class ConsentIs(Node):
    """The effective state: by the ledger, by the parents of the purpose and by the law that holds for the person."""

    key: ClassVar[str] = "consent"
    example: ClassVar[str] = '{"consent": "email_marketing", "is": "granted"}'
    meaning: ClassVar[str] = "the purpose is allowed for the person now (granted), or is not (denied)"

    purpose: str
    granted: bool

    def __post_init__(self) -> None:
        if not self.purpose:
            raise ValueError("consent names a purpose")

    @classmethod
    def parse(cls, raw: Mapping[str, Any], place: Place) -> Self:
        place.only(raw, ("consent", "is"))
        purpose, state = raw["consent"], raw.get("is", "granted")
        if not isinstance(purpose, str) or not PURPOSE.fullmatch(purpose):
            place.at("consent").refuse('takes the code of a purpose, as in "email_marketing"')
        if state not in STATES:
            place.at("is").refuse(f"takes {' or '.join(STATES)}")
        return cls(purpose, state == "granted")

    def evaluate(self, facts: PersonFacts, now_us: int) -> bool:
        return self._said(facts).allowed is self.granted

    def valid_until(self, facts: PersonFacts, now_us: int) -> int:
        until = self._said(facts).until_us
        return until if until > now_us else NEVER

    def explain(self, facts: PersonFacts, now_us: int) -> Explanation:
        """With the present state."""
        actual = "granted" if self._said(facts).allowed else "denied"
        return Explanation(self.key, self.sentence(), self.evaluate(facts, now_us), actual=actual)

    def compile(self, scope: Scope) -> exp.Expression:
        allowed = sql.known(self._see(scope)("allowed"))
        return scope.leaf(self, lambda: allowed if self.granted else sql.no(allowed))

    def due(self, scope: Scope) -> exp.Expression | None:
        return scope.leaf((self, "due"), lambda: self._due(scope))

    def sentence(self) -> str:
        return f"{self.purpose} is {'allowed' if self.granted else 'not allowed'}"

    def mentions(self) -> Mentions:
        return Mentions(purposes=frozenset({self.purpose}))

    def _said(self, facts: PersonFacts) -> Consented:
        return facts.consents.get(self.purpose, NOTHING_KNOWN)

    def _due(self, scope: Scope) -> exp.Expression:
        until = self._see(scope)("until_us")
        return sql.case([(exp.GT(this=until, expression=sql.now()), until.copy())], sql.never())

    def _see(self, scope: Scope) -> Any:
        return scope.aside(("consent", self.purpose), lambda: self._of_purpose(scope))

    def _of_purpose(self, scope: Scope) -> exp.Select:
        found = exp.select(HI, LO, "allowed", "until_us").from_(scope.read(CONSENTS))
        return found.where(exp.column("purpose").eq(sql.text(self.purpose)))
