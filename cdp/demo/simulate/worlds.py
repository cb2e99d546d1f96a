"""Putting worlds together: one seed, one now, the parcels in the order of sending, and the truth. Pure.

The shop world is told in a stream and keeps nothing unless asked to (`keeps_people`): `listener` hears what is true of
each household as its events are made.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain, islice
from random import Random
from typing import Any

from cdp.demo.simulate import cart_world, clocks, shop_world
from cdp.demo.simulate.cart_stage import CartStage
from cdp.demo.simulate.catalog import TASTES, Catalog, make_catalog
from cdp.demo.simulate.identity_world import IdentityWorld
from cdp.demo.simulate.people import Registry
from cdp.demo.simulate.shop_world import Shape
from cdp.demo.simulate.shopping import OPEN_CARTS_END_BEFORE, Shopper
from cdp.demo.simulate.truth import Truth
from cdp.demo.simulate.truth_rows import SHARED_WHAT, Rows
from cdp.demo.simulate.wire import Parcel, Phase, Tracker, iso, whole_ms

WORLDS = ("identity", "cart", "shop")
LAWS = ("identity", "cart")
CART_SHARE, IDENTITY_SHARE = 0.15, 0.25  # beside the shop world; the identity world alone takes what carts leave
SENT_TWICE = 0.01
BLOCK = 500  # people whose histories are mixed before they are sent


@dataclass(frozen=True, slots=True)
class Plan:
    """What to simulate. The history ends at `now`; a cart is due `idle` after its last touch, until `max_age`.

    `events`: the shop world goes on, past `people`, to the block of households that makes so many.
    """

    seed: int
    people: int
    days: int
    now: datetime
    worlds: tuple[str, ...] = LAWS
    idle: timedelta = timedelta(minutes=60)
    max_age: timedelta = timedelta(hours=72)
    events: int | None = None
    processes: int = 1

    def __post_init__(self) -> None:
        if self.people < 1 or self.days < 1:
            raise ValueError("people and days are at least 1")
        if (self.events is not None and self.events < 1) or self.processes < 1:
            raise ValueError("events and processes are at least 1")
        if not self.worlds or set(self.worlds) - set(WORLDS):
            raise ValueError(f"worlds are among {', '.join(WORLDS)}")
        if not timedelta(0) < self.idle < self.max_age < OPEN_CARTS_END_BEFORE:
            raise ValueError(
                f"the idle time is below the greatest age, and that below {OPEN_CARTS_END_BEFORE.days} days"
            )


@dataclass(slots=True)
class Simulation:
    """A plan being played. `truth` is complete once `parcels` is exhausted; play it once."""

    plan: Plan
    keeps_people: bool = True
    listener: Callable[[Rows], None] | None = None
    truth: Truth = field(default_factory=Truth)
    catalog: Catalog = field(init=False)
    _rng: Random = field(init=False)
    _shopper: Shopper = field(init=False)
    _registry: Registry = field(init=False)

    def __post_init__(self) -> None:
        plan, now = self.plan, whole_ms(self.plan.now)
        self.catalog = make_catalog(plan.seed)
        self._rng = Random(f"worlds {plan.seed}")
        self._registry = Registry(plan.seed, self._rng, TASTES)
        self._shopper = Shopper(self.catalog, Tracker(run_tag(plan), self.truth), self._rng, now)

    def parcels(self) -> Iterator[Parcel]:
        """In phase order; within a block of people by time. A few histories are told twice, as clients do."""
        if "identity" in self.plan.worlds:
            yield from self._history()
        if "shop" in self.plan.worlds:
            yield from self._shop()
        if "cart" in self.plan.worlds:
            yield from self._carts()

    def document(self) -> dict[str, Any]:
        """The truth as it is written to the file."""
        plan = self.plan
        head = {
            "synthetic": True,
            "note": "Made up by manage.py simulate. must_mail leaves the holdout out of account.",
            "seed": plan.seed,
            "now": iso(plan.now),
            "days": plan.days,
            "worlds": list(plan.worlds),
            "idle_minutes": plan.idle.total_seconds() / 60,
            "max_age_hours": plan.max_age.total_seconds() / 3600,
            "products": len(self.catalog.products),
        }
        return head | self.truth.as_json()

    def _history(self) -> Iterator[Parcel]:
        plan = self.plan
        world = IdentityWorld(
            self._registry,
            self._shopper,
            self._shopper.tracker,
            self.truth,
            self._rng,
            now=whole_ms(plan.now),
            days=plan.days,
        )
        lives = world.parcels(_people_of("identity", plan))
        while block := list(chain.from_iterable(islice(lives, BLOCK))):
            yield from self._with_repeats(block)

    def _carts(self) -> Iterator[Parcel]:
        plan = self.plan
        stage = CartStage(
            self._registry,
            self._shopper,
            self._shopper.tracker,
            self.truth,
            self._rng,
            now=whole_ms(plan.now),
            idle=plan.idle,
            max_age=plan.max_age,
        )
        told = list(chain.from_iterable(cart_world.tell(stage, _people_of("cart", plan))))
        for phase in (Phase.FACTS, Phase.STORIES):
            yield from (parcel for parcel in told if parcel.phase == phase)

    def _shop(self) -> Iterator[Parcel]:
        plan, made = self.plan, 0
        people = None if plan.events is not None else _people_of("shop", plan)
        for block in shop_world.tell(shape_of(plan), people, processes=plan.processes):
            made += sum(len(parcel.items) for parcel in block.parcels)
            self.truth.events.update(block.counts)
            self.truth.unique += block.counts.total()
            self.truth.repeated += block.repeated
            for rows in block.rows:
                self._hear(rows)
            yield from block.parcels
            if plan.events is not None and made >= plan.events:
                return

    def _hear(self, rows: Rows) -> None:
        if self.listener is not None:
            self.listener(rows)
        if not self.keeps_people:
            return
        for person in rows.people:
            if not person.identifiers:  # was not there these days
                continue
            self.truth.owns(person.person, person.kind, person.identifiers, person.links)
        if rows.household.tablet is not None:
            tablet = ("anonymous_id", rows.household.tablet)
            self.truth.shares(tablet, SHARED_WHAT, rows.household.tablet_users)

    def _with_repeats(self, block: list[Parcel]) -> Iterator[Parcel]:
        repeated = [parcel for parcel in block if self._rng.random() < SENT_TWICE and not parcel.once]
        self.truth.repeated += sum(len(parcel.items) for parcel in repeated)
        yield from sorted(block + repeated, key=lambda parcel: parcel.at)


def run_tag(plan: Plan) -> str:
    """Tells runs apart in message, cart and order ids: people depend on the seed alone, what they do also on now."""
    return hashlib.blake2b(f"{plan.seed} {iso(plan.now)}".encode(), digest_size=4).hexdigest()


def shape_of(plan: Plan) -> Shape:
    """The shop world of a plan."""
    now = clocks.to_ms(whole_ms(plan.now))
    tag = hashlib.blake2b(f"shop {plan.seed} {now} {plan.days}".encode(), digest_size=5).hexdigest()
    return Shape(plan.seed, now - plan.days * clocks.DAY, now, tag)


def _people_of(world: str, plan: Plan) -> int:
    """How many of the plan's people live in a world."""
    carts = CART_SHARE if "cart" in plan.worlds else 0.0
    identity = (IDENTITY_SHARE if "shop" in plan.worlds else 1.0 - carts) if "identity" in plan.worlds else 0.0
    shares = {"cart": carts, "identity": identity, "shop": 1.0 - carts - identity}
    if plan.worlds == ("cart",):
        return plan.people
    return max(1, round(plan.people * shares[world]))
