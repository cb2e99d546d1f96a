"""Files of members: whoever allows the chosen purpose, streamed to the disk in bounded memory, deleted when it is time.

A job that loses its worker begins the file anew. One during which somebody is erased is given up (see erasing_files).
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import F

from cdp.access.services import record_audit
from cdp.jobs import services as jobs
from cdp.jobs.contracts import JobCancelled, JobRun
from cdp.lib import bulk_sql
from cdp.lib.clock import utc_now
from cdp.lib.failures import describe
from consent import queries as consent
from consent.contracts import PROCESSING
from consent.purposes_in_force import purposes_now
from consent.queries.mail import mail_gate
from profiles.queries import emails_of, identifiers_of, profile_states
from segments.members_csv import IDENTIFIER, BadColumns, MemberRow, columns_of, header, lines
from segments.models import MemberExport, Segment
from segments.queries.activating import judged_members
from segments.queries.membership import size
from segments.services import files

log = structlog.get_logger(__name__)
State = MemberExport.State
PEOPLE = 2_000
SINCE = """SELECT profile_id, entered_at FROM segments_membership
WHERE segment_id = %s::bigint AND profile_id = ANY(%s::uuid[]) AND left_at IS NULL"""
COMPUTED = 'SELECT id, "values"::text FROM segments_computedvalues WHERE id = ANY(%s::uuid[])'
FAULT = "A fault on our side: {}. Export again."


class BadExport(ValueError):
    """An export that cannot be made; the message says what to choose."""


def start_export(
    segment: Segment,
    columns: Sequence[str],
    *,
    purpose: str = "",
    by: AbstractBaseUser | None = None,
    key_id: int | None = None,
) -> MemberExport:
    """Have a file of a segment's members written. `purpose`: a code; empty: the segment's own. Audited.

    Raises BadExport without a purpose, for one that is not installed and for bad columns.
    """
    asked_for = purpose or segment.purpose_id or ""
    if not asked_for:
        raise BadExport("The segment has no purpose: choose the one the file is for.")
    if asked_for == PROCESSING or purposes_now().get(asked_for) is None:
        raise BadExport(f"There is no purpose “{asked_for[:60]}”.")
    try:
        chosen = columns_of(columns)
    except BadColumns as error:
        raise BadExport(str(error)) from None
    with transaction.atomic():
        export = MemberExport.objects.create(
            segment=segment, columns=chosen, purpose=asked_for, key_id=key_id, created_by_id=by.pk if by else None
        )
        job = jobs.enqueue("segments.export", {"export": str(export.pk)}, created_by=by)
        MemberExport.objects.filter(pk=export.pk).update(job_id=job.pk)
        reason = f"members for {asked_for}: {', '.join(chosen)}"
        record_audit(by, "exported", f"segment:{segment.pk}", reason if key_id is None else f"{reason}; key {key_id}")
    export.refresh_from_db()
    return export


def cancel_export(export: MemberExport) -> bool:
    """Stop writing; whether there was anything to stop."""
    if export.job_id is not None:
        jobs.cancel([export.job_id])
    ended = MemberExport.objects.filter(pk=export.pk, state=State.RUNNING)
    if not ended.update(state=State.CANCELLED, path="", finished_at=utc_now()):
        return False
    files.forget(export.path)
    return True


def note_download(export: MemberExport, *, by: AbstractBaseUser | None = None, key_id: int | None = None) -> None:
    """Count a download, and put it in the audit log."""
    MemberExport.objects.filter(pk=export.pk).update(downloads=F("downloads") + 1)
    what = f"{export.rows} members for {export.purpose}, file {export.pk}"
    reason = what if key_id is None else f"{what}; key {key_id}"
    record_audit(by, "downloaded", f"segment:{export.segment_id}", reason)


def export_job(run: JobRun) -> dict[str, Any]:
    """The handler of segments.export, params {"export"}. The result: rows and who was left out, by reason."""
    export = MemberExport.objects.filter(pk=UUID(run.params["export"]), state=State.RUNNING).first()
    if export is None:
        return {"note": "it was stopped before its job began"}
    try:
        left_out = _write(export, run)
    except JobCancelled:
        cancel_export(export)
        raise
    except Exception as error:
        log.error("segments.export_failed", export=str(export.pk), error=describe(error))
        held = MemberExport.objects.filter(pk=export.pk, state=State.RUNNING)
        held.update(state=State.FAILED, problem=FAULT.format(describe(error)), path="", finished_at=utc_now())
        files.forget(export.path)
        raise
    return {"rows": export.rows, "left_out": left_out}


def _write(export: MemberExport, run: JobRun) -> dict[str, int]:
    _begin(export)
    left_out: Counter[str] = Counter()
    total, seen = size(export.segment_id), 0
    path = files.absolute(export.path)
    with path.open("wb") as file:
        os.chmod(path, 0o600)
        file.write(header(export.columns))
        for judged in judged_members(export.segment_id, export.purpose, utc_now()):
            left_out.update(judged.refused)
            seen += sum(judged.refused.values())
            for start in range(0, len(judged.allowed), PEOPLE):
                part = judged.allowed[start : start + PEOPLE]
                found, refused = _people(export, part)
                left_out.update(refused.values())
                file.write(lines(export.columns, found))
                export.rows += len(found)
                seen += len(part)
                run.progress(seen, max(total, seen), "writing the file")
            run.progress(seen, max(total, seen), "asking who allows it")
        file.flush()
        os.fsync(file.fileno())
        export.size = file.tell()
    reasons = dict(sorted(left_out.items()))
    _finish(export, reasons)
    return reasons


def _begin(export: MemberExport) -> None:
    """The file's name is known before anything is in it, so that an erasure finds it. Raises JobCancelled."""
    files.forget(export.path)
    export.path, export.rows = files.new_name(files.EXPORTS), 0
    if not MemberExport.objects.filter(pk=export.pk, state=State.RUNNING).update(path=export.path):
        raise JobCancelled


