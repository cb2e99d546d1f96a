"""The projector: nothing is lost or doubled, whatever is open, changes, is deleted or dies in between."""

import itertools
import shutil
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import connection
from pytest_django import Settings

from commerce.models import Order, OrderLine, Product
from events.models import Event
from lake import services
from lake.contracts import Ask, Projection
from lake.models import ErasedRow, LakeTable
from lake.queries import snapshot, status
from lake.queries.watermarks import horizon
from lake.registry import projection, projections
from lake.services import compacting, projecting, verify
from lake.store import Action, LostTableError, Table
from profiles.models import Identifier, Profile
from segments.models import ComputedValues
from tests.lake.looking import rows_of, visible
from tests.lake.world import Shop

pytestmark = pytest.mark.django_db(transaction=True)


def flush(*, settled: bool = True) -> int:
    """Everything that may be projected, now. With `settled` that is everything: first what ran beside us is over.

    Other test processes use the same server; whether a transaction that just ended was theirs cannot be told.
    """
    if settled:
        wait_until_over()
    return sum(services.project(one, at_once=True) for one in projections())


def rebuild(name: str) -> int:
    """Rebuilt with everything in it."""
    wait_until_over()
    return services.rebuild(projection(name))


def wait_until_over() -> None:
    """Wait until every transaction begun so far is over, or known to be another database's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        mine = cursor.fetchone()[0]
    deadline = time.monotonic() + 60
    while horizon().xmin <= mine:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def table_of(name: str) -> Table:
    return Table(projection(name), LakeTable.objects.get(name=name).generation)


def in_files(name: str, *columns: str) -> list[tuple[Any, ...]]:
    """Rows of the files, hidden or not."""
    table = table_of(name)
    tables = [table.read(file, columns) for file in table.version().files]
    return sorted((tuple(row.values()) for rows in tables for row in rows.to_pylist()), key=repr)


def insert_event(database: psycopg.Connection[Any], number: int) -> None:
    database.execute(
        """INSERT INTO events_event (id, source_id, inbox_id, index, message_hash, type, name, identifier_id,
        server_side, occurred_at, received_at, flags, properties, context)
        VALUES (%s, 1, 1, %s, '', 'track', 'Seen', 1, TRUE, now(), now(), '{}', '{}', '{}')""",
        [number, number],
    )


def second_connection() -> psycopg.Connection[Any]:
    params = connection.get_connection_params()  # a socket has no port, a trusted user no password
    named = ("host", "port", "user", "password", "dbname")
    return psycopg.connect(**{name: params[name] for name in named if name in params})


def test_what_happened_stands_in_the_files_and_is_seen_once() -> None:
    shop = Shop()
    shop.send(shop.order("ann", "o1", "p1", "p2"), shop.identify("ann", plan="gold"), shop.track("bob", "Odd"))
    shop.compute("ann", rank=5)
    before = {one.name: visible(one.name) for one in projections()}
    assert flush() > 0
    for one in projections():
        assert visible(one.name) == before[one.name]
        assert len(in_files(one.name, one.columns[0].name)) == len(before[one.name])
        assert verify(one).is_clean
    assert flush() == 0
    names = ("events", "identifiers", "profiles", "orders", "order_lines", "products", "computed")
    assert [len(before[name]) for name in names] == [3, 2, 2, 1, 2, 2, 1]


def test_a_transaction_held_open_across_two_projections_loses_nothing_and_doubles_nothing() -> None:
    with second_connection() as slow, second_connection() as quick:
        insert_event(quick, 1)
        quick.commit()
        assert flush() == 1
        insert_event(slow, 2)  # its id is lower than the next one's, and it ends later
        insert_event(quick, 3)
        quick.commit()
        assert visible("events") == [(1,), (3,)]
        flush(settled=False)
        assert in_files("events", "id") == [(1,)]  # 3 waits for whoever began before it
        assert visible("events") == [(1,), (3,)]
        insert_event(quick, 4)
        quick.commit()
        flush(settled=False)
        slow.commit()
        assert visible("events") == [(1,), (2,), (3,), (4,)]
        flush()
        assert in_files("events", "id") == [(1,), (2,), (3,), (4,)]
        assert visible("events") == [(1,), (2,), (3,), (4,)]
        assert verify(projection("events")).is_clean


def test_a_watermark_by_row_id_would_lose_rows() -> None:
    """Negative control: ids are given out before the commit, so the row of the slower transaction is never seen."""
    with second_connection() as slow, second_connection() as quick, connection.cursor() as cursor:
        insert_event(slow, 1)
        insert_event(quick, 2)
        quick.commit()
        taken: list[int] = []
        for _ in range(2):
            cursor.execute("SELECT id FROM events_event WHERE id > %s ORDER BY id", [max(taken, default=0)])
            taken += [row[0] for row in cursor.fetchall()]
            slow.commit()
    assert taken == [2]
    flush()
    assert in_files("events", "id") == [(1,), (2,)]


def test_a_merge_is_seen_at_once_and_then_stands_in_the_files() -> None:
    shop = Shop()
    shop.send({"type": "track", "anonymousId": "device-1", "event": "Seen"}, shop.identify("ann", plan="gold"))
    flush()
    assert len(visible("profiles")) == 2
    shop.send({"type": "identify", "anonymousId": "device-1", "userId": "ann", "traits": {"plan": "silver"}})
    profile = Profile.objects.get()
    halves = {(row[0] % 2**64 << 64 | row[1] % 2**64) for row in visible("identifiers", "profile_hi", "profile_lo")}
    assert halves == {profile.pk.int}
    assert len(visible("profiles")) == 1
    flush()
    assert len(in_files("profiles", "profile_lo")) == 1
    assert in_files("profiles", "texts") == [([("plan", "silver")],)]
    assert {(row[0] % 2**64 << 64 | row[1] % 2**64) for row in in_files("identifiers", "profile_hi", "profile_lo")} == {
        profile.pk.int
    }
    assert all(verify(one).is_clean for one in projections())


def test_updates_of_what_the_lake_does_not_show_are_not_projected() -> None:
    shop = Shop()
    shop.send(shop.identify("ann", plan="gold"), shop.track("ann", "Seen"))
    flush()
    before = Profile.objects.get().xid
    shop.send(shop.track("ann", "Seen again"))
    assert (Profile.objects.get().event_count, Profile.objects.get().xid) == (3, before)
    with snapshot(["profiles", "events"]) as view:
        assert view.relation(Ask("profiles", ("profile_hi",))).tail.num_rows == 0
        assert view.relation(Ask("events", ("id",))).tail.num_rows == 1


def test_a_stale_save_of_a_whole_row_does_not_hide_a_change_from_the_lake() -> None:
    shop = Shop()
    shop.send(shop.identify("ann", plan="gold"))
    flush()
    stale = Profile.objects.get()
    Profile.objects.update(traits={"plan": ["silver", 1, ""]})
    flush()
    stale.save()
    assert Profile.objects.get().xid > stale.xid
    flush()
    assert in_files("profiles", "texts") == [([("plan", "gold")],)]


def test_an_order_given_to_another_takes_its_lines_along() -> None:
    shop = Shop()
    shop.send(shop.order("ann", "o1", "p1"), shop.identify("bob"))
    flush()
    bob = Identifier.objects.get(value="bob").pk
    Order.objects.update(identifier_id=bob)
    assert visible("order_lines", "identifier_id") == [(bob,)]
    flush()
    assert in_files("order_lines", "identifier_id") == [(bob,)]


def test_a_person_erased_is_hidden_at_once_and_gone_from_the_files_after_projecting_and_vacuum(
    lake_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop()
    shop.send(
        shop.identify("ann", nickname="Anneliese-von-Secret"), shop.order("ann", "o-secret", "p1"),
        shop.track("ann", "Seen", note="Secret-Note"), shop.track("bob", "Seen", note="plain"),
    )  # fmt: skip
    shop.compute("ann", favorite="o-secret")
    shop.compute("bob", rank=1)
    flush()
    ann = Identifier.objects.get(value="ann")
    kept = [row for row in visible("events", "id", "identifier_id") if row[1] != ann.pk]
    assert secrets_in(lake_folder) == {"Anneliese-von-Secret", "Secret-Note", "o-secret"}
    Event.objects.filter(identifier_id=ann.pk).delete()
    OrderLine.objects.all().delete()
    Order.objects.all().delete()
    Profile.objects.filter(pk=ann.profile_id).delete()
    ComputedValues.objects.filter(pk=ann.profile_id).delete()
    Identifier.objects.filter(pk=ann.pk).delete()
    assert visible("events", "id", "identifier_id") == kept
    names = ("identifiers", "profiles", "computed", "orders", "order_lines")
    assert [len(visible(name)) for name in names] == [1, 1, 1, 0, 0]
    assert ErasedRow.objects.count() == 3 + 1 + 1 + 1 + 1 + 1
    flush()
    assert visible("events", "id", "identifier_id") == kept
    monkeypatch.setattr(compacting, "READERS_KEEP_H", 0)
    for one in projections():
        compacting.vacuum(table_of(one.name), hours=0)
    assert secrets_in(lake_folder) == set()
    assert all(verify(one).is_clean for one in projections())


def secrets_in(folder: Path) -> set[str]:
    """Which secrets any file's values or bytes hold."""
    found = set()
    for path in folder.rglob("*.parquet"):
        text = repr(pq.ParquetFile(path).read().to_pylist()) + path.read_bytes().decode("latin-1")
        found |= {secret for secret in ("Anneliese-von-Secret", "Secret-Note", "o-secret") if secret in text}
    return found


