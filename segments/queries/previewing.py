"""What a rule means before it is saved: how many people, who for example, who would enter and leave."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import BoundedSemaphore

from django.db import connection

from lake.contracts import Limits
from profiles.models import Profile
from segments.contracts import Preview
from segments.halves import joined
from segments.models import Segment
from segments.queries.everybody import entering_and_leaving, first_of, members_now
from segments.rules import Node

SAMPLE = 10
LIMITS = Limits(seconds=10.0)
FEW = 100_000
PATIENCE_SECONDS = 1.0
_ONE = BoundedSemaphore(1)


class PreviewBusyError(Exception):
    """Another preview is being computed by this process: ask again in a second or two."""


@contextmanager
def alone() -> Iterator[None]:
    """Inside, no other preview runs in this process: each may take all the memory of its limits.

    Raises PreviewBusyError where another one is not over within `PATIENCE_SECONDS`.
    """
    if not _ONE.acquire(timeout=PATIENCE_SECONDS):
        raise PreviewBusyError("another preview is being computed")
    try:
        yield
    finally:
        _ONE.release()


def preview(rule: Node, *, segment_id: int | None, now: datetime) -> Preview:
    """The rule asked of everybody now, beside the present members of `segment_id` where that is live.

    Raises QueryError (too slow, too large, or LakeNotReadyError while the lake is being built), and PreviewBusyError:
    a process computes one at a time.
    """
    with alone():
        return _preview(rule, segment_id, now)


def _preview(rule: Node, segment_id: int | None, now: datetime) -> Preview:
    found = members_now(rule, now, limits=LIMITS)
    is_live = segment_id is not None and Segment.objects.filter(pk=segment_id, state=Segment.State.LIVE).exists()
    entering, leaving = None, None
    if is_live and segment_id is not None:
        entering, leaving = entering_and_leaving(segment_id, found.keys, limits=LIMITS)
    sample = tuple(joined(*key) for key in first_of(found.keys, SAMPLE))
    people = max(people_about(), found.keys.num_rows)
    return Preview(found.keys.num_rows, people, sample, entering, leaving, found.as_of)


def people_about() -> int:
    """How many profiles there are: counted where they are few, else as the database estimates."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [Profile._meta.db_table])
        (about,) = cursor.fetchone()
    return int(about) if about > FEW else Profile.objects.count()
