"""Which variant somebody gets of an experiment made by staff, and why. Pure: facts in, variant and reason out.

The split, the traffic and the layer are three independent hashes of one unit: more traffic moves nobody from one
variant to another, and a layer's range says nothing of the variant.
"""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from experiments.assignment import BUCKETS, assign, bucket

HOLDOUT_KEY = "global-holdout"
HOLDOUT, TREATED = "holdout", "treated"

ASSIGNED, MET = "assigned", "met"
NOBODY, HELD_OUT = "nobody", "global_holdout"
NOT_RUNNING, WINNER, STOPPED = "not_running", "winner", "stopped"
LAYER, TRAFFIC, TARGET = "in_another_of_its_layer", "not_in_traffic", "not_targeted"
UNKNOWN = "unknown_experiment"
TAKING_PART = frozenset((ASSIGNED, MET))
WORDS = {
    ASSIGNED: "assigned by chance",
    MET: "met this variant before",
    NOBODY: "nobody is known, or no personalization is wanted",
    HELD_OUT: "held out of everything",
    NOT_RUNNING: "the experiment does not run",
    WINNER: "the experiment has a winner",
    STOPPED: "the experiment was stopped without a winner",
    LAYER: "kept for another experiment of its layer",
    TRAFFIC: "outside the share that takes part",
    TARGET: "not among those it is about",
    UNKNOWN: "there is no such experiment",
}


@dataclass(frozen=True, slots=True)
class LayerRange:
    """The part of a layer's people that may take part; `siblings`: ids of the others that run in it."""

    salt: str
    start: float
    end: float
    siblings: frozenset[int]

    def has(self, unit: bytes) -> bool:
        """Whether the unit stands in this part: it holds its start, not its end."""
        return edge(self.start) <= bucket(self.salt, unit) < edge(self.end)


@dataclass(frozen=True, slots=True)
class Running:
    """An experiment as requests know it. `audience`: the slug of the segment it is about, "" for everybody."""

    id: int
    key: str
    version: int
    state: str
    salt: str
    variants: tuple[tuple[str, Decimal], ...]
    control: str
    winner: str = ""
    traffic: float = 1.0
    audience: str = ""
    layer: LayerRange | None = None


def settled(one: Running) -> tuple[str, str] | None:
    """(variant, reason) where it is the same for everybody, since nobody is split any more or yet."""
    if one.state == "running":
        return None
    if one.winner:
        return one.winner, WINNER
    return one.control, STOPPED if one.state in ("stopped", "archived") else NOT_RUNNING


def split(one: Running, unit: bytes, *, met: str, met_of: Collection[int], is_held_out: bool) -> tuple[str, str] | None:
    """(variant, reason) of somebody in a running experiment; None: by `drawn`, once they are among those it is about.

    `met`: the variant of their earliest exposure, "" for none; `met_of`: ids of all experiments they met.
    """
    if not unit:
        return one.control, NOBODY
    if is_held_out:
        return one.control, HELD_OUT
    if met:
        return met, MET
    if one.layer is not None and (not one.layer.has(unit) or not one.layer.siblings.isdisjoint(met_of)):
        return one.control, LAYER
    if bucket(traffic_salt(one.salt), unit) >= edge(one.traffic):
        return one.control, TRAFFIC
    return None


def drawn(one: Running, unit: bytes) -> str:
    """The variant of the unit's place."""
    return assign(one.salt, unit, dict(one.variants))


def traffic_salt(salt: str) -> str:
    """Of the hash that says who takes part: another than the split's."""
    return f"{salt}:traffic"


def edge(share: float) -> Decimal:
    """A share of everybody as a place among the buckets."""
    return Decimal(str(share)) * BUCKETS