def test_rebuilt_and_incremental_files_hold_equal_rows() -> None:
    shop = Shop()
    for number in range(4):
        shop.send(
            shop.order(f"u{number}", f"o{number}", "p1", f"p{number}", days_ago=20 * number),
            shop.identify("u0", step=number), shop.track("u1", "Odd", number=number),
        )  # fmt: skip
        shop.compute("u0", step=number)
        flush()
    Event.objects.filter(name="Odd", properties__number=2).delete()
    flush()
    incremental = {one.name: whole(one) for one in projections()}
    for one in projections():
        rebuild(one.name)
        assert whole(one) == incremental[one.name], one.name
        assert verify(one).is_clean


def whole(one: Projection) -> list[tuple[Any, ...]]:
    table = table_of(one.name)
    return in_files(one.name, *pq.ParquetFile(table.lake_file(table.version().files[0]).path).schema_arrow.names)


def test_killed_before_its_commit_it_repeats_without_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop()
    shop.send(shop.identify("ann", plan="gold"), shop.track("ann", "Seen"))
    flush()
    shop.send(shop.identify("ann", plan="silver"), shop.track("ann", "Seen"))
    Event.objects.filter(type="identify").first().delete()  # type: ignore[union-attr]
    expected = {one.name: visible(one.name) for one in projections()}

    wait_until_over()

    def killed(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Table, "commit", killed)
        for one in projections():
            if one.name in ("events", "profiles"):
                with pytest.raises(KeyboardInterrupt):
                    services.project(one, at_once=True)
    assert {one.name: visible(one.name) for one in projections()} == expected
    flush()
    assert {one.name: visible(one.name) for one in projections()} == expected
    assert all(verify(one).is_clean for one in projections())
    orphans = table_of("events").vacuum(0)
    assert orphans >= 1  # what the killed one had written
    assert all(verify(one).is_clean for one in projections())


