"""Ten worker kills under load and a flushed Valkey lose nothing and count nothing twice; two controls go red."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
import redis
from django.conf import settings

from tests.faults import load
from tests.faults.auditor import audit, read_ledger
from tests.faults.rig import Rig, fresh_database

pytestmark = [pytest.mark.service, pytest.mark.timeout(600)]


@contextmanager
def running(folder: Path, database_url: str, *, wsgi: str = "cdp.wsgi:application") -> Iterator[tuple[Rig, str]]:
    """A migrated service with a server source; gives the rig and the write key."""
    rig = Rig(database_url, settings.REDIS_URL, folder, wsgi=wsgi)
    try:
        rig.manage("migrate", "--verbosity", "0")
        key = "wk_faults"
        with psycopg.connect(database_url) as connection:
            connection.execute(
                "INSERT INTO events_source (name, kind, write_key, enabled, asserts)"
                " VALUES ('faults', 'server', %s, true, '{}')",
                [key],
            )
        rig.start_web()
        yield rig, key
    finally:
        rig.close()


def test_ten_worker_kills_and_a_flushed_valkey_lose_and_double_nothing(tmp_path: Path, database_server: str) -> None:
    dice = random.Random(7)
    items = load.make_items(12_000, seed=7, people=200)
    ledger_path = tmp_path / "ledger.jsonl"
    with ExitStack() as resources:
        url = resources.enter_context(fresh_database(database_server))
        rig, key = resources.enter_context(running(tmp_path, url))
        work = list(load.batches(items, 40))
        work += dice.sample(work, len(work) // 3)  # a third is sent twice
        dice.shuffle(work)
        ledger = resources.enter_context(load.Ledger(ledger_path))
        sender = threading.Thread(target=load.send_all, args=(rig.port, key, work, ledger), kwargs={"pause": 0.35})
        rig.start_worker("worker-0")
        sender.start()
        kills = 0
        for number in range(10):
            time.sleep(dice.uniform(1.5, 4.0))
            rig.kill(f"worker-{number}")
            kills += 1
            if number == 5:
                redis.Redis.from_url(settings.REDIS_URL).flushdb()
            rig.start_worker(f"worker-{number + 1}")
        sender.join()
        rig.wait_until_quiet(seconds=180)
        outcomes = read_ledger(ledger_path)
        assert kills == 10
        assert set(outcomes.values()) == {"ack"}
        assert len(outcomes) == len(items)
        assert audit(url, outcomes) == []


@pytest.mark.nightly
def test_control_a_server_that_acknowledges_before_it_commits_is_caught(tmp_path: Path, database_server: str) -> None:
    work = list(load.batches(load.make_items(2_000, seed=8, people=50), 20))
    with (
        fresh_database(database_server) as url,
        running(tmp_path, url, wsgi="tests.faults.sabotaged_wsgi:application") as (rig, key),
    ):
        with load.Ledger(tmp_path / "ledger.jsonl") as ledger:
            load.send_all(rig.port, key, work, ledger)
        rig.kill("web")
        rig.start_worker("worker")
        rig.wait_until_quiet(seconds=120)
        faults = audit(url, read_ledger(tmp_path / "ledger.jsonl"))
    assert any(fault.startswith("lost:") for fault in faults), faults


@pytest.mark.nightly
@pytest.mark.parametrize(("has_index", "is_doubled"), [(True, False), (False, True)])
def test_control_a_table_without_its_unique_index_is_caught(
    tmp_path: Path, database_server: str, has_index: bool, is_doubled: bool
) -> None:
    """Two workers hold the same messages and neither has stored them yet: only the index keeps them apart."""
    work = list(load.batches(load.make_items(10_000, seed=9, people=50), 100))  # one claim takes 10,000 events
    with fresh_database(database_server) as url, running(tmp_path, url) as (rig, key):
        with psycopg.connect(url) as connection:
            if not has_index:
                connection.execute("ALTER TABLE events_storedmessage DROP CONSTRAINT events_storedmessage_pkey")
        with load.Ledger(tmp_path / "ledger.jsonl") as ledger:
            for _ in range(2):
                load.send_all(rig.port, key, work, ledger)
        with psycopg.connect(url) as connection:
            connection.execute("LOCK TABLE events_storedmessage IN SHARE MODE")  # they may look, but not store
            rig.start_worker("worker", concurrency=4)
            wait_for_claims(url, 2)
        rig.wait_until_quiet(seconds=120)
        faults = audit(url, read_ledger(tmp_path / "ledger.jsonl"))
    assert any(fault.startswith("doubled: event") for fault in faults) is is_doubled, faults
    assert bool(faults) is is_doubled, faults


def wait_for_claims(url: str, count: int) -> None:
    """Until `count` workers stand before the locked table with a claim each."""
    question = "SELECT count(*) FROM pg_locks WHERE relation = 'events_storedmessage'::regclass AND NOT granted"
    deadline = time.monotonic() + 60
    waiting = 0
    while time.monotonic() < deadline:
        with psycopg.connect(url) as connection:
            waiting = (connection.execute(question).fetchone() or (0,))[0]
        if waiting >= count:
            return
        time.sleep(0.2)
    raise AssertionError(f"only {waiting} of {count} workers claimed anything")
