"""The ledger sealed: nothing settled is left out, nobody waits, and whatever is changed afterwards is found."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction
from django.db.utils import DatabaseError
from pytest_django import Settings

from cdp.alarms.models import Alarm
from cdp.jobs.models import Job
from cdp.jobs.services import run_slice
from cdp.lib.hashing import address_hash, keyed_hash
from consent import services
from consent.contracts import EMAIL_MARKETING, NewEntry
from consent.models import Entry, Seal, SealMark
from consent.services import sealing

pytestmark = pytest.mark.django_db(transaction=True)
T0 = datetime(2026, 3, 1, tzinfo=UTC)
NOW = T0 + timedelta(days=1)


@pytest.fixture(autouse=True)
def _heads_of_its_own(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


@pytest.fixture
def unguarded() -> Iterator[None]:
    """What somebody with the database owner's rights can do: take the triggers off, and put them back on."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE consent_entry DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE consent_seal DISABLE TRIGGER USER")
    yield
    guard()


def guard() -> None:
    with connection.cursor() as cursor:
        for table in ("consent_entry", "consent_seal"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            for trigger in ("append_only", "no_truncate"):
                cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{trigger}")


def append(count: int, *, start: int = 0) -> None:
    entries = [
        NewEntry(
            entry_key=keyed_hash("test", str(n)),
            purpose=EMAIL_MARKETING,
            state="granted" if n % 2 else "denied",
            method="api",
            occurred_at=T0 + timedelta(minutes=n),
            address_hash=address_hash(f"{n}@example.com"),
        )
        for n in range(start, start + count)
    ]
    with transaction.atomic():
        services.record_entries(entries, now=NOW)


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def problems() -> str:
    return " ".join(sealing.verify().problems)


def test_everything_settled_is_sealed_once_in_blocks_and_verifies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "BLOCK", 10)
    append(25)
    assert sealing.seal_all(now=NOW) == 25
    append(7, start=25)
    assert sealing.seal_all(now=NOW) == 7
    assert list(Seal.objects.order_by("number").values_list("number", "entries")) == [(1, 10), (2, 10), (3, 5), (4, 7)]
    found = sealing.verify()
    assert (found.seals, found.entries, found.unsealed, found.problems) == (4, 32, 0, ())
    assert len(sealing.heads_file().read_text().splitlines()) == 4


def test_an_entry_whose_transaction_is_open_holds_sealing_back_and_is_not_left_out() -> None:
    """Its id is drawn, others with higher ids commit: sealing over it would make a change of its arrival."""
    drawn, may_end = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            append(1, start=100)
            drawn.set()
            may_end.wait(20)
        connection.close()

    writer = threading.Thread(target=slow)
    writer.start()
    assert drawn.wait(20)
    append(3)
    assert sealing.seal(now=NOW) == 0
    assert sealing.seal(now=NOW) == 0, "the open transaction may still add an entry below the mark"
    may_end.set()
    writer.join(20)
    assert sealing.seal_all(now=NOW) == 4
    assert problems() == ""


def test_ids_that_never_committed_leave_no_hole_in_the_chain() -> None:
    append(2)
    with transaction.atomic():
        append(3, start=10)
        transaction.set_rollback(True)
    sealing.seal_all(now=NOW)
    assert SealMark.objects.count() == 0, "nothing is left to be sealed"
    append(2, start=20)
    sealing.seal_all(now=NOW)
    assert (Seal.objects.count(), problems()) == (2, "")


def test_a_mark_of_another_server_does_not_hold_sealing_up() -> None:
    """A dump played back elsewhere brings the mark along: its transaction comes there in months, or never."""
    append(2)
    SealMark.objects.create(pk=1, last_entry_id=1, until_xid=2**60, marked_at=NOW)
    assert sealing.seal_all(now=NOW) == 2
    assert problems() == ""


def test_a_seal_made_while_the_ledger_is_verified_is_not_taken_for_one_that_was_cut_off() -> None:
    append(2)
    sealing.seal_all(now=NOW)

    def seal_meanwhile(done: int, total: int) -> None:
        append(2, start=10)
        assert sealing.seal_all(now=NOW) == 2

    assert sealing.verify(seal_meanwhile).problems == ()


def test_a_head_that_a_crash_cut_short_says_nothing_and_spoils_no_later_one(unguarded: None) -> None:
    append(2)
    sealing.seal_all(now=NOW)
    with sealing.heads_file().open("ab") as file:
        file.write(b'{"number":2,"dig')
    append(2, start=10)
    sealing.seal_all(now=NOW)
    guard()
    assert problems() == ""
    sql("ALTER TABLE consent_seal DISABLE TRIGGER USER; DELETE FROM consent_seal WHERE number = 2")
    guard()
    assert "Seal 2, kept in ledger-heads.ndjson" in problems()


