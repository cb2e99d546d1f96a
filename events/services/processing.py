"""Processing a slice: claim, plan, store; and what is done when that fails.

A conflict with another worker is tried again at once. When the surroundings fail (the connection is lost, the disk is
full) the rows go back without blame. Anything else counts, whatever the driver calls it: after two failed claims the
batch is halved until single requests are left, those go item by item, and the culprit goes to quarantine under the
stage `poison`. An item during which the process dies is found by the mark it left behind: twice, since an outage may
last so long that a worker which lives on cannot take its mark away.
"""

import json
import uuid
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction

from cdp.lib import garbage
from cdp.lib.conflicts import is_blameless, retrying
from cdp.lib.failures import describe
from consent.services.tombstones import tombstones_stand
from events.services import claiming, planning, storing
from events.services.claiming import InboxRow
from events.services.planning import Entry, Plan
from events.services.storing import Fence, FenceLost

log = structlog.get_logger(__name__)

HALVE_AT = 3  # this many claims have failed or are failing
ALONE_AT = 6  # a single request claimed this often kills its worker: item by item, leaving marks
MOST_DEATHS = 2  # workers an item may take with it
DONE = """
UPDATE events_inbox SET done_at = statement_timestamp(), token = NULL, claimed_until = NULL
WHERE id = ANY(%s) AND token = %s AND done_at IS NULL
"""
STEP = """
UPDATE events_inbox SET facts = facts || %s::jsonb
WHERE id = %s AND token = %s AND done_at IS NULL
"""


def process_slice() -> int:
    """Work one claim of the inbox; returns how many requests it held, 0 when nothing is due."""
    claim = claiming.claim()
    if claim is None:
        return 0
    try:
        with garbage.paused():
            _work(claim.rows, claim.token)
    except Exception as error:
        if is_blameless(error):
            _give_back(claim.rows, claim.token)
        raise
    return len(claim.rows)


def _work(rows: tuple[InboxRow, ...], token: uuid.UUID) -> None:
    if len(rows) == 1 and (rows[0].attempts >= ALONE_AT or rows[0].next_index or rows[0].trying is not None):
        _item_by_item(rows[0], token)
        return
    try:
        retrying(lambda: _attempt(rows, token))
    except FenceLost:
        log.warning("claim_lost", requests=len(rows), effect="another worker has them")
    except Exception as error:
        if is_blameless(error):
            raise
        log.error("slice_failed", requests=len(rows), attempts=rows[0].attempts, error=describe(error))
        if max(row.attempts for row in rows) < HALVE_AT:
            claiming.release(rows, token)
        elif len(rows) > 1:
            _work(rows[: len(rows) // 2], token)
            _work(rows[len(rows) // 2 :], token)
        else:
            _item_by_item(rows[0], token)


def _attempt(rows: tuple[InboxRow, ...], token: uuid.UUID) -> int:
    with tombstones_stand():
        return storing.store(planning.plan(planning.read_rows(rows)), fence=_finish(rows, token))


def _finish(rows: tuple[InboxRow, ...], token: uuid.UUID) -> Fence:
    """The fence: all these rows are done now, under my token, or nothing is."""
    return lambda: _fenced(DONE, [[row.id for row in rows], token], expected=len(rows))


def _mark(row: InboxRow, token: uuid.UUID, **progress: int) -> Fence:
    """The fence of a part of one row: notes how far it is."""
    return lambda: _fenced(STEP, [json.dumps(progress), row.id, token], expected=1)


def _fenced(statement: str, params: list[Any], *, expected: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        if cursor.rowcount != expected:
            raise FenceLost(f"{cursor.rowcount} of {expected} rows are still held")


def _give_back(rows: tuple[InboxRow, ...], token: uuid.UUID) -> None:
    try:
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()  # so that the release opens a new one
        claiming.release(rows, token, is_blameless=True)
    except (OperationalError, InterfaceError):
        log.warning("claim_not_given_back", requests=len(rows), effect="they are due again when the lease ends")


def _item_by_item(row: InboxRow, token: uuid.UUID) -> None:
    try:
        for entry in planning.read_rows([row]):
            _one_item(row, token, entry)
        _conclude(row, token)
    except FenceLost:
        log.warning("claim_lost", requests=1, effect="another worker has it")


def _one_item(row: InboxRow, token: uuid.UUID, entry: Entry) -> None:
    index = entry.item.index
    behind = _mark(row, token, next_index=index + 1)
    tries = row.tries if row.trying == index else 0
    if tries >= MOST_DEATHS:
        _store(_poison(row, entry, "the process died twice"), behind)
        return
    with transaction.atomic():
        _mark(row, token, trying=index, tries=tries + 1)()
    try:
        retrying(lambda: _store_one(entry, behind))
    except FenceLost:
        raise
    except Exception as error:
        if is_blameless(error):
            raise
        log.error("item_poisoned", inbox=row.id, index=index, error=describe(error))
        _store(_poison(row, entry, describe(error)), behind)


def _store_one(entry: Entry, fence: Fence) -> None:
    with tombstones_stand():
        storing.store(planning.plan([entry]), fence=fence)


def _store(planned: Plan, fence: Fence) -> None:
    retrying(lambda: storing.store(planned, fence=fence))


def _poison(row: InboxRow, entry: Entry, reason: str) -> Plan:
    return storing.poison(row, entry.item.index, getattr(entry.item, "raw", b""), reason)


def _conclude(row: InboxRow, token: uuid.UUID) -> None:
    with transaction.atomic():
        _finish((row,), token)()
