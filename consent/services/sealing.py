"""Sealing the ledger, block after block, and holding it to its seals.

Only what can no longer get a neighbor is sealed: ids are given out before their transactions commit, so a mark notes
the latest id and the latest transaction, and is worked once every transaction up to that one has ended. Nobody who
appends ever waits for it.

Each seal's head is also written to `VAR_DIR/ledger-heads.ndjson`, outside the database: entries cut off the end of
the ledger together with their seals leave heads that no seal has.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.db import connection, transaction

from cdp.alarms.services import clear_alarm, raise_alarm
from cdp.jobs.contracts import JobRun
from cdp.jobs.models import Job
from cdp.jobs.services import enqueue
from cdp.lib import bulk_sql
from cdp.lib.clock import utc_now
from cdp.lib.hashing import keyed_hash
from consent.models import Seal, SealMark
from consent.sealing import START, Chain
from lake.queries.watermarks import horizon

BLOCK = 10_000
SLICE_BLOCKS = 20
VERIFY = "consent.verify_ledger"
VERIFY_AFTER = timedelta(days=1)
ALARM = "consent.ledger"
ROWS = """
SELECT id, entry_key, address_hash, identifier_id, purpose_id, state, method, source_id, separation_id,
  (extract(epoch FROM occurred_at) * 1000000)::bigint, (extract(epoch FROM received_at) * 1000000)::bigint, channel,
  wording_id, wording_sha256, notice_version, actor, ip, proof_id, reason
