"""Whose fault a failure is: what content causes ends in quarantine, what the surroundings cause never does."""

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import connection

from events import services
from events.models import Event, Inbox, RejectedEvent
from tests.events.conftest import Send
from tests.events.test_processing import counters, track

Work = Callable[[], int]


def fail_on_the_word_bomb(sqlstate: str) -> None:
    """The database refuses events whose properties hold the word, with the SQLSTATE given."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""CREATE OR REPLACE FUNCTION refuse_bombs() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '{sqlstate}'; END $$;
            DROP TRIGGER IF EXISTS refuse_bombs ON events_event;
            CREATE TRIGGER refuse_bombs BEFORE INSERT ON events_event FOR EACH ROW
            WHEN (new.properties::text LIKE '%bomb%') EXECUTE FUNCTION refuse_bombs()"""
        )


def mend_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER refuse_bombs ON events_event")


def bomb(number: int) -> dict[str, Any]:
    return track(number, properties={"note": "bomb"})


@pytest.mark.parametrize("sqlstate", ["54000", "57014", "22P05"])  # the first two reach us as OperationalError
def test_what_content_causes_is_quarantined_whatever_the_driver_calls_it(send: Send, work: Work, sqlstate: str) -> None:
    fail_on_the_word_bomb(sqlstate)
    send([track(1), bomb(2), track(3)])
    send([track(4)])
    work()
    row = RejectedEvent.objects.get()
    assert (row.stage, row.index, json.loads(bytes(row.raw))["messageId"]) == ("poison", 1, "m-2")
    assert counters() == (4, 3, 0, 1, 0)
    assert not Inbox.objects.filter(done_at=None).exists()


@pytest.mark.parametrize("sqlstate", ["53100", "57P01", "08006"])
def test_what_the_surroundings_cause_is_nobodys_fault_however_often_it_comes(
    send: Send, work: Work, sqlstate: str
) -> None:
    fail_on_the_word_bomb(sqlstate)
    send([track(1), bomb(2)])
    for _ in range(9):
        with pytest.raises(psycopg.OperationalError):  # COPY raises the driver's own
            services.process_slice()
    row = Inbox.objects.get()
    assert (row.attempts, row.token, row.done_at) == (0, None, None)
    assert counters() == (0, 0, 0, 0, 0)
    mend_the_database()
    work()
    assert Event.objects.count() == 2
    assert not RejectedEvent.objects.exists()
