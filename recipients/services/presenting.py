"""Sending the present members: a recipient that comes later is told of everybody who is in a segment already.

Each is one segment.entered like any other, with `present`: true and the instant of entering; the gate is asked when it
is sent. A job writes the deliveries; those who enter meanwhile are told as ever.
"""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser

from cdp.access.services import record_audit
from cdp.jobs.contracts import JobRun
from cdp.jobs.models import Job
from cdp.jobs.services import enqueue
from cdp.lib.clock import utc_now
from recipients.contracts import SEGMENT_ENTERED, Telling
from recipients.models import Recipient
from recipients.services.telling import tell_all
from segments import queries as segments

PAGE = 1_000


class NotTold(ValueError):
    """The recipient does not hear of this segment; the message says what to change."""


def start_presenting(recipient: Recipient, segment_id: int, *, by: AbstractBaseUser | None = None) -> Job:
    """Have a recipient told of a segment's present members. Audited. Raises NotTold."""
    if not recipient.enabled or SEGMENT_ENTERED not in recipient.topics:
        raise NotTold(f"{recipient.name} is not told of {SEGMENT_ENTERED}: tick it and enable the recipient first.")
    if recipient.segments and segment_id not in recipient.segments:
        raise NotTold(f"{recipient.name} does not hear of this segment: choose it first.")
    record_audit(by, "sent present members", f"recipient:{recipient.pk}", f"segment {segment_id}")
    return enqueue("recipients.present", {"recipient_id": recipient.pk, "segment_id": segment_id}, created_by=by)


def present_job(job: JobRun) -> dict[str, Any]:
    """The handler of recipients.present, params {"recipient_id", "segment_id"}. The result: members and deliveries."""
    recipient_id, segment_id = int(job.params["recipient_id"]), int(job.params["segment_id"])
    total, seen, made = segments.size(segment_id), 0, 0
    cursor: str | None = None
    while True:
        page = segments.members(segment_id, cursor=cursor, limit=PAGE)
        tellings = [
            Telling(
                SEGMENT_ENTERED,
                f"{SEGMENT_ENTERED}:present:{job.id}:{member.membership_id}",
                profile_id=member.profile_id,
                facts={"segment_id": segment_id, "at": member.since, "present": True},
            )
            for member in page.members
        ]
        made += tell_all(tellings, now=utc_now(), recipient_id=recipient_id)
        seen += len(page.members)
        job.progress(seen, max(total, seen), "writing deliveries")
        cursor = page.next_cursor
        if cursor is None:
            return {"members": seen, "deliveries": made}
