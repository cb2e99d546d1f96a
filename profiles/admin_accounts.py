"""Accounts in the admin: companies, households, clubs as “group” calls told of them, with the people in them."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from cdp.lib.admin_parts import ReadOnlyAdmin
from profiles import queries
from profiles.models import Account, AccountMember
from profiles.page import MASK, text
from profiles.person_links import person_link

MOST_MEMBERS = 100


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    """The list, and one account's page: what was said of it, who is in it."""

    list_display = ("name", "group", "people", "last_seen_at", "first_seen_at")
    search_fields = ("group_id",)
    search_help_text = "A whole group id"
    ordering = ("-last_seen_at",)
    show_full_result_count = False
    fields = ("name", "group", "traits_told", "members_now", "first_seen_at", "last_seen_at")
    readonly_fields = fields
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Account]:
        """With the number of identifiers in each."""
        found: QuerySet[Account] = super().get_queryset(request)
        return found.annotate(member_count=Count("members"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Account], search_term: str
    ) -> tuple[QuerySet[Account], bool]:
        """Exactly this group id."""
        return (queryset.filter(group_id=search_term.strip()) if search_term.strip() else queryset), False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Account | None:
        """The account, with its members as this reader may see them."""
        found: Account | None = super().get_object(request, object_id, from_field)
        if found is not None:
            members = AccountMember.objects.filter(account=found).order_by("-last_seen_at", "pk")
            ids = list(members.values_list("identifier_id", flat=True)[: MOST_MEMBERS * 5])
            people: dict[Any, int] = {}
            for identifier_id, profile_id in queries.profiles_of_identifiers(ids).items():
                people.setdefault(profile_id, identifier_id)
            shown = [(person_link(request, one),) for one in list(people.values())[:MOST_MEMBERS]]
            found.__dict__.update(shown_members=shown, personal=request.user.has_perm("profiles.view_personal"))
        return found

    @admin.display(description="Account")
    def name(self, account: Account) -> str:
        """What its traits call it, else its id."""
        return queries.account_name(account.group_id, account.traits)

    @admin.display(description="Group id", ordering="group_id")
    def group(self, account: Account) -> str:
        """As the shop sends it."""
        return account.group_id

    @admin.display(description="Identifiers", ordering="member_count")
    def people(self, account: Account) -> str:
        """How many identifiers were seen in it."""
        return f"{account.__dict__.get('member_count', 0):,}"

    @admin.display(description="Members")
    def members_now(self, account: Account) -> SafeString | str:
        """Whom its identifiers belong to now, the latest seen first."""
        return format_html_join("", '<p class="h-value">{}</p>', account.__dict__.get("shown_members", [])) or "–"

    @admin.display(description="Traits")
    def traits_told(self, account: Account) -> SafeString | str:
        """What was said of it; masked for those who may not see personal data."""
        personal = account.__dict__.get("personal", False)
        told = [
            (name, text(value) if personal else MASK)
            for name, (value, *_) in sorted(account.traits.items())
            if value is not None
        ]
        return format_html_join("", '<p class="h-value"><b>{}</b> {}</p>', told) or "–"
