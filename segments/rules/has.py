"""`{"has": "email"}`: known by an identifier of a kind."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from sqlglot import exp

from profiles.identifiers import DEVICE_KINDS, DEVICE_PREFIXES, is_device
from segments.rules import sql
from segments.rules.explaining import Explanation
from segments.rules.facts import NEVER, PersonFacts
from segments.rules.node import Mentions, Node, Place
from segments.rules.scope import HI, IDENTIFIERS, LO, Scope

KIND = re.compile(r"[a-z][a-z0-9_.-]{0,63}")
DEVICE = "device"
"""Stands for every kind that names a device."""
WORDS = {
    "email": "has an e-mail address",
    "phone": "has a phone number",
    "user_id": "has a user id",
    "anonymous_id": "was seen in a browser",
    DEVICE: "was seen on a device",
}


@dataclass(frozen=True, slots=True)
class Has(Node):
    """Reachable by or known by. Shared identifiers are nobody's."""

    key: ClassVar[str] = "has"
    example: ClassVar[str] = '{"has": "email"}'
    meaning: ClassVar[str] = "known by an identifier of this kind: email, phone, user_id, anonymous_id, device, others"

    kind: str

    def __post_init__(self) -> None:
        if not self.kind:
            raise ValueError("has names a kind of identifier")

    @classmethod
    def parse(cls, raw: Mapping[str, Any], place: Place) -> Self:
        place.only(raw, ("has",))
        kind = raw["has"]
        if not isinstance(kind, str) or not KIND.fullmatch(kind.strip().lower()):
            place.at("has").refuse('takes a kind of identifier, as in "email", "phone", "user_id" or "device"')
        return cls(kind.strip().lower())

    def evaluate(self, facts: PersonFacts, now_us: int) -> bool:
        return bool(self._theirs(facts))

    def valid_until(self, facts: PersonFacts, now_us: int) -> int:
        return NEVER

    def explain(self, facts: PersonFacts, now_us: int) -> Explanation:
        """With the kinds that were found."""
        found = self._theirs(facts)
        return Explanation(self.key, self.sentence(), bool(found), actual=", ".join(found) or None)

    def compile(self, scope: Scope) -> exp.Expression:
        return scope.leaf(self, lambda: sql.known(scope.aside(self, lambda: self._known(scope))("is_in")))

    def due(self, scope: Scope) -> exp.Expression | None:
        return None

    def sentence(self) -> str:
        return WORDS.get(self.kind, f"is known by {self.kind}")

    def mentions(self) -> Mentions:
        return Mentions(identifiers=True)

    def _theirs(self, facts: PersonFacts) -> list[str]:
        return sorted(kind for kind in facts.kinds if (is_device(kind) if self.kind == DEVICE else kind == self.kind))

    def _known(self, scope: Scope) -> exp.Select:
        kind = exp.column("kind")
        wanted: exp.Expression = kind.eq(sql.text(self.kind))
        if self.kind == DEVICE:
            starts: list[exp.Expression] = [exp.StartsWith(this=kind, expression=sql.text(p)) for p in DEVICE_PREFIXES]
            wanted = sql.either([exp.In(this=kind, expressions=[sql.text(k) for k in sorted(DEVICE_KINDS)]), *starts])
        people = scope.read(IDENTIFIERS, ("id", "kind", HI, LO, "is_shared"))
        return (
            exp.select(HI, LO, exp.alias_(exp.true(), "is_in"))
            .from_(people)
            .where(sql.both([wanted, sql.no(exp.column("is_shared"))]))
            .group_by(HI, LO)
        )