FROM consent_entry WHERE id > %s::bigint AND id <= %s::bigint ORDER BY id LIMIT %s::bigint
"""
LEFT = "SELECT EXISTS (SELECT FROM consent_entry WHERE id > %s::bigint)"
LAST_ID = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM consent_entry_id_seq"
GUARDED = """
SELECT count(*) FROM pg_trigger
WHERE tgrelid = %s::text::regclass AND tgname = ANY(%s::text[]) AND tgenabled = 'A'
"""
MAY = """
SELECT bool_or(has_table_privilege(current_user, %s::text, what))
FROM unnest('{UPDATE,DELETE,TRUNCATE}'::text[]) AS whats(what)
"""
IS_SUPERUSER = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
GUARDED_TABLES = ("consent_entry", "consent_seal", "consent_wording")


class Head(msgspec.Struct, frozen=True):
    """A seal as it is kept outside the database."""

    number: int
    digest: str
    entries: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """What holding the ledger to its seals came to. `problems` are sentences; none: it is as it was sealed."""

    seals: int
    entries: int
    unsealed: int
    head: bytes
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()


def seal_slice() -> int:
    """Seal what can be sealed; how many entries. Then see whether the daily verification is due."""
    sealed = seal(now=utc_now())
    _verify_daily(utc_now())
    return sealed


@transaction.atomic
def seal(*, now: datetime, blocks: int = SLICE_BLOCKS) -> int:
    """Seal up to `blocks` blocks of what the mark allows, then mark anew; how many entries were sealed."""
    if not bulk_sql.fetch("SELECT pg_try_advisory_xact_lock(hashtext('consent'), hashtext('seal'))")[0][0]:
        return 0
    mark = SealMark.objects.first()
    stand = horizon()
    # A mark ahead of every transaction came with a dump of another server, where it would hold sealing up for months.
    done, is_over = 0, mark is None or mark.until_xid > stand.xmax
    if mark is not None and stand.xmin > mark.until_xid:
        done, is_over = _seal_up_to(mark.last_entry_id, now, blocks)
    if is_over:
        _mark(now)
    return done


def seal_all(*, now: datetime) -> int:
    """Seal everything that is committed and settled now; for commands and tests. How many entries."""
    done = seal(now=now)
    while more := seal(now=now):
        done += more
    return done


def verify(report: Callable[[int, int], None] = lambda done, total: None) -> Verdict:
    """Recompute every seal over the ledger as it stands, and compare with the heads kept outside the database."""
    problems: list[str] = []
    heads = _heads()  # before the seals: one that is made from now on is in neither
    previous, after, number, entries = START, 0, 0, 0
    digests: dict[int, str] = {}
    total = Seal.objects.count()
    for one in Seal.objects.order_by("number").iterator(chunk_size=1_000):
        number += 1
        if one.number != number:
            problems.append(f"Seal {number} is missing: the next one is {one.number}.")
            number = one.number
        problems += _faults(one, previous, after)
        previous, after = bytes(one.digest), one.last_entry_id
        digests[number] = previous.hex()
        entries += one.entries
        report(number, total)
    problems += _missing_heads(heads, digests)
    unsealed = bulk_sql.fetch("SELECT count(*) FROM consent_entry WHERE id > %s::bigint", [after])[0][0]
    unguarded, notes = _guards()
    return Verdict(total, entries, unsealed, previous, tuple(problems + unguarded), tuple(notes))


def verify_job(job: JobRun) -> dict[str, Any]:
    """The daily job: an alarm where something is wrong, cleared where nothing is."""
    found = verify(lambda done, total: job.progress(done, total, "holding the ledger to its seals"))
    if found.problems:
        message = " ".join(found.problems[:5]) + " Ask who had write access to the database; docs/consent.md says more."
        raise_alarm(ALARM, "", message, level="error", link="/admin/consent/entry/")
    else:
        clear_alarm(ALARM, "")
    return {"seals": found.seals, "entries": found.entries, "unsealed": found.unsealed, "problems": found.problems}


def heads_file() -> Path:
    """Where heads are kept outside the database."""
    return Path(settings.VAR_DIR) / "ledger-heads.ndjson"


def _mark(now: datetime) -> None:
    """Note how far the next blocks may reach, where there is anything to seal."""
    SealMark.objects.all().delete()
    if bulk_sql.fetch(LEFT, [_last_seal().last_entry_id])[0][0]:
        last_id = bulk_sql.fetch(LAST_ID)[0][0]  # before the horizon: whoever drew an id by now has begun below it
        SealMark.objects.create(pk=1, last_entry_id=last_id, until_xid=horizon().xmax, marked_at=now)


def _seal_up_to(until: int, now: datetime, blocks: int) -> tuple[int, bool]:
    """(entries sealed, whether that was all up to `until`)."""
    done, last = 0, _last_seal()
    for _ in range(blocks):
        rows = bulk_sql.fetch(ROWS, [last.last_entry_id, until, BLOCK])
        if not rows:
            return done, True
        last = _seal_block(rows, last, now)
        done += last.entries
    return done, False


def _seal_block(rows: list[tuple[Any, ...]], last: Seal, now: datetime) -> Seal:
    chain = Chain(_key(), bytes(last.digest), last.number + 1)
    chain.add(rows)
    made = Seal.objects.create(
        number=last.number + 1,
        last_entry_id=rows[-1][0],
        entries=chain.entries,
        previous=bytes(last.digest),
        digest=chain.digest(),
        sealed_at=now,
    )
    transaction.on_commit(lambda: _keep_head(made))
    return made


def _last_seal() -> Seal:
    return Seal.objects.order_by("-number").first() or Seal(
        number=0, last_entry_id=0, digest=START, previous=START, entries=0
    )


def _faults(one: Seal, previous: bytes, after: int) -> Iterator[str]:
    if bytes(one.previous) != previous:
        yield f"Seal {one.number} does not follow the one before it."
    chain = Chain(_key(), bytes(one.previous), one.number)
    place = after
    while rows := bulk_sql.fetch(ROWS, [place, one.last_entry_id, BLOCK]):
        chain.add(rows)
        place = rows[-1][0]
    span = f"entries {after + 1} to {one.last_entry_id}"
    if chain.entries != one.entries:
        yield f"Seal {one.number} covers {one.entries} entries, and {span} are {chain.entries} now."
    elif chain.digest() != bytes(one.digest):
        yield f"Seal {one.number} does not fit {span}: at least one of them was changed, or the seal was."


def _key() -> bytes:
    """Of HASH_SALT, as the hashes in the ledger are: they live and die together."""
    return keyed_hash("consent", "ledger", "seal") + keyed_hash("consent", "ledger", "chain")


def _keep_head(one: Seal) -> None:
    """One line a seal, on the disk before anybody relies on it."""
    path = heads_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    line = msgspec.json.encode(Head(one.number, bytes(one.digest).hex(), one.entries, one.sealed_at)) + b"\n"
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        is_cut_short = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        os.write(descriptor, b"\n" + line if is_cut_short else line)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _heads() -> list[Head]:
    """Those kept outside the database. A line that a crash cut short says nothing: its seal is in the next one."""
    path, heads = heads_file(), []
    for line in path.read_bytes().splitlines() if path.exists() else ():
        with suppress(msgspec.DecodeError):
            heads.append(msgspec.json.decode(line, type=Head))
    return heads


def _missing_heads(heads: Iterable[Head], digests: Mapping[int, str]) -> Iterator[str]:
    for head in heads:
        found = digests.get(head.number)
        if found != head.digest:
            what = "is gone from the database" if found is None else "is another one in the database"
            yield (
                f"Seal {head.number}, kept in {heads_file().name} since {head.at.isoformat()}, {what}: the ledger was"
                " cut off, or an older dump was restored."
            )
            return


def _guards() -> tuple[list[str], list[str]]:
    """(what does not guard the ledger and should, what is worth knowing)."""
    problems, notes = [], []
    for table in GUARDED_TABLES:
        names = [f"{table}_append_only", f"{table}_no_truncate"]
        if bulk_sql.fetch(GUARDED, [table, names])[0][0] != len(names):
            problems.append(f"A trigger that keeps {table} append-only is missing or disabled.")
        if bulk_sql.fetch(IS_SUPERUSER)[0][0]:
            continue
        if bulk_sql.fetch(MAY, [table])[0][0]:
            problems.append(f"The product's database role may change {table}: REVOKE UPDATE, DELETE, TRUNCATE from it.")
    if bulk_sql.fetch(IS_SUPERUSER)[0][0]:
        notes.append("The product works as a superuser, who has no privileges to lose: only the triggers refuse.")
    return problems, notes


def _verify_daily(now: datetime) -> None:
    """Once a day, and not while one waits."""
    if connection.in_atomic_block or not Seal.objects.exists():
        return
    if not Job.objects.filter(kind=VERIFY, created_at__gt=now - VERIFY_AFTER).exists():
        enqueue(VERIFY)