def test_the_folder_deleted_while_events_flow_is_rebuilt(lake_folder: Path) -> None:
    shop = Shop()
    shop.send(shop.track("ann", "Seen"), shop.order("ann", "o1", "p1"))
    shop.compute("ann", rank=5)
    flush()
    stop = threading.Event()

    def keep_sending() -> None:
        try:
            for number in itertools.count():
                if stop.is_set():
                    break
                shop.send(shop.track("ann", "Seen"), shop.identify("ann", at=number))
        finally:
            connection.close()

    sender = threading.Thread(target=keep_sending)
    sender.start()
    try:
        shutil.rmtree(lake_folder)
        for _ in range(5):
            assert len(visible("events")) >= 2
            services.project_slice()
            flush()
    finally:
        stop.set()
        sender.join()
    for one in projections():
        assert verify(one).is_clean
    assert {one.state for one in status()} == {"ready"}
    assert len(visible("events")) == Event.objects.count()


def test_a_deleted_file_is_noticed_and_the_table_rebuilt(lake_folder: Path) -> None:
    shop = Shop()
    shop.send(shop.track("ann", "Seen"))
    flush()
    next((lake_folder / "events").rglob("*.parquet")).unlink()
    shop.send(shop.track("ann", "Seen"))
    flush()
    assert verify(projection("events")).is_clean
    assert len(in_files("events", "id")) == 2


def test_a_restored_database_is_refused_until_a_rebuild() -> None:
    shop = Shop()
    shop.send(shop.track("ann", "Seen"))
    flush()
    table = table_of("events")
    ahead = horizon().xmax + 10**9
    table.commit([], ahead, seen=table.version().watermark)
    shop.send(shop.track("ann", "Seen"))
    services.project(projection("events"), at_once=True)
    assert "Rebuild it: ./run manage lake rebuild" in LakeTable.objects.get(name="events").problem
    assert len(in_files("events", "id")) == 1
    assert len(visible("events")) == 2  # its rows since then lie below that watermark
    with pytest.raises(LostTableError, match="rebuild it"):
        verify(projection("events"))
    assert next(one for one in status() if one.name == "events").state == "refused"
    rebuild("events")
    assert len(in_files("events", "id")) == 2
    assert next(one for one in status() if one.name == "events").state == "ready"


def test_rows_of_a_restored_dump_get_transactions_of_this_server() -> None:
    shop = Shop()
    shop.send(shop.track("ann", "Seen"), shop.identify("ann", plan="gold"))
    future = str(horizon().xmax + 10**9)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE profiles_profile DISABLE TRIGGER profiles_profile_changed")
        cursor.execute("UPDATE profiles_profile SET xid = %s::xid8", [future])
        cursor.execute("ALTER TABLE profiles_profile ENABLE TRIGGER profiles_profile_changed")
        cursor.execute("UPDATE events_event SET xid = %s::xid8", [future])
    for one in projections():
        rebuild(one.name)
        assert verify(one).is_clean
    flush()
    assert (len(in_files("events", "id")), len(in_files("profiles", "profile_lo"))) == (2, 1)


