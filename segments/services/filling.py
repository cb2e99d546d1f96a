"""Filling lists: from a file, a segment as of an instant, or a rule, as a job with progress that can be taken back.

A piece's entries, its rejected rows and the new position are one transaction that begins by checking the old position:
a process killed anywhere leaves all of a piece or nothing of it. Membership is made true once, at the end.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import F

from cdp.jobs import services as jobs
from cdp.jobs.contracts import JobCancelled, JobRun
from cdp.lib import bulk_sql
from cdp.lib.clock import utc_now
from cdp.lib.failures import describe
from imports.contracts import Position, WrongFile
from imports.reading import rows as rows_of
from imports.services.rejecting import raw_of
from segments.halves import joined
from segments.models import ListFill
from segments.queries.everybody import RECOMPUTING, members_now
from segments.queries.history import FIRST, people_at
from segments.queries.lists import may_be_undone, standing_of
from segments.rules import parse_rule
from segments.rules.scope import HI, LO
from segments.services import files, lists
from segments.services.recomputing import recompute
from segments.uploads import named, read_layout

log = structlog.get_logger(__name__)
State, Way = ListFill.State, ListFill.Way
PIECE = 2_000
SMALL = 5_000
MAY_START = (State.DRAFT, State.FAILED, State.CANCELLED)
FAULT = "A fault on our side: {}. Start it again: it goes on from where it stopped."
REJECT = """
INSERT INTO segments_listreject (fill_id, row, code, reason, raw, made_at)
SELECT %s::uuid, row, code, reason, raw, %s::timestamptz
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) AS new(row, code, reason, raw)
ORDER BY row ON CONFLICT (fill_id, row) DO NOTHING
"""
ON_IT = """
SELECT count(DISTINCT o.profile_id) FROM profiles_identifier AS o
  JOIN segments_listed AS l ON l.identifier_id = o.id AND l.segment_id = %s::bigint
