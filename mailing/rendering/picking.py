"""Which products the blocks of a variant ask for beside what a sender gives. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from mailing.content import Block


@dataclass(frozen=True, slots=True)
class Pick:
    """Products that a block shows: chosen ones (`ids`), else recommended ones, by a placement or a strategy.

    Given to `Compiled.render` as a list under `name`.
    """

    name: str
    ids: tuple[str, ...] = ()
    placement: str = ""
    strategy: str = "for_you"
    n: int = 3


def picked(block: Block) -> str:
    """The name of the list a block shows."""
    return f"picked_{block.id.replace('-', '_')}"


def offer_of(blocks: Iterable[Block]) -> str:
    """The key of the offer that each reader is given; empty: none is asked for. A mail gives one."""
    named = (str(block.values["offer"]).strip() for block in blocks if block.type == "offer")
    return next((key for key in named if key), "")


def picks_of(blocks: Iterable[Block]) -> tuple[Pick, ...]:
    """What all blocks ask for, in reading order."""
    found = []
    for block in blocks:
        values = block.values
        if block.type == "products" and values["from"] == "ids":
            found.append(Pick(picked(block), ids=tuple(values["ids"])))
        if block.type == "recommendations":
            found.append(Pick(picked(block), (), values["placement"], values["strategy"], values["n"]))
    return tuple(found)
