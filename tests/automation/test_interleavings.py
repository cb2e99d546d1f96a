"""A withdrawal at any statement between trigger and hand-over stops the mail (`./run bench withdrawals`: 10,000)."""

from collections.abc import Iterator

import pytest
from django.db import connection

from automation.models import Journey
from mailing.services import preparing
from tests.automation.sink import Sink
from tests.automation.turns import Turns
from tests.automation.withdrawing import MAILER, OWNER, WAYS, play

pytestmark = pytest.mark.django_db(transaction=True)
COUNT = 50


@pytest.fixture
def turns(transactional_db: None) -> Iterator[Turns]:
    connection.ensure_connection()
    found = Turns((MAILER, OWNER), connection.connection.info.dsn)
    yield found
    found.close()


def test_a_withdrawal_at_any_statement_before_the_hand_over_began_stops_the_mail(
    journey: Journey, sink: Sink, turns: Turns
) -> None:
    tally = play(turns, sink, COUNT, seed=5)
    assert tally.after == 0
    assert tally.stopped + tally.before + tally.window == tally.interleavings == COUNT
    assert len(sink.mails) == tally.before + tally.window
    # The check can only fail where withdrawals fall on every part of the way.
    assert min(tally.stopped, tally.before, tally.window) > 0
    assert set(tally.ways) == set(WAYS)


def test_a_mail_that_asks_nobody_again_is_caught(
    journey: Journey, sink: Sink, turns: Turns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: without the question at the hand-over, mails go out after their withdrawal."""
    monkeypatch.setattr(preparing, "ASK_PERMISSION_AGAIN", False)
    assert play(turns, sink, 12, seed=5).after > 0
