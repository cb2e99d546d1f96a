"""Many workers at once against the real PostgreSQL: the same people and states, and no fold lost."""

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection, transaction

from profiles.contracts import IdentifierKey
from profiles.models import IdentifierState, Profile
from profiles.services import fold_deltas, register_sightings
from tests.profiles import oracle
from tests.profiles.oracle import OracleEvent
from tests.profiles.worlds import arrive, deltas_of, event, sighting, stored_people, stored_states

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 8


def at_once(work: Sequence[Callable[[], object]]) -> None:
    """Run each callable on its own thread and connection, all starting together; raise what any raised."""
    barrier = threading.Barrier(len(work))

    def run(one: Callable[[], object]) -> None:
        try:
            barrier.wait(timeout=30)
            one()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(work)) as pool:
        for done in [pool.submit(run, one) for one in work]:
            done.result(timeout=120)


def world(seed: int, size: int) -> list[OracleEvent]:
    """People, shared browsers, a kiosk, families; all on few identifiers, so that workers meet."""
    chance = random.Random(seed)
    events = []
    for n in range(size):
        person = chance.randrange(25)
        keys = {f"user_id:u{person}"} if chance.random() < 0.6 else set()
        if chance.random() < 0.3:
            keys.add(f"email:e{person if chance.random() < 0.8 else chance.randrange(25)}@x.example")
        if chance.random() < 0.7 or not keys:
            keys.add(f"anonymous_id:a{person * 2 + chance.randrange(3)}")
        if chance.random() < 0.1:
            keys.add(f"device_id:d{chance.randrange(3)}")
        name = chance.choice(["Product Viewed", "Product Added", "Order Completed"])
        events.append(event(*keys, at=chance.randrange(200), name=name, traits={"n": n}, n=n))
    return events


def batches(events: list[OracleEvent], seed: int) -> Iterator[list[OracleEvent]]:
    chance = random.Random(seed)
    left = list(events)
    chance.shuffle(left)
    while left:
        size = chance.randrange(1, 30)
        yield left[:size]
        left = left[size:]


@pytest.mark.parametrize("seed", range(2))
def test_eight_workers_make_the_people_and_states_of_the_oracle(seed: int) -> None:
    events = world(seed, 800)
    shares: list[list[list[OracleEvent]]] = [[] for _ in range(WORKERS)]
    for i, batch in enumerate(batches(events, seed)):
        shares[i % WORKERS].append(batch)
        shares[(i + 3) % WORKERS].append([])  # a place to repeat this batch's sightings elsewhere
        shares[(i + 3) % WORKERS][-1] = [e._replace(name="") for e in batch]

    def work(share: list[list[OracleEvent]]) -> None:
        for batch in share:
            arrive(batch, fold=batch[0].name != "")

    at_once([lambda share=share: work(share) for share in shares])  # type: ignore[misc]
    assert stored_people() == oracle.people(events)
    assert stored_states() == oracle.states(events)


def test_folds_that_race_with_merges_and_splits_lose_nothing() -> None:
    people = range(12)
    ids = arrive(
        [event(f"user_id:u{i}", at=50 + i) for i in people] + [event(f"anonymous_id:a{i}", at=20 + i) for i in people],
        fold=False,
    )
    rounds = 40

    def fold(seed: int) -> None:
        chance = random.Random(seed)
        for n in range(rounds):
            some = [event(chance.choice(["user_id:u", "anonymous_id:a"]) + str(i), at=seed * 1000 + n) for i in people]
            with transaction.atomic():
                fold_deltas(deltas_of(some, ids))

    def merge_and_split() -> None:
        for at in range(100, 60, -1):  # each earlier link gives the browser to the next person
            register_sightings(
                [
                    sighting(event(f"user_id:u{(i + at) % 12}", f"anonymous_id:a{i}", at=at))
                    for i in people
                    if at % 5 == i % 5
                ]
            )

    at_once([*(lambda seed=seed: fold(seed) for seed in range(5)), merge_and_split, merge_and_split])
    total = 5 * rounds * len(people)
    assert sum(IdentifierState.objects.values_list("event_count", flat=True)) == total
    assert sum(Profile.objects.values_list("event_count", flat=True)) == total
    by_profile: dict[object, int] = {}
    for state in IdentifierState.objects.select_related("identifier"):
        by_profile[state.identifier.profile_id] = by_profile.get(state.identifier.profile_id, 0) + state.event_count
    assert dict(Profile.objects.values_list("id", "event_count")) == by_profile


def test_eight_workers_that_meet_one_new_person_make_one() -> None:
    batch = [event("user_id:u", "anonymous_id:a", at=1), event("user_id:u", "email:e@x.example", at=2)]
    answers: list[dict[IdentifierKey, int]] = []
    at_once([lambda: answers.append(register_sightings([sighting(e) for e in batch]))] * WORKERS)
    assert all(answer == answers[0] for answer in answers)
    assert len(answers) == WORKERS
    assert Profile.objects.count() == 1


def test_a_deadlock_with_a_stranger_is_tried_again() -> None:
    """PostgreSQL ends whoever looks first once both wait; on a busy machine that may be us: hence a few tries."""
    assert any(ended_the_merge(f"a{number}", f"u{number}") for number in range(5))
    assert {profile.event_count for profile in Profile.objects.all()} == {2}


def ended_the_merge(device: str, user: str) -> bool:
    """Whether the merge of these two was the one that a deadlock ended; it comes about in either case."""
    arrive([event(f"anonymous_id:{device}", at=1), event(f"user_id:{user}", at=2)])

    def merge() -> dict[IdentifierKey, int]:
        try:
            return register_sightings([sighting(event(f"user_id:{user}", f"anonymous_id:{device}", at=3))])
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        was_us = False
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT id FROM profiles_profile FOR UPDATE")
                merged = pool.submit(merge)
                waiting: list[object] = []
                while not waiting:  # the merge holds the state rows and waits for our profile rows
                    cursor.execute(
                        "SELECT pid FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
                    )
                    waiting = cursor.fetchall()
                cursor.execute("SELECT identifier_id FROM profiles_identifierstate FOR UPDATE")  # and we for its rows
        except OperationalError:
            was_us = True
        assert len(merged.result(timeout=60)) == 2
    return not was_us