def test_the_database_refuses_to_change_entries_and_seals() -> None:
    append(2)
    sealing.seal_all(now=NOW)
    for table in ("consent_entry", "consent_seal"):
        column = "state = 'granted'" if table == "consent_entry" else "entries = 1"
        for statement in (f"UPDATE {table} SET {column}", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            with pytest.raises(DatabaseError, match="append-only"):
                sql(statement)
    assert (Entry.objects.count(), Seal.objects.count()) == (2, 1)


def test_a_role_without_superuser_rights_may_not_change_them_even_as_their_owner_and_without_triggers(
    unguarded: None,
) -> None:
    """As in a managed database, where the product's role owns its tables: the migration took these privileges away."""
    append(1)
    sql("CREATE ROLE cdp_test_plain NOLOGIN")
    try:
        for table in sealing.GUARDED_TABLES:
            sql(f"ALTER TABLE {table} OWNER TO cdp_test_plain")
            for statement in (f"DELETE FROM {table}", f"TRUNCATE {table}"):
                with pytest.raises(ProgrammingError, match="permission denied"):
                    sql(f"SET ROLE cdp_test_plain; {statement}")
        with pytest.raises(ProgrammingError, match="permission denied"):
            sql("SET ROLE cdp_test_plain; UPDATE consent_entry SET state = 'granted'")
        sql("SET ROLE cdp_test_plain; SELECT count(*) FROM consent_entry")
    finally:
        sql("RESET ROLE")
        sql("REASSIGN OWNED BY cdp_test_plain TO CURRENT_USER")
        sql("DROP ROLE cdp_test_plain")


TAMPERINGS = {
    "a changed state": "UPDATE consent_entry SET state = 'expired' WHERE id = (SELECT min(id) FROM consent_entry)",
    "a changed time": "UPDATE consent_entry SET occurred_at = occurred_at + interval '1 microsecond' WHERE id = "
    "(SELECT max(id) FROM consent_entry)",
    "a changed wording": "UPDATE consent_entry SET wording_id = 7 WHERE id = (SELECT min(id) FROM consent_entry)",
    "an entry taken out": "DELETE FROM consent_entry WHERE id = (SELECT min(id) + 3 FROM consent_entry)",
    "an entry slipped in": "INSERT INTO consent_entry (id, entry_key, address_hash, purpose_id, state, method, "
    "occurred_at) SELECT max(id) - 1, 'x', 'y', 'email_marketing', 'granted', 'api', now() FROM consent_entry",
    "a seal taken out": "DELETE FROM consent_seal WHERE number = 2",
    "a seal with another count": "UPDATE consent_seal SET entries = entries + 1 WHERE number = 2",
    "a seal that follows another": "UPDATE consent_seal SET previous = digest WHERE number = 2",
    "the end cut off": "DELETE FROM consent_seal WHERE number = 3; DELETE FROM consent_entry WHERE id > "
    "(SELECT max(last_entry_id) FROM consent_seal)",
    "everything cut off": "DELETE FROM consent_seal; DELETE FROM consent_entry",
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_tampering_with_the_ledger_is_detected(what: str, unguarded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "BLOCK", 5)
    append(12)
    sql("DELETE FROM consent_entry WHERE id = (SELECT max(id) - 1 FROM consent_entry)")  # an id that is free
    sealing.seal_all(now=NOW)
    assert Seal.objects.count() == 3
    guard()
    assert problems() == ""
    sql("ALTER TABLE consent_entry DISABLE TRIGGER USER; ALTER TABLE consent_seal DISABLE TRIGGER USER")
    sql(TAMPERINGS[what])
    guard()
    assert problems() != ""
    with pytest.raises(CommandError):
        call_command("ledger", "verify", verbosity=0)


def test_without_the_key_nobody_can_seal_changed_entries_anew(unguarded: None, settings: Settings) -> None:
    """Whoever has the database and all of this code, and not the salt."""
    append(3)
    sealing.seal_all(now=NOW)
    salt, settings.HASH_SALT = settings.HASH_SALT, "a guess"
    sql("DELETE FROM consent_seal")
    sql("UPDATE consent_entry SET state = 'granted'")
    sealing.heads_file().unlink()
    sealing.seal_all(now=NOW)
    settings.HASH_SALT = salt
    guard()
    assert "Seal 1 does not fit" in problems()


def test_a_disabled_guard_is_a_problem_of_its_own(unguarded: None) -> None:
    assert "A trigger that keeps consent_entry append-only is missing or disabled." in problems()


def test_the_daily_job_alarms_and_clears(unguarded: None) -> None:
    append(3)
    sealing.seal_all(now=NOW)
    guard()
    sealing.seal_slice()
    assert Job.objects.filter(kind=sealing.VERIFY).count() == 1
    sealing.seal_slice()
    assert Job.objects.filter(kind=sealing.VERIFY).count() == 1, "once a day"
    while run_slice():
        pass
    assert not Alarm.objects.filter(code=sealing.ALARM, cleared_at=None).exists()
    sql("ALTER TABLE consent_entry DISABLE TRIGGER USER; UPDATE consent_entry SET method = 'staff'")
    guard()
    Job.objects.all().delete()
    sealing.seal_slice()
    while run_slice():
        pass
    alarm = Alarm.objects.get(code=sealing.ALARM, cleared_at=None)
    assert alarm.level == "error"
    assert "Seal 1 does not fit" in alarm.message
