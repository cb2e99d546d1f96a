"""Steps where the ways part: by a rule, or by chance. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from automation.graph.place import Place
from automation.graph.step import Arm, Sequences, Step

ELSE = "else"
MAX_ARMS = 10
MAX_ARM_NAME = 60
HAIR = 1e-6


@dataclass(frozen=True, slots=True)
class Branch(Step):
    """Everybody takes the first arm whose rule holds for them, else the last."""

    do: ClassVar[str] = "branch"
    takes: ClassVar[Sequence[str]] = ("arms", "else")
    ruled: tuple[Arm, ...]
    otherwise: tuple[Step, ...]

    @classmethod
    def parse(cls, node: str, raw: Mapping[str, Any], place: Place, sequence: Sequences) -> Self:
        arms = _arms(raw, place, ("if", "name", "steps"), least=1)
        ruled = []
        for name, given, at in arms:
            if "if" not in given:
                at.refuse('takes a rule under "if": who goes this way')
            ruled.append(
                Arm(name, name, sequence(given.get("steps", []), at.at("steps")), at.at("if").rule(given["if"]))
            )
        return cls(node, place.path, tuple(ruled), sequence(raw.get("else", []), place.at("else")))

    def sentence(self) -> str:
        said = [f"“{arm.label}” if {arm.rule.sentence()}" for arm in self.ruled if arm.rule is not None]
        return f"Branch: {'; '.join(said)}; everybody else"

    def arms(self) -> tuple[Arm, ...]:
        return (*self.ruled, Arm(ELSE, "everybody else", self.otherwise))


@dataclass(frozen=True, slots=True)
class Split(Step):
    """By chance and for good: the same person takes the same arm, whenever asked."""

    do: ClassVar[str] = "split"
    takes: ClassVar[Sequence[str]] = ("arms",)
    shared: tuple[Arm, ...]

    def __post_init__(self) -> None:
        if abs(sum(arm.share for arm in self.shared) - 1) > HAIR:
            raise ValueError("the shares of a split add up to 1")

    @classmethod
    def parse(cls, node: str, raw: Mapping[str, Any], place: Place, sequence: Sequences) -> Self:
        shared = []
        for name, given, at in _arms(raw, place, ("name", "share", "steps"), least=2):
            share = given.get("share")
            if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share < 1:
                at.at("share").refuse("takes a share between 0 and 1, as in 0.5")
            shared.append(Arm(name, name, sequence(given.get("steps", []), at.at("steps")), share=float(share)))
        total = sum(arm.share for arm in shared)
        if abs(total - 1) > HAIR:
            place.at("arms").refuse(f"its shares add up to {total:g}; they take 1 in all")
        return cls(node, place.path, tuple(shared))

    def sentence(self) -> str:
        return "Split by chance: " + ", ".join(f"{arm.share:.3g} “{arm.label}”" for arm in self.shared)

    def arms(self) -> tuple[Arm, ...]:
        return self.shared


def _arms(
    raw: Mapping[str, Any], place: Place, keys: Sequence[str], *, least: int
) -> list[tuple[str, Mapping[str, Any], Place]]:
    """(name, arm, place) of each, their names told apart."""
    given, at = raw.get("arms"), place.at("arms")
    if not isinstance(given, list) or not least <= len(given) <= MAX_ARMS:
        at.refuse(f"takes a list of {least} to {MAX_ARMS} arms")
    found: dict[str, tuple[str, Mapping[str, Any], Place]] = {}
    for number, arm in enumerate(given):
        here = at.at(number)
        one = here.fields(arm, f"an arm with the keys {', '.join(keys)}")
        here.only(one, keys)
        name = here.text(one, "name", "a name for the arm", most=MAX_ARM_NAME)
        if name in found or name == ELSE:
            here.at("name").refuse(f"there is an arm {name!r} already: each takes a name of its own")
        found[name] = (name, one, here)
    return list(found.values())
