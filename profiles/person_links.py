"""A person on another app's admin page: what they are called, as a link to their page. Never an id alone."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from profiles import queries
from profiles.recognizing import recognized


def person_link(request: HttpRequest, identifier_id: int | None) -> SafeString | str:
    """Whose identifier this is, masked as the reader needs it; a link for those who may open the page."""
    if identifier_id is None:
        return "–"
    profile_id = queries.profiles_of_identifiers([identifier_id]).get(identifier_id)
    if profile_id is None:
        return f"erased (identifier #{identifier_id})"
    may = getattr(request.user, "has_perm", lambda _: False)
    state = queries.profile_states([profile_id]).get(profile_id)
    known = queries.identifiers_of([profile_id])[profile_id]
    called = recognized(profile_id, state.traits if state else {}, known, personal=may("profiles.view_personal"))
    text = f"{called.name}, {called.detail}" if called.detail else called.name
    if not may("profiles.view_profile"):
        return text
    url = reverse("admin:profiles_profile_change", args=[profile_id])
    return format_html('<a class="underline" href="{}">{}</a>', url, text)


class WithPerson:
    """For an admin page of a row with `identifier_id`: adds the read-only field `person`."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row, with the link for this reader."""
        found = super().get_object(request, object_id, from_field)  # type: ignore[misc]
        if found is not None:
            found.__dict__["person_link"] = person_link(request, found.identifier_id)
        return found

    @admin.display(description="person")
    def person(self, row: Any) -> SafeString | str:
        """Whose it is."""
        link: SafeString | str = row.__dict__.get("person_link", "–")
        return link
