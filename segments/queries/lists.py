"""Reads of static lists: who an entry means, how lists are filled and how far that is, which rows named nobody."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count

from cdp.jobs import queries as jobs
from cdp.lib import bulk_sql
from consent.queries import erased
from profiles.contracts import IdentifierKey
from profiles.queries import resolve_many
from segments.models import ListFill, ListReject, Segment
from segments.queries.membership import sizes
from segments.uploads import NoName, no_name

A_READ = 2_000
KNOWN = """
SELECT asked.place, i.id, i.profile_id, i.is_shared FROM unnest(%s::int[], %s::text[], %s::text[])
  AS asked(place, kind, value) JOIN profiles_identifier AS i ON i.kind = asked.kind AND i.value = asked.value
"""
SHARED_PEOPLE = "SELECT id FROM profiles_profile WHERE id = ANY(%s::uuid[]) AND is_shared"


@dataclass(frozen=True, slots=True)
class Standing:
    """Who an entry is: the identifier it names (None for one by profile id) and its profile; or why nobody."""

    identifier_id: int | None = None
    profile_id: UUID | None = None
    why: NoName | None = None


@dataclass(frozen=True, slots=True)
class FillProgress:
    """How a fill goes: done of about how many, a share from 0 to 1, and a sentence while it runs."""

    done: int
    about: int
    share: float
    sentence: str


@dataclass(frozen=True, slots=True)
class ListLine:
    """A static list as the list of them shows it, with its newest fill."""

    id: int
    slug: str
    name: str
    state: str
    size: int
    listed: int
    updated_at: datetime
    newest: ListFill | None


def standing_of(entries: Sequence[IdentifierKey | UUID | NoName]) -> list[Standing]:
    """Who these entries are, in their order; three statements however many. Erased people are told apart."""
    keys = {place: one for place, one in enumerate(entries) if isinstance(one, IdentifierKey)}
    ids = {place: one for place, one in enumerate(entries) if isinstance(one, UUID)}
    found: list[Standing] = [
        Standing(why=one) if isinstance(one, NoName) else Standing(why=no_name("unknown")) for one in entries
    ]
    for place, standing in _by_key(keys).items():
        found[place] = standing
    for place, standing in _by_id(ids).items():
        found[place] = standing
    return found


def fills_of(list_id: int, limit: int = 20) -> list[ListFill]:
    """How people came onto a list, the latest first."""
    return list(
        ListFill.objects.filter(segment_id=list_id).select_related("created_by").order_by("-created_at")[:limit]
    )


def fill_of(fill_id: UUID) -> ListFill | None:
    """A fill, if there is one."""
    return ListFill.objects.select_related("segment", "created_by").filter(pk=fill_id).first()


def may_be_undone(fill: ListFill) -> bool:
    """The last fill of its list that put anybody there, once it is over."""
    over = (ListFill.State.DONE, ListFill.State.CANCELLED, ListFill.State.FAILED)
    if fill.state not in over or not fill.added:
        return False
    later = ListFill.objects.filter(segment_id=fill.segment_id, created_at__gt=fill.created_at, added__gt=0)
    return not later.exclude(state=ListFill.State.UNDONE).exists()


def progress_of(fill: ListFill) -> FillProgress:
    """How far a fill is."""
    work = jobs.find(fill.job_id) if fill.job_id else None
    is_over = fill.state != ListFill.State.RUNNING
    about = max(fill.about, fill.rows, 1)
    note = "" if is_over or work is None else "waits for a worker" if work.state == "queued" else work.note
    return FillProgress(fill.rows, about, 1.0 if is_over else min(1.0, fill.rows / about), note)


def rejects_of(fill_id: UUID) -> Iterator[ListReject]:
    """Every row that named nobody, in the order of the file, read in pieces."""
    last = -1
    while True:
        piece = list(ListReject.objects.filter(fill_id=fill_id, row__gt=last).order_by("row")[:A_READ])
        yield from piece
        if len(piece) < A_READ:
            return
        last = piece[-1].row


def reject_reasons(fill_id: UUID) -> list[tuple[str, int]]:
    """(reason, number of rows), most frequent first."""
    rows = ListReject.objects.filter(fill_id=fill_id).values_list("reason").annotate(n=Count("pk"))
    return [(reason, count) for reason, count in rows.order_by("-n", "reason")[:20]]


def all_lists() -> list[ListLine]:
    """Every static list that is not archived, the latest changed first."""
    found = Segment.objects.filter(kind=Segment.Kind.STATIC).exclude(state=Segment.State.ARCHIVED)
    rows = list(found.order_by("-updated_at"))
    named = dict(found.annotate(n=Count("listed")).values_list("pk", "n"))
    newest: dict[int, ListFill] = {}
    for fill in ListFill.objects.filter(segment__in=rows).order_by("segment_id", "-created_at").distinct("segment_id"):
        newest[fill.segment_id] = fill
    counts = sizes() if rows else {}
    return [
        ListLine(
            row.pk,
            row.slug,
            row.name,
            row.state,
            counts.get(row.pk, 0),
            named.get(row.pk, 0),
            row.updated_at,
            newest.get(row.pk),
        )
        for row in rows
    ]


def _by_key(keys: dict[int, IdentifierKey]) -> dict[int, Standing]:
    if not keys:
        return {}
    columns = [list(keys), [key.kind for key in keys.values()], [key.value for key in keys.values()]]
    found: dict[int, Standing] = {}
    for place, identifier_id, profile_id, is_shared in bulk_sql.fetch(KNOWN, columns):
        found[place] = Standing(why=no_name("shared")) if is_shared else Standing(identifier_id, profile_id)
    missing = {place: key for place, key in keys.items() if place not in found}
    gone = erased([(key.kind, key.value) for key in missing.values()]) if missing else {}
    for place, key in missing.items():
        if (key.kind, key.value) in gone:
            found[place] = Standing(why=no_name("erased"))
    return found


def _by_id(ids: dict[int, UUID]) -> dict[int, Standing]:
    if not ids:
        return {}
    present = resolve_many(set(ids.values()))
    shared = {row[0] for row in bulk_sql.fetch(SHARED_PEOPLE, [sorted(set(present.values()))])}
    return {
        place: Standing(why=no_name("shared")) if present[one] in shared else Standing(None, present[one])
        for place, one in ids.items()
        if one in present
    }