WHERE o.profile_id = ANY(%s::uuid[])
"""
OF_ORIGIN = """SELECT DISTINCT i.profile_id FROM segments_listed AS l JOIN profiles_identifier AS i
  ON i.id = l.identifier_id WHERE l.segment_id = %s::bigint AND l.origin = %s::text"""
TAKE_BACK = "DELETE FROM segments_listed WHERE segment_id = %s::bigint AND origin = %s::text RETURNING identifier_id"


class NotNow(ValueError):
    """The fill is not where this step begins; the message says where it is."""


def start_fill(fill: ListFill, *, by: AbstractBaseUser | None = None) -> None:
    """Queue a fill, or let one that was stopped or failed go on. Raises NotNow, NotAList."""
    lists.require_list(fill.segment_id)
    with transaction.atomic():
        held = ListFill.objects.select_for_update().get(pk=fill.pk)
        if held.state not in MAY_START:
            raise NotNow(f"This is {held.get_state_display().lower()} already.")
        if held.way == Way.UPLOAD and not held.path:
            raise NotNow("Its file was deleted: upload it again.")
        job = jobs.enqueue("segments.fill_list", {"fill": str(fill.pk)}, created_by=by)
        ListFill.objects.filter(pk=fill.pk).update(state=State.RUNNING, job_id=job.pk, problem="", finished_at=None)
    fill.refresh_from_db()


def fill_from_segment(
    list_id: int, segment_id: int, *, at: datetime, name: str, by: AbstractBaseUser | None = None
) -> ListFill:
    """Put whoever was in a segment on an instant on a list: a snapshot."""
    source = {"segment_id": segment_id, "at": at.isoformat()}
    return _started(ListFill(segment_id=list_id, way=Way.SEGMENT, name=name, source=source), by)


def fill_from_rule(list_id: int, definition: Any, *, by: AbstractBaseUser | None = None) -> ListFill:
    """Put everybody for whom a rule holds, now, on a list. Raises RuleError."""
    parse_rule(definition)
    source = {"rule": definition}
    return _started(ListFill(segment_id=list_id, way=Way.RULE, name="A rule’s preview", source=source), by)


def cancel_fill(fill: ListFill) -> None:
    """Stop a fill; who it put on the list stays, and can be taken back. Raises NotNow."""
    if fill.state != State.RUNNING or fill.job_id is None:
        raise NotNow(f"This is {fill.get_state_display().lower()}: there is nothing to stop.")
    jobs.cancel([fill.job_id])
    _end(fill, State.CANCELLED)


def undo_fill(fill: ListFill) -> int:
    """Take everybody off again whom this fill put on the list; how many entries. Raises NotNow for an older one."""
    with transaction.atomic():
        held = ListFill.objects.select_for_update().get(pk=fill.pk)
        if not may_be_undone(held):
            raise NotNow("Only the last filling of a list can be taken back, once it is over.")
        gone = [row[0] for row in bulk_sql.fetch(TAKE_BACK, [fill.segment_id, origin_of(fill)])]
        ListFill.objects.filter(pk=fill.pk).update(state=State.UNDONE)
        if len(gone) <= SMALL:
            lists.mark(gone)
        else:
            jobs.enqueue("segments.recompute", {"segment_id": fill.segment_id})
    fill.refresh_from_db()
    return len(gone)


def fill_job(run: JobRun) -> dict[str, Any]:
    """The handler of segments.fill_list, params {"fill"}. The result: rows, added, already, unmatched."""
    fill = ListFill.objects.filter(pk=UUID(run.params["fill"]), state=State.RUNNING).first()
    if fill is None:
        return {"note": "it was stopped before its job began"}
    try:
        _WAYS[Way(fill.way)](fill, run)
        _make_true(fill, run)
    except JobCancelled:
        if jobs.is_cancelled(run.id):
            _end(fill, State.CANCELLED)
        raise
    except WrongFile as wrong:
        _end(fill, State.FAILED, problem=wrong.detail)
        return {"problem": wrong.code}
    except Exception as error:
        log.error("segments.fill_failed", fill=str(fill.pk), error=describe(error))
        _end(fill, State.FAILED, problem=FAULT.format(describe(error)), keep=True)
        raise
    _end(fill, State.DONE)
    fill.refresh_from_db()
    return {"rows": fill.rows, "added": fill.added, "already": fill.already, "unmatched": fill.unmatched}


def origin_of(fill: ListFill) -> str:
    """What stands beside each entry that this fill made."""
    return f"{fill.way}:{fill.pk}"


def _started(fill: ListFill, by: AbstractBaseUser | None) -> ListFill:
    lists.require_list(fill.segment_id)
    with transaction.atomic():
        fill.state, fill.created_by_id = State.DRAFT, by.pk if by else None
        fill.save()
        start_fill(fill, by=by)
    return fill


def _read_file(fill: ListFill, run: JobRun) -> None:
    layout = read_layout(fill.source)
    position = msgspec.convert(fill.position, Position)
    piece: list[Any] = []
    for row in rows_of(files.absolute(fill.path), layout.format, layout.options, layout.names, start=position):
        piece.append(row)
        if len(piece) >= PIECE:
            _put_rows(fill, run, layout, piece)
            piece = []
    if piece:
        _put_rows(fill, run, layout, piece)


def _put_rows(fill: ListFill, run: JobRun, layout: Any, piece: list[Any]) -> None:
    now, last = utc_now(), piece[-1]
    with transaction.atomic():
        found = standing_of([named(layout, row) for row in piece])
        good = [one.identifier_id for one in found if one.identifier_id is not None]
        _move(fill, Position(last.number, last.end), rows=len(piece), matched=len(good), put=_put(fill, good, now))
        refused = [
            (row.number, one.why.code, one.why.reason, "[]" if one.why.code == "erased" else raw_of(row))
            for row, one in zip(piece, found, strict=True)
            if one.why is not None
        ]
        if refused:
            columns = [list(column) for column in zip(*refused, strict=True)]
            bulk_sql.execute(REJECT, [fill.pk, now, *columns])
    run.progress(fill.rows, max(fill.about, fill.rows), "reading the file")


def _put(fill: ListFill, identifier_ids: list[int], now: datetime) -> int:
    origin = origin_of(fill)
    return len(lists.put_identifiers(fill.segment_id, identifier_ids, origin=origin, now=now, by=fill.created_by))


def _copy_segment(fill: ListFill, run: JobRun) -> None:
    at = datetime.fromisoformat(fill.source["at"])
    for chunk in people_at(int(fill.source["segment_id"]), at, after=_after(fill)):
        _put_people(fill, run, chunk)


def _ask_rule(fill: ListFill, run: JobRun) -> None:
    run.progress(0, None, "asking the lake about everybody")
    found = members_now(parse_rule(fill.source["rule"]), utc_now(), limits=RECOMPUTING)
    keys, after = found.keys.sort_by([(HI, "ascending"), (LO, "ascending")]), _after(fill)
    fill.about = keys.num_rows
    for start in range(0, keys.num_rows, PIECE):
        part = keys.slice(start, PIECE)
        ids = [joined(*key) for key in zip(part[HI].to_pylist(), part[LO].to_pylist(), strict=True)]
        _put_people(fill, run, [one for one in ids if one > after])


def _put_people(fill: ListFill, run: JobRun, profile_ids: list[UUID]) -> None:
    for start in range(0, len(profile_ids), PIECE):
        part = profile_ids[start : start + PIECE]
        with transaction.atomic():
            ((already,),) = bulk_sql.fetch(ON_IT, [fill.segment_id, part])
            put = lists.put_people(fill.segment_id, part, origin=origin_of(fill), now=utc_now(), by=fill.created_by)
            _move(fill, {"after": str(part[-1])}, rows=len(part), matched=already + len(put), put=len(put))
        run.progress(fill.rows, max(fill.about, fill.rows), "putting people on the list")


def _after(fill: ListFill) -> UUID:
    return UUID(fill.position["after"]) if fill.position else FIRST


def _move(fill: ListFill, position: Any, *, rows: int, matched: int, put: int) -> None:
    """Write the counts and the position, if nobody else has. Raises JobCancelled, and nothing of the piece is kept."""
    stored = msgspec.to_builtins(position)
    held = ListFill.objects.filter(pk=fill.pk, state=State.RUNNING, position=fill.position)
    mine = held.update(
        position=stored,
        rows=F("rows") + rows,
        added=F("added") + put,
        already=F("already") + (matched - put),
        unmatched=F("unmatched") + (rows - matched),
    )
    if not mine:
        raise JobCancelled
    fill.position = stored
    fill.rows += rows
    fill.added += put


def _make_true(fill: ListFill, run: JobRun) -> None:
    if fill.added > SMALL:
        recompute(fill.segment_id, lambda done, total, note: run.progress(fill.rows, max(fill.about, fill.rows), note))
    else:
        _mark(fill)


@transaction.atomic
def _mark(fill: ListFill) -> None:
    lists.mark_people({row[0] for row in bulk_sql.fetch(OF_ORIGIN, [fill.segment_id, origin_of(fill)])})


def _end(fill: ListFill, state: str, *, problem: str = "", keep: bool = False) -> None:
    """The fill is over. Whoever it put on the list before it was stopped is evaluated all the same.

    Its file stays where it may go on, unless it names somebody who was erased meanwhile: then it has no preview.
    """
    held = ListFill.objects.filter(pk=fill.pk, state=State.RUNNING)
    if not held.update(state=state, problem=problem, finished_at=utc_now()):
        return
    fill.refresh_from_db()
    if state != State.DONE and fill.added:
        if fill.added <= SMALL:
            _mark(fill)
        else:
            jobs.enqueue("segments.recompute", {"segment_id": fill.segment_id})
    if not fill.preview or (not keep and state != State.CANCELLED):
        files.forget(fill.path)
        ListFill.objects.filter(pk=fill.pk).update(path="", preview={})


_WAYS: Mapping[ListFill.Way, Callable[[ListFill, JobRun], None]] = {
    Way.UPLOAD: _read_file,
    Way.SEGMENT: _copy_segment,
    Way.RULE: _ask_rule,
}