def test_verify_names_what_is_missing_too_many_and_different() -> None:
    shop = Shop()
    shop.send(shop.track("ann", "a"), shop.track("ann", "b"), shop.track("ann", "c"))
    flush()
    table = table_of("events")
    version = table.version()
    (file,) = version.files
    rows = table.read(file)
    first, second = rows.column("id").to_pylist()[:2]
    changed = rows.slice(1).set_column(2, rows.schema.field(2), pa.array(["x", "c"]))
    extra = rows.slice(0, 1).set_column(0, rows.schema.field(0), pa.array([999]))
    actions: list[Action] = [table.removal(file), table.write(pa.concat_tables([changed, extra]), file.partition)]
    table.commit(actions, version.watermark or 0, seen=version.watermark)
    verdict = verify(projection("events"))
    assert verdict.differences == (f"missing 1: {first}", "too many 1: 999", f"different 1: {second}")
    assert LakeTable.objects.get(name="events").verdict == str(verdict)


def test_many_small_files_become_one_and_nothing_else_changes(settings: Settings) -> None:
    shop = Shop()
    for number in range(4):
        shop.send(shop.track("ann", "Product Viewed", product_id=f"p{number}"), shop.track("bob", "Odd"))
        flush()
    table, before = table_of("events"), visible("events", "id", "name", "properties")
    assert len(table.version().files) == 8
    with snapshot(["events"]) as view:
        relation = view.relation(Ask("events", ("id", "name")))
        assert services.compact(projection("events"), now=shop.now) == 8
        assert len(rows_of(relation, ("id", "name"))) == 8  # a reader from before still has its files
    assert len(table.version().files) == 2
    assert visible("events", "id", "name", "properties") == before
    assert verify(projection("events")).is_clean


def test_notes_of_erased_rows_are_forgotten_once_no_reader_needs_them() -> None:
    shop = Shop()
    shop.send(shop.track("ann", "Seen"), shop.track("ann", "Seen"))
    flush()
    Event.objects.all()[0].delete()
    ErasedRow.objects.update(erased_at=shop.now - compacting.NOTES_KEPT * 2)
    compacting.clean(projection("events"), shop.now)
    assert ErasedRow.objects.count() == 1  # not projected yet
    flush()
    compacting.clean(projection("events"), shop.now)
    assert ErasedRow.objects.count() == 0
    assert len(visible("events")) == 1


def test_rows_wait_until_there_are_enough_or_the_oldest_has_waited_long_enough(settings: Settings) -> None:
    shop = Shop()
    events = projection("events")
    shop.send(shop.track("ann", "Seen"))
    wait_until_over()
    assert services.project(events, now=shop.now) == 0
    assert LakeTable.objects.get(name="events").waiting_since == shop.now
    assert services.project(events, now=shop.now + timedelta(seconds=599)) == 0
    assert services.project(events, now=shop.now + timedelta(seconds=600)) == 1
    assert LakeTable.objects.get(name="events").waiting_since is None
    settings.LAKE_FLUSH_ROWS = 2
    shop.send(shop.track("ann", "Seen"))
    wait_until_over()
    assert services.project(events, now=shop.now) == 0
    shop.send(shop.track("ann", "Seen"))
    wait_until_over()
    assert services.project(events, now=shop.now) == 2
    assert len(in_files("events", "id")) == 3
    assert Product.objects.count() == 0


def test_a_rebuild_that_fails_leaves_the_old_files_in_use(lake_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop()
    shop.send(shop.track("ann", "Seen"))
    flush()
    before = LakeTable.objects.get(name="events").generation

    def full(*args: object, **kwargs: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Table, "write", full)
        with pytest.raises(OSError, match="no space left"):
            rebuild("events")
    row = LakeTable.objects.get(name="events")
    assert (row.generation, row.building) == (before, "")
    assert [path.name for path in (lake_folder / "events").iterdir()] == [before]
    assert len(visible("events")) == 1


def test_a_disk_that_is_full_is_told_and_forgotten_once_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop()
    shop.send(shop.track("ann", "Seen"))
    flush()
    shop.send(shop.track("ann", "Seen"))
    wait_until_over()

    def full(*args: object, **kwargs: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Table, "write", full)
        patch.setattr(projecting, "_is_due", lambda *args: True)
        projecting._project_safely(projection("events"))
    assert "OSError" in LakeTable.objects.get(name="events").problem
    assert len(visible("events")) == 2
    flush()
    assert LakeTable.objects.get(name="events").problem == ""
    assert len(in_files("events", "id")) == 2
