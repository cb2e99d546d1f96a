"""Quarantine in bulk: items by filter, checked and sent again or dismissed in chunks, as jobs with progress.

What would be refused again is not sent: it stays open, and the job says how many. Items that came to quarantine after
the job was asked for are left alone, so what comes back does not go round in circles.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from cdp.jobs.contracts import JobRun, JobUnfinished
from events import queries, wire
from events.contracts import ITEM
from events.models import Inbox, RejectedEvent
from events.queries.quarantine import QuarantineFilter, newest_id, open_ids, quarantined
from events.services import planning
from events.services.claiming import InboxRow
from events.services.replaying import Origin, body_of, dismiss, origin_of, replay_each

CHUNK = 200
Verdict = Literal["accepted", "duplicate", "refused", "rejected"]


@dataclass(frozen=True, slots=True)
class Checked:
    """What would happen to an item if it were sent now. `name` and `kind`: its event and what it would hang on."""

    verdict: Verdict
    stage: str = ""
    reason: str = ""
    detail: str = ""
    name: str = ""
    kind: str = ""
    flags: tuple[str, ...] = ()


def check(row: RejectedEvent, raw: bytes) -> Checked:
    """What would happen to these bytes in the item's place: parse, plan, identity. Writes nothing."""
    return _judge([(row, raw, origin_of(row.inbox_id))])[row.pk]


def check_each(ids: Sequence[int]) -> dict[int, Checked]:
    """`check` of open items as they stand, by id."""
    rows = list(RejectedEvent.objects.filter(pk__in=ids, resolved_at=None).order_by("pk"))
    origins: dict[int, Origin] = {}
    asked: list[tuple[RejectedEvent, bytes, Origin]] = []
    for row in rows:
        if row.inbox_id not in origins:
            origins[row.inbox_id] = origin_of(row.inbox_id)
        raw = bytes(row.edited if row.edited is not None else row.raw)
        asked.append((row, raw, origins[row.inbox_id]))
    return _judge(asked) if asked else {}


def for_job(wanted: QuarantineFilter, by_id: int | None, note: str = "") -> dict[str, Any]:
    """The parameters of a bulk job over what is open now of what is asked for."""
    total = quarantined(wanted).filter(resolved_at=None).count()
    return {"filter": wanted.params(), "up_to": newest_id(), "by": by_id, "total": total, "note": note}


def replay_items_job(job: JobRun) -> dict[str, Any]:
    """Job kind events.replay_items, with the parameters of `for_job`. Resumes after a kill; sends nothing twice."""

    def work(ids: Sequence[int]) -> Mapping[str, int]:
        checked = check_each(ids)
        good = [pk for pk, found in checked.items() if found.verdict != "rejected"]
        done = replay_each(good, job.params.get("by"))
        still_bad = len(checked) - len(good) + done.unreadable
        return {
            "sent": done.sent,
            "still_bad": still_bad,
            "resolved_before": len(ids) - len(checked) + done.resolved_before,
        }

    return _each_chunk(job, work)


def dismiss_items_job(job: JobRun) -> dict[str, Any]:
    """Job kind events.dismiss_items, with the parameters of `for_job`."""

    def work(ids: Sequence[int]) -> Mapping[str, int]:
        count = dismiss(ids, str(job.params.get("note", "")), job.params.get("by"))
        return {"dismissed": count, "resolved_before": len(ids) - count}

    return _each_chunk(job, work)


def _each_chunk(job: JobRun, work: Any) -> dict[str, Any]:
    wanted, up_to = QuarantineFilter.read(job.params["filter"]), int(job.params["up_to"])
    after, tally = int(job.checkpoint.get("after", 0)), dict(job.checkpoint.get("tally", {}))
    while ids := open_ids(wanted, after=after, up_to=up_to, limit=CHUNK):
        for name, count in work(ids).items():
            tally[name] = tally.get(name, 0) + count
        after = ids[-1]
        job.progress(sum(tally.values()), job.params.get("total"), "items")
        if job.out_of_time:
            raise JobUnfinished({"after": after, "tally": tally})
    return tally


def _as_request(row: RejectedEvent, raw: bytes, origin: Origin) -> InboxRow:
    facts = msgspec.structs.replace(origin.facts, replay=ITEM)
    body = body_of(row, raw, origin.path_type)
    lane = int(Inbox.Lane.BULK)
    # Its own id in place of a request's: each item is judged as a request of one.
    return InboxRow(row.pk, row.source_id, row.received_at, origin.path_type, body, facts, 0, lane)


def _judge(asked: Sequence[tuple[RejectedEvent, bytes, Origin]]) -> dict[int, Checked]:
    found: dict[int, Checked] = {}
    rows: list[InboxRow] = []
    for row, raw, origin in asked:
        if queries.source_by_id(row.source_id) is None:
            found[row.pk] = Checked("rejected", "validate", "no_source", "Its source is gone.")
            continue
        try:
            rows.append(_as_request(row, raw, origin))
            found[row.pk] = Checked("duplicate")
        except wire.Unreadable as fault:
            found[row.pk] = Checked("rejected", "parse", fault.code, fault.detail)
    planned = planning.plan(planning.read_rows(rows))
    for one in planned.fresh:
        found[one.row.id] = Checked("accepted", name=one.item.name, kind=one.keys[0][0], flags=one.item.flags)
    found |= {row.id: Checked("refused") for row, _ in planned.refused}
    for bad in planned.rejects:
        found[bad.row.id] = Checked("rejected", bad.stage, bad.reason, bad.detail)
    return found
