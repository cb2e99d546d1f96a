"""The cart world: people whose carts must or must not be written about, and why.

Told in two phases: facts of the backend first (sign-ups, consent, orders, withdrawals), then each cart's story in one
request, so that the service never sees a cart without what forbids its mail. Reasons are this world's own words.
"""

from collections.abc import Iterator

from cdp.demo.simulate import carts_due, carts_not_due
from cdp.demo.simulate.cart_stage import Actor, CartStage
from cdp.demo.simulate.wire import Parcel, Phase

CASES = (*carts_due.CASES, *carts_not_due.CASES)


def tell(stage: CartStage, people: int) -> Iterator[list[Parcel]]:
    """One case after the other: each at least twice, then by weight until there are `people`.

    The truth is complete when all have been taken.
    """
    cases = [case for case in CASES for _ in range(2)]
    weighted = [case for case in CASES for _ in range(case[1])]
    while len(cases) < people:
        cases.append(stage.rng.choice(weighted))
    for _, _, case in cases:
        yield list(_parcels(case(stage)))


def _parcels(actors: list[Actor]) -> Iterator[Parcel]:
    for actor in actors:
        if actor.facts:
            yield Parcel(Phase.FACTS, actor.left_at, server_side=True, items=actor.facts)
    if story := [item for actor in actors for item in actor.story]:
        yield Parcel(Phase.STORIES, actors[0].left_at, server_side=False, items=story)
