"""Messages in the admin: to whom, why or why not, what allowed each, how it looked, and what became of it."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from unfold.decorators import display

from cdp.lib.admin_parts import ReadOnlyAdmin, preformatted
from cdp.lib.hashing import address_hash
from consent import queries as consent
from consent.services import canonical_email
from consent.tokens import mask
from mailing.admin_copies import SEES_PERSONAL, WithCopy
from mailing.models import Message
from mailing.reasons import words
from profiles.person_links import WithPerson
from segments.list_action import WithList

STATES = {
    "Sent": "success",
    "Queued": "info",
    "Sending": "info",
    "Refused for good": "danger",
    "Handed over or not: never resent": "danger",
    "Suppressed": "warning",
}
MOST_RECEIPTS = 100


@admin.register(Message)
class MessageAdmin(WithList, WithPerson, WithCopy, ReadOnlyAdmin):
    """Every message of every sender. Many rows, so never all counted."""

    show_full_result_count = False
    list_display = ("queued_at", "to", "subject", "shown_state", "why", "label", "finished_at")
    list_filter = ("state", "sender", "kind", "channel", "reason")
    search_fields = ("=message_id", "=occasion")
    search_help_text = "A whole e-mail address, Message-ID or occasion"
    ordering = ("-id",)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """The rendered copy names the person's things: only for those who may see personal data."""
        whole = request.user.has_perm(SEES_PERSONAL)
        facts = ("person", "shown_state", "why", "subject", "sent_by", "channel", "sent_for", "allowed_by")
        shown: list[Any] = [(None, {"fields": ("address" if whole else "to", *facts)})]
        if whole:
            shown.append(("Copy", {"fields": ("copy", "as_text")}))
        times = ("queued_at", "not_before_at", "sending_at", "finished_at", "attempts")
        made_of = ("template", "template_version", "locale", "variant")
        return [
            *shown,
            ("What became of it", {"fields": ("became",)}),
            ("Times", {"fields": times}),
            ("Made of", {"fields": made_of}),
            ("Ids", {"fields": ("step", "occasion", "message_id")}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """Everything."""
        return tuple(name for _, options in self.get_fieldsets(request, obj) for name in options["fields"])

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """With the permission for personal data the address is whole."""
        whole = request.user.has_perm(SEES_PERSONAL)
        return tuple("address" if whole and name == "to" else name for name in self.list_display)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Message], search_term: str
    ) -> tuple[QuerySet[Message], bool]:
        """An address is searched by its hash, whole."""
        address = canonical_email(search_term.strip()) if "@" in search_term and "<" not in search_term else None
        if address is not None:
            return queryset.filter(address_hash=address_hash(address)), False
        found: tuple[QuerySet[Message], bool] = super().get_search_results(request, queryset, search_term)
        return found

    @admin.display(description="to")
    def to(self, row: Message) -> str:
        """The address, masked."""
        return mask(row.address) if row.address else "erased"

    @display(description="state", label=STATES)  # type: ignore[untyped-decorator]
    def shown_state(self, row: Message) -> str:
        """The state in words."""
        return str(row.get_state_display())

    @admin.display(description="why")
    def why(self, row: Message) -> str:
        """The reason in words."""
        return words(row.reason) if row.reason else ""

    @admin.display(description="sent by")
    def sent_by(self, row: Message) -> str:
        """The journey, campaign or notice, and its step."""
        return f"{row.label} ({row.sender}), {row.step.replace('_', ' ')}"

    @admin.display(description="sent for")
    def sent_for(self, row: Message) -> str:
        """The purpose the gate was asked for; transactional ones are sent for none."""
        return row.purpose.replace("_", " ") if row.purpose else "what the person ordered or did (transactional)"

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The mail, knowing whether its reader may open the ledger."""
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            found.__dict__["may_read_ledger"] = request.user.has_perm("consent.view_entry")
        return found

    @admin.display(description="allowed by")
    def allowed_by(self, row: Message) -> SafeString | str:
        """The ledger entry that allowed it, in words, with the way to it."""
        if row.kind != Message.Kind.MARKETING:
            return "Nothing: it needs no consent"
        if row.consent_entry_id is None:
            return "–" if row.sending_at is None else "No entry: the law allows it until they say no"
        facts = consent.entry_facts([row.consent_entry_id]).get(row.consent_entry_id)
        said = f", {facts.state} {localtime(facts.occurred_at):%-d %b %Y %H:%M} by {facts.method}" if facts else ""
        if not row.__dict__.get("may_read_ledger"):
            return f"entry #{row.consent_entry_id} of the ledger{said}"
        url = reverse("admin:consent_entry_change", args=[row.consent_entry_id])
        link = '<a class="underline" href="{}">entry #{} of the ledger</a>{}'
        return format_html(link, url, row.consent_entry_id, said)

    @admin.display(description="text part")
    def as_text(self, row: Message) -> SafeString | str:
        """The text part with its lines."""
        return preformatted(row.text)

    @admin.display(description="events")
    def became(self, row: Message) -> SafeString | str:
        """Deliveries, bounces, opens and clicks as they came, each with who it was where that is known."""
        rows = list(row.receipts.order_by("at", "pk")[:MOST_RECEIPTS])
        lines = ((f"{localtime(one.at):%-d %b %Y %H:%M:%S}", _receipt(one)) for one in rows)
        return format_html_join("", "<div>{} · {}</div>", lines) if rows else "Nothing was heard of it yet."


def _receipt(one: Any) -> str:
    said = [str(one.get_kind_display()), str(one.get_who_display()).lower() if one.who else "", one.why, one.url]
    return ", ".join(part for part in said if part)
