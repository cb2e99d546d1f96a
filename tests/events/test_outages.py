"""Whose fault a failure is: what content causes ends in quarantine, what the surroundings cause never does."""

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection

from events import services
from events.models import Event, Inbox, RejectedEvent
from events.services import storing
from profiles.models import IdentifierState, Profile
from tests.events.conftest import Send
from tests.events.test_processing import counters, track

Work = Callable[[], int]


def fail_on_the_word_bomb(sqlstate: str, *, table: str = "events_event", column: str = "properties") -> None:
    """The database refuses rows whose column holds the word, with the SQLSTATE given."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""CREATE OR REPLACE FUNCTION refuse_bombs() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '{sqlstate}'; END $$;
            CREATE TRIGGER refuse_bombs BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW
            WHEN (new.{column}::text LIKE '%bomb%') EXECUTE FUNCTION refuse_bombs()"""
        )


def mend_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER refuse_bombs ON events_event")


def bomb(number: int) -> dict[str, Any]:
    return track(number, properties={"note": "bomb"})


@pytest.mark.parametrize("sqlstate", ["54000", "57014", "22P05"])  # the first two reach us as OperationalError
def test_what_content_causes_is_quarantined_whatever_the_driver_calls_it(send: Send, work: Work, sqlstate: str) -> None:
    fail_on_the_word_bomb(sqlstate, table="profiles_identifierstate", column="traits")
    send([track(1), {"type": "identify", "userId": "u1", "messageId": "m-2", "traits": {"a": "bomb"}}, track(3)])
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


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("outage", ["a disk full", "the connection cut"])
def test_an_outage_amid_an_item_leaves_no_mark_that_could_condemn_it(
    send: Send, work: Work, outage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    send([track(1), track(2)])
    Inbox.objects.update(attempts=6)
    real = storing.store

    def cut(planned: Any, *, fence: Any) -> int:
        if outage == "the connection cut":
            state = "SELECT pg_terminate_backend(pg_backend_pid())"
        else:
            state = "DO $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END $$"
        with connection.cursor() as cursor:
            cursor.execute(state)
        return real(planned, fence=fence)

    monkeypatch.setattr(storing, "store", cut)
    with pytest.raises(OperationalError):
        services.process_slice()
    row = Inbox.objects.get()
    assert (row.token, row.claimed_until, row.attempts, row.facts) == (None, None, 6, facts_before(row))
    monkeypatch.undo()
    work()
    assert counters() == (2, 2, 0, 0, 0)
    assert not RejectedEvent.objects.exists()


def facts_before(row: Inbox) -> dict[str, Any]:
    """The facts without what processing notes among them."""
    return {key: value for key, value in row.facts.items() if key not in ("trying", "tries", "next_index")}


def test_a_mark_left_once_is_no_proof_and_left_twice_is(send: Send, work: Work) -> None:
    """Once may be an outage so long that the mark could not be taken away."""
    send([track(1), track(2), track(3)])
    Inbox.objects.update(attempts=6, facts={"next_index": 0, "trying": 0, "tries": 1})
    work()
    assert counters() == (3, 3, 0, 0, 0)
    send([track(4), track(5)])
    Inbox.objects.filter(done_at=None).update(attempts=6, facts={"next_index": 0, "trying": 0, "tries": 2})
    work()
    assert counters() == (5, 4, 0, 1, 0)
    assert RejectedEvent.objects.get().reason == "the process died twice"


def test_traits_without_end_are_bounded_and_flagged_and_stay_in_the_log(send: Send, work: Work) -> None:
    """Ten people with 1,000 traits of 30 KB each once made one statement that PostgreSQL refused for ever."""
    traits = {"short": "x", "long": "y" * 30_000}
    send([{"type": "identify", "userId": "u1", "messageId": "m-1", "traits": traits}])
    work()
    found = Event.objects.get()
    assert (found.flags, found.properties) == (["trait_too_long"], traits)
    assert IdentifierState.objects.get().traits.keys() == Profile.objects.get().traits.keys() == {"short"}
