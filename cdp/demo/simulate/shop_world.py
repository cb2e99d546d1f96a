"""The shop world: households shopping over the days, told in blocks that do not depend on each other. Pure.

Blocks may be told by several processes: they come out in the same order and with the same bytes.
"""

from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from functools import lru_cache
from itertools import islice
from multiprocessing import get_context
from typing import NamedTuple

from cdp.demo.simulate import clocks
from cdp.demo.simulate.dice import REPEATS, Dice
from cdp.demo.simulate.households import layout, make_household
from cdp.demo.simulate.lives import live_through
from cdp.demo.simulate.market import make_market
from cdp.demo.simulate.pricing import Prices
from cdp.demo.simulate.story import Run
from cdp.demo.simulate.truth_rows import Rows, rows_of
from cdp.demo.simulate.wire import Parcel

BLOCK = 64  # households whose histories are mixed before they are sent
SENT_TWICE = 0.01


class Shape(NamedTuple):
    """What a process needs to know to tell any block: instants in milliseconds."""

    seed: int
    starts: int
    now: int
    tag: str


class Block(NamedTuple):
    """Some households' events by time, a few told twice as clients do, and what is true of them."""

    parcels: list[Parcel]
    rows: list[Rows]
    counts: Counter[str]
    repeated: int


def tell(shape: Shape, people: int | None, *, processes: int = 1) -> Iterator[Block]:
    """All blocks of so many people, or without end."""
    homes = layout(shape.seed, people)
    blocks = iter(lambda: tuple(islice(homes, BLOCK)), ())
    if processes <= 1:
        for block in blocks:
            yield tell_block(shape, block)
        return
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        under_way: deque[Future[Block]] = deque()
        try:
            for block in blocks:
                under_way.append(pool.submit(tell_block, shape, block))
                if len(under_way) > 2 * processes:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def tell_block(shape: Shape, homes: tuple[tuple[int, int], ...]) -> Block:
    """The block of these (household number, members)."""
    run, told, rows = run_of(shape), list[Parcel](), list[Rows]()
    counts: Counter[str] = Counter()
    for number, size in homes:
        household = make_household(run.market, number, size)
        stories = [live_through(run, household, member) for member in household.members]
        rows.append(rows_of(household, stories))
        for story in stories:
            told += story.parcels
            counts.update(story.teller.counts)
    dice = Dice(shape.seed, REPEATS, homes[0][0])
    repeated = [parcel for parcel in told if dice.chance(SENT_TWICE)]
    in_order = sorted(told + repeated, key=lambda parcel: parcel.at)
    return Block(in_order, rows, counts, sum(len(parcel.items) for parcel in repeated))


@lru_cache(maxsize=4)
def run_of(shape: Shape) -> Run:
    """The run of a shape; made once a process."""
    market = make_market(shape.seed)
    prices = Prices(market, shape.now // clocks.DAY + clocks.EPOCH_DAY)
    return Run(shape.seed, market, prices, shape.starts, shape.now, shape.tag)