def _finish(export: MemberExport, left_out: Mapping[str, int]) -> None:
    """Only where it was not given up meanwhile. Raises JobCancelled."""
    now = utc_now()
    export.left_out = dict(left_out)
    held = MemberExport.objects.filter(pk=export.pk, state=State.RUNNING, path=export.path)
    if not held.update(
        state=State.DONE,
        rows=export.rows,
        left_out=export.left_out,
        size=export.size,
        finished_at=now,
        expires_at=now + timedelta(days=settings.SEGMENT_EXPORT_DAYS),
    ):
        files.forget(export.path)
        raise JobCancelled


def _people(export: MemberExport, profile_ids: list[UUID]) -> tuple[list[MemberRow], dict[UUID, str]]:
    """These people as rows, and whom of them the suppression list leaves out and why."""
    refused = _suppressed(profile_ids, export.purpose, utc_now())
    return list(_rows(export, [one for one in profile_ids if one not in refused])), refused


def _suppressed(profile_ids: list[UUID], purpose: str, now: datetime) -> dict[UUID, str]:
    """Of a purpose with a channel: whose address or number must not be written to, or may not any more, and why."""
    facts = purposes_now().get(purpose)
    if facts is None or not facts.channel:
        return {}
    subjects = consent.subjects_of(profile_ids)
    known = [one for one in profile_ids if one in subjects]
    found = {one: "nobody" for one in profile_ids if one not in subjects}
    answers = mail_gate([subjects[one] for one in known], purpose, now)
    for one, (decision, suppressed) in zip(known, answers, strict=True):
        if suppressed or not decision.allowed:
            found[one] = suppressed or decision.reason
    return found


def _rows(export: MemberExport, profile_ids: list[UUID]) -> Iterator[MemberRow]:
    since = dict(bulk_sql.fetch(SINCE, [export.segment_id, profile_ids]))
    has = {column.partition(":")[0] for column in export.columns}
    identifiers = _identifiers(profile_ids) if IDENTIFIER[:-1] in has else {}
    states = profile_states(profile_ids) if "trait" in has else {}
    computed = _computed(profile_ids) if "computed" in has else {}
    for one in profile_ids:
        if one in since:  # else they left while the file was written
            traits = states[one].traits if one in states else {}
            yield MemberRow(str(one), since[one], identifiers.get(one, {}), traits, computed.get(one, {}))


def _identifiers(profile_ids: list[UUID]) -> dict[UUID, dict[str, str]]:
    """Of each kind the latest; of addresses the one that is written to. No shared ones."""
    found = {
        one: {fact.kind: fact.value for fact in facts if not fact.is_shared}
        for one, facts in identifiers_of(profile_ids).items()
    }
    for one, email in emails_of(profile_ids).items():
        found[one]["email"] = email
    return found


def _computed(profile_ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    rows = bulk_sql.fetch(COMPUTED, [profile_ids])
    return {profile_id: msgspec.json.decode(values) for profile_id, values in rows}
