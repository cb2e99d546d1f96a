"""“Make a list of these people”: an action for admin pages of rows that hang on identifiers, of whatever app."""

import secrets
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from cdp.access.services import record_audit
from cdp.lib.clock import utc_now
from profiles.queries import profiles_of_identifiers
from segments import services
from segments.services import ListDraft

RIGHTS = ("segments.add_segment", "segments.change_segment")
MOST = 50_000
CHUNK = 5_000


class WithList:
    """For the admin of rows with `identifier_id`: the people of the chosen rows become a static list."""

    actions: ClassVar[Any] = ("make_list_of_people",)

    @admin.action(description="Make a list of these people", permissions=["make_list"])
    def make_list_of_people(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """Each person once; the erased and those who are nobody in particular are left out, and counted."""
        ids = list(rows.order_by().values_list("identifier_id", flat=True).distinct()[: MOST + 1])
        if len(ids) > MOST:
            messages.error(request, f"These are more than {MOST:,} people: narrow them down by the filters first.")
            return None
        label = rows.model._meta.label_lower
        people = set(profiles_of_identifiers(ids).values())
        list_id, put = _listed(request, label, str(rows.model._meta.verbose_name_plural), sorted(people))
        gone = len(ids) - len(people)
        said = "1 person is put on it" if put == 1 else f"{put:,} people are put on it"
        more = f" {len(people) - put:,} are seen with too many people to be anybody." if put < len(people) else ""
        more += f" {gone:,} more entries are of the same people, or of people who were erased." if gone else ""
        messages.info(request, f"The list was made: {said}.{more}")
        return HttpResponseRedirect(reverse("segment-list", args=[list_id]))

    def has_make_list_permission(self, request: HttpRequest) -> bool:
        """Who may make segments and put people on lists."""
        return all(getattr(request.user, "has_perm", lambda _: False)(right) for right in RIGHTS)


@transaction.atomic
def _listed(request: HttpRequest, label: str, rows: str, people: list[Any]) -> tuple[int, int]:
    """(the new list, how many are on it); each entry's origin says from which page."""
    now, by = utc_now(), request.user
    name = f"People of {rows}, {timezone.localtime(now):%Y-%m-%d %H:%M}"
    slug = f"{rows.replace(' ', '-')[:24]}-{now:%Y%m%d}-{secrets.token_hex(3)}"
    list_id = services.make_list(ListDraft(slug, name), by=by)  # type: ignore[arg-type]  # staff
    put = 0
    for start in range(0, len(people), CHUNK):
        part = people[start : start + CHUNK]
        put += services.put_entries(list_id, part, origin=f"page:{label}", now=now, by=by).changed  # type: ignore[arg-type]
    record_audit(by, "made a list", f"segment:{list_id}", f"{put} people of {label}")  # type: ignore[arg-type]
    return list_id, put
