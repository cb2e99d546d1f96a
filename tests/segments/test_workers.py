"""Several workers at once: evaluators, markers, a recomputation and a save do not disturb each other's answers."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Event as Flag

import pytest
from django.db import connection
from django.db.models import Count

from cdp.lib.clock import utc_now
from cdp.outbox.services import drain_all, run_consumer
from segments import services
from segments.contracts import SegmentDraft
from segments.models import DirtyProfile, Membership
from tests.segments.world import World, recomputed, streamed

pytestmark = pytest.mark.django_db(transaction=True)
RULES = [
    {"did": "A", "count": {"gte": 2}},
    {"not": {"did": "B", "within": {"days": 5}}},
    {"trait": "country", "is": "eq", "value": "DE"},
]


def test_workers_side_by_side_end_where_one_would() -> None:
    world, dice, over = World(), Random(11), Flag()
    ids = [world.segment(rule, slug=f"s{number}") for number, rule in enumerate(RULES)]

    def until_over(work: Callable[[], object]) -> None:
        try:
            while not over.is_set():
                work()
        finally:
            connection.close()

    def edit() -> None:
        rule = {"did": dice.choice("AB"), "count": {"gte": dice.randrange(1, 3)}}
        services.save_segment(SegmentDraft(slug="s0", name="s0", definition=rule), segment_id=ids[0])
        services.recompute(ids[0])

    with ThreadPoolExecutor(5) as pool:
        jobs = [pool.submit(until_over, lambda: services.evaluate_slice(limit=7)) for _ in range(2)]
        jobs += [pool.submit(until_over, lambda: run_consumer("segments.mark", seconds=0.1)) for _ in range(2)]
        jobs.append(pool.submit(until_over, edit))
        for _ in range(15):
            world.send(*[_something(world, dice) for _ in range(20)], settle=False)
        over.set()
        for job in jobs:
            job.result()
    services.recompute(ids[0])
    drain_all(only={"segments.mark", "segments.evaluate"})
    assert streamed() == recomputed(utc_now())
    assert DirtyProfile.objects.count() == 0
    open_twice = Membership.objects.filter(left_at=None).values("segment", "profile_id").annotate(n=Count("id"))
    assert not open_twice.filter(n__gt=1).exists()


def _something(world: World, dice: Random) -> dict[str, object]:
    user = f"u{dice.randrange(25)}"
    what = dice.random()
    if what < 0.2:
        return world.identify(user, anonymous=f"a{dice.randrange(12)}", days_ago=dice.randrange(6))
    if what < 0.4:
        return world.identify(user, country=dice.choice(("DE", "AT")), days_ago=dice.randrange(6))
    if what < 0.6:
        device = f"a{dice.randrange(12)}"
        return {
            "type": "track",
            "anonymousId": device,
            "event": dice.choice("AB"),
            "timestamp": world.at(dice.randrange(9)),
        }
    return world.track(user, dice.choice("AB"), days_ago=dice.randrange(9))
