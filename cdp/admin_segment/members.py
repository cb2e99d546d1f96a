"""Who is in a segment now: a page at a time, newest or longest first, or found by name, address, number or id."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from cdp.admin_segment.frame import MEMBERS, Reader, find, page, reader_of
from cdp.admin_segment.people import PersonRow, people_rows
from cdp.identity_desk.searching import found_by
from cdp.lib.clock import utc_now
from lake.contracts import QueryError
from segments import queries
from segments.queries.member_pages import MOST_FOUND, member_page, named_members, open_members

LONGEST = 200
ORDERS = (("newest", "Newest first"), ("longest", "In it longest"))


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One line. `since` is None for somebody who was found and is not in it."""

    person: PersonRow
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gave: members, people who are not in it, and what is to be said of it."""

    rows: tuple[MemberRow, ...]
    outside: tuple[PersonRow, ...]
    note: str


@require_http_methods(["GET", "HEAD", "POST"])
def members(request: HttpRequest, segment_id: int) -> HttpResponse:
    """The list. The search is a POST: what is typed stays out of addresses and logs."""
    segment = find(request, segment_id, MEMBERS)
    reader = reader_of(request)
    asked = request.POST.get("q", "").strip()[:LONGEST].replace("\0", "")
    order = request.GET.get("order", "")
    order = order if order in dict(ORDERS) else ORDERS[0][0]
    context = {"asked": asked, "order": order, "orders": ORDERS, "personal": reader.personal}
    if asked:
        return page(
            request,
            "segments/members.html",
            segment,
            "members",
            {**context, "found": _found(asked, segment_id, reader)},
        )
    try:
        shown = member_page(segment_id, longest=order == "longest", cursor=request.GET.get("cursor") or None)
    except ValueError:
        shown = member_page(segment_id, longest=order == "longest")
    people = people_rows([member.profile_id for member in shown.members], reader, segment_id)
    context |= {
        "rows": [MemberRow(people[member.profile_id], member.since) for member in shown.members],
        "next": f"?order={order}&cursor={shown.next_cursor}" if shown.next_cursor else "",
        "first": f"?order={order}" if request.GET.get("cursor") else "",
        "history_url": f"{reverse('admin:segments_membership_changelist')}?segment__id__exact={segment.pk}",
    }
    return page(request, "segments/members.html", segment, "members", context)


def _found(asked: str, segment_id: int, reader: Reader) -> Found:
    """By a whole identifier, order number or id; by a part of a name or address for who may see those."""
    exact = found_by(asked)
    ids, note = list(exact), ""
    if reader.personal and not exact:
        ids, note = _by_name(segment_id, asked)
    inside = open_members(segment_id, ids)
    people = people_rows(ids[:MOST_FOUND] if exact else list(inside)[:MOST_FOUND], reader, segment_id)
    rows = tuple(MemberRow(people[one], inside[one]) for one in inside if one in people)
    outside = tuple(person for one, person in people.items() if one not in inside)
    if not note and len(inside) > MOST_FOUND:
        note = f"{len(inside):,} members fit; these are {MOST_FOUND} of them. Type more of the name."
    return Found(rows, outside, note)


def _by_name(segment_id: int, asked: str) -> tuple[list[UUID], str]:
    try:
        found = named_members(segment_id, asked, utc_now())
    except queries.PreviewBusyError:
        return [], "Somebody else's question is being answered: search again in a second."
    except QueryError as error:
        return [], f"Names cannot be searched now: {error} A whole address, user id or order number finds people."
    return found, ""
