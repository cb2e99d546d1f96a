"""Staff part people while workers take in events of the very same: in the end, what the oracle says."""

import pytest

from profiles.services import lift, separate
from tests.identity_desk import world
from tests.profiles import oracle
from tests.profiles.oracle import Key, OracleEvent
from tests.profiles.test_workers import at_once, batches
from tests.profiles.test_workers import world as crowd
from tests.profiles.worlds import arrive, event, stored_people, stored_states

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 25
TABLETS = 6


@pytest.mark.parametrize("lifted", [False, True])
def test_an_unmerge_amid_four_workers_ends_as_the_oracle_says(lifted: bool) -> None:
    known = [event(f"user_id:u{n}", f"anonymous_id:a{2 * n + 1}", at=n, n=9_000 + n) for n in range(PEOPLE)]
    events: list[OracleEvent] = crowd(7, 400)
    arrive(known)
    shares: list[list[list[OracleEvent]]] = [[] for _ in range(4)]
    for i, batch in enumerate(batches(events, 7)):
        shares[i % 4].append(batch)
    sides: list[tuple[set[Key], set[Key]]] = [
        ({("user_id", f"u{n}")}, {("anonymous_id", f"a{2 * n + 1}")}) for n in range(TABLETS)
    ]

    def work(share: list[list[OracleEvent]]) -> None:
        for batch in share:
            arrive(batch)

    def decide() -> None:
        made = []
        for one, other in sides:
            left, right = (world.ids(*(f"{kind}:{value}" for kind, value in side)) for side in (one, other))
            made.append(separate(left, right, reason="apart", actor=None).pk)
        for number in made if lifted else ():
            assert lift(number, reason="together", actor=None)

    at_once([*(lambda share=share: work(share) for share in shares), decide])
    everything = known + events
    assert stored_people() == oracle.people(everything, [] if lifted else sides)
    if lifted:
        assert stored_states() == oracle.states(everything)
