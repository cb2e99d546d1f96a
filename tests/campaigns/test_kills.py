"""kill −9 at random points of a campaign: nobody is mailed twice, everybody is accounted for, `unknown` is counted.

50,000 recipients: `./run bench campaign_kill`.
"""

from collections.abc import Iterator

import pytest

from tests.campaigns.killing import Outcome, Workers, run_and_kill, workers
from tests.campaigns.world import campaign, people, segment

pytestmark = pytest.mark.django_db(transaction=True)
RECIPIENTS = 300
SLICE = 10
"""So few mails are handed over together that 300 recipients see as many borders as thousands would."""


@pytest.fixture(scope="module")
def crew(django_db_setup: None) -> Iterator[Workers]:
    """Made ready once."""
    with workers() as found:
        yield found


def outcome(crew: Workers, recipients: int, kills: int, more: str = "") -> Outcome:
    row = campaign(segment("members", people(*(f"p{n}@example.com" for n in range(recipients)))))
    return run_and_kill(crew, row.pk, kills=kills, seed=8, slices=SLICE, more=more)


def test_workers_killed_at_random_points_mail_nobody_twice_and_lose_nobody(crew: Workers) -> None:
    found = outcome(crew, RECIPIENTS, kills=8)
    assert found.problems == ()
    assert found.recipients == RECIPIENTS
    assert found.states["sent"] + found.states["unknown"] == RECIPIENTS
    assert found.states["unknown"] < RECIPIENTS / 2
    assert found.kills == 8


def test_a_worker_that_queues_again_what_was_being_sent_is_caught(crew: Workers) -> None:
    """Negative control."""
    found = outcome(crew, 80, kills=3, more="requeue")
    assert any("mailed more than once" in one for one in found.problems)
