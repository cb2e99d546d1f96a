"""Profiles in the admin: found by any identifier, read only, masked, and every look at a person is written down."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString
from unfold.decorators import display

from cdp.access.services import record_view
from cdp.lib.admin_parts import ReadOnlyAdmin
from cdp.lib.clock import utc_now
from profiles import admin_accounts, admin_rules, page, queries
from profiles.contracts import PersonPage, PersonSearch
from profiles.models import Identifier, Profile
from profiles.recognizing import recognized

__all__ = ["admin_accounts", "admin_rules"]


@admin.register(Profile)
class ProfileAdmin(ReadOnlyAdmin):
    """The list of people, and one page for all that is known of one."""

    list_display = ("person", "last_seen_at", "event_count", "first_seen_at", "shared")
    list_filter = ("is_shared",)
    search_fields = ("id",)
    search_help_text = "A whole e-mail address, user id, phone, order number or profile id"
    ordering = ("-id",)  # the newest people: ids are minted in time order, and the key is the one index
    show_full_result_count = False
    list_per_page = 50

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Profile], search_term: str
    ) -> tuple[QuerySet[Profile], bool]:
        """Those with exactly this identifier, order number, or profile id, present or former."""
        if not search_term.strip():
            return queryset, False
        find: PersonSearch = import_string(settings.PERSON_SEARCH)
        found = find(search_term)
        if len(found) > 1:
            messages.info(
                request, f"{len(found)} people are known by that: tell them apart by what stands beside them."
            )
        return queryset.filter(pk__in=found), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Names of a whole page are read at once, not one by one."""
        response: HttpResponse = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None) or {}
        if "cl" in context:
            _name(context["cl"].result_list, personal=may_see(request))
        return response

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One person's page; a former id shows the present profile. The look is audited."""
        if request.method not in ("GET", "HEAD") or not self.has_view_permission(request):
            raise PermissionDenied("Nobody edits what events made: a person's page is only looked at.")
        profile_id = _as_uuid(object_id)
        profile = self.get_object(request, str((profile_id and queries.resolve(profile_id)) or object_id))
        if profile is None:
            missing: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return missing
        build: PersonPage = import_string(settings.PROFILE_PAGE)
        shown = build(request, profile, personal=may_see(request))
        reader = request.user if request.user.is_authenticated else None
        record_view(reader, f"profile:{profile.pk}", page.look(shown), now=utc_now())
        context = {
            **self.admin_site.each_context(request),
            "title": str(profile),
            "opts": self.opts,
            "original": profile,
            "object": profile,
            "detail": profile.__dict__.get("detail", ""),
            "former_id": profile_id if profile_id and profile_id != profile.pk else "",
            **shown,
        }
        return TemplateResponse(request, "admin/person/page.html", context)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Profile | None:
        """The profile, knowing whether its reader may see personal data."""
        found: Profile | None = super().get_object(request, object_id, from_field)
        if found is not None:
            _name([found], personal=may_see(request))
        return found

    @display(description="Person", header=True)  # type: ignore[untyped-decorator]
    def person(self, profile: Profile) -> tuple[str, str]:
        """Name or address, then what else tells people apart, as this reader may see it."""
        return str(profile), profile.__dict__.get("detail", "")

    @display(description="Shared", label={"shared device": "warning"})  # type: ignore[untyped-decorator]
    def shared(self, profile: Profile) -> str:
        """Said only where it is so: an identifier of too many people is nobody's."""
        return "shared device" if profile.is_shared else ""


@admin.register(Identifier)
class IdentifierAdmin(ReadOnlyAdmin):
    """Identifiers, to see which are shared; values masked for all: the person's page shows them."""

    list_display = ("kind", "masked_value", "first_seen_at", "degree", "is_shared", "owner")
    list_filter = ("is_shared",)
    fields = ("kind", "masked_value", "owner", "first_seen_at", "degree", "is_shared", "minted_id", "created_at")
    readonly_fields = fields
    search_fields = ("value",)
    search_help_text = "A whole identifier of any kind."
    ordering = ("-id",)
    show_full_result_count = False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Identifier], search_term: str
    ) -> tuple[QuerySet[Identifier], bool]:
        """Exactly this identifier, of any kind."""
        if not search_term.strip():
            return queryset, False
        return queryset.filter(pk__in=[fact.id for fact in queries.search(search_term)]), False

    @admin.display(description="Person")
    def owner(self, identifier: Identifier) -> SafeString:
        """A link to the page of the person it belongs to."""
        url = reverse("admin:profiles_profile_change", args=[identifier.profile_id])
        return format_html('<a class="underline" href="{}">…{}</a>', url, identifier.profile_id.hex[-6:])

    @admin.display(description="Value")
    def masked_value(self, identifier: Identifier) -> str:
        """Enough to compare."""
        return page.shown(identifier.kind, identifier.value, personal=False)


def may_see(request: HttpRequest) -> bool:
    """Whether the reader may see personal data unmasked."""
    return request.user.has_perm("profiles.view_personal")


def _name(profiles: Iterable[Profile], *, personal: bool) -> None:
    found = list(profiles)
    identifiers = queries.identifiers_of([profile.pk for profile in found])
    for profile in found:
        traits = {name: value for name, (value, *_) in profile.traits.items()}
        called = recognized(profile.pk, traits, identifiers[profile.pk], personal=personal)
        profile.__dict__.update(called=called.name, detail=called.detail)


def _as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
