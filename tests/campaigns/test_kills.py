"""kill −9 at random points of a campaign: nobody is mailed twice, everybody is accounted for, `unknown` is counted.

50,000 recipients: `./run bench campaign_kill`.
"""

import pytest

from tests.campaigns.killing import Outcome, run_and_kill
from tests.campaigns.world import campaign, people, segment

pytestmark = pytest.mark.django_db(transaction=True)
RECIPIENTS = 300
SLICE = 10
"""So few mails are handed over together that 300 recipients see as many borders as thousands would."""


def outcome(seed: int, kills: int, sabotage: str = "", recipients: int = RECIPIENTS) -> Outcome:
    row = campaign(segment("members", people(*(f"p{n}@example.com" for n in range(recipients)))))
    return run_and_kill(row.pk, kills=kills, seed=seed, sabotage=sabotage, slices=SLICE)


def test_workers_killed_at_random_points_mail_nobody_twice_and_lose_nobody() -> None:
    found = outcome(seed=8, kills=8)
    assert found.problems == ()
    assert found.recipients == RECIPIENTS
    assert found.states["sent"] + found.states.get("unknown", 0) == RECIPIENTS
    assert 0 < found.states["unknown"] < 150
    assert found.kills == 8


def test_a_worker_that_queues_again_what_was_being_sent_is_caught() -> None:
    """Negative control."""
    found = outcome(seed=8, kills=3, sabotage="requeue", recipients=80)
    assert any("mailed more than once" in one for one in found.problems)
