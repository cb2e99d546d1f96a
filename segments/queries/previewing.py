"""What a rule means before it is saved: how many people, who for example, who would enter and leave."""

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa
from django.db import connection

from lake.contracts import Limits
from profiles.models import Profile
from segments.contracts import Preview
from segments.halves import joined
from segments.models import Segment
from segments.queries.clauses import count_in_time
from segments.queries.everybody import entering_and_leaving, first_of
from segments.queries.turns import alone
from segments.rules import Node

SAMPLE = 10
FEW = 100_000


def preview(rule: Node, *, segment_id: int | None, now: datetime) -> Preview:
    """The rule asked of everybody now, beside the present members of `segment_id` where that is live.

    Raises QueryError (too slow, too large, or LakeNotReadyError while the lake is being built), and PreviewBusyError:
    a process computes one at a time.
    """
    return preview_with_clauses(rule, (), segment_id=segment_id, now=now)[0]


def preview_with_clauses(
    rule: Node, clauses: Sequence[Node], *, segment_id: int | None, now: datetime
) -> tuple[Preview, tuple[int | None, ...]]:
    """The same, and how many are in each of these clauses, by one statement.

    None for a clause that by itself would ask everybody's consents; for all of them where only the rule fits the time.
    """
    asked = list(dict.fromkeys(one for one in clauses if one == rule or not one.mentions().purposes))
    with alone() as limits:
        found = count_in_time(rule, asked, now, limits=limits)
        counts = dict(zip(asked, found.clauses or (), strict=found.clauses is not None))
        shown = _preview(found.keys, found.as_of, segment_id, limits)
        return shown, tuple(counts.get(clause) for clause in clauses)


def _preview(keys: pa.Table, as_of: datetime | None, segment_id: int | None, limits: Limits) -> Preview:
    is_live = segment_id is not None and Segment.objects.filter(pk=segment_id, state=Segment.State.LIVE).exists()
    entering, leaving = None, None
    if is_live and segment_id is not None:
        entering, leaving = entering_and_leaving(segment_id, keys, limits=limits)
    sample = tuple(joined(*key) for key in first_of(keys, SAMPLE))
    people = max(people_about(), keys.num_rows)
    return Preview(keys.num_rows, people, sample, entering, leaving, as_of)


def people_about() -> int:
    """How many profiles there are: counted where they are few, else as the database estimates."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [Profile._meta.db_table])
        (about,) = cursor.fetchone()
    return int(about) if about > FEW else Profile.objects.count()
