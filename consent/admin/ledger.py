"""The ledger in the admin: every line with how it came, in answer to which words, and what shows it to be true."""

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.paginator import InfinitePaginator
from unfold.views import ChangeList

from cdp.access.services import record_view
from cdp.lib.admin_parts import ReadOnlyAdmin, pretty_json
from cdp.lib.clock import utc_now
from cdp.lib.moments import moment
from consent import queries
from consent.admin.hashes import entry_hash, hash_of
from consent.models import Entry, Seal, Wording
from consent.reasons import METHODS, method_words
from consent.services.words import words_sha256

STATES = {"Granted": "success", "Withdrawn": "danger", "Denied": "danger", "Expired": "warning", "Pending": "info"}


class MethodFilter(admin.SimpleListFilter):
    """How it was said, in words."""

    title = "how"
    parameter_name = "method"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The methods the product knows; asking the ledger for all that occur would read it whole."""
        return [(code, words[:1].upper() + words[1:]) for code, words in METHODS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Entry]) -> QuerySet[Entry]:
        """Lines of one method."""
        return queryset.filter(method=self.value()) if self.value() else queryset


class ActorFilter(admin.SimpleListFilter):
    """Who said it."""

    title = "by whom"
    parameter_name = "by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The four kinds of actors."""
        return [("person", "The person"), ("source", "A source"), ("staff", "Staff"), ("system", "This service")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Entry]) -> QuerySet[Entry]:
        """Lines of one kind of actor."""
        kind = self.value()
        return queryset.filter(actor__startswith=kind) if kind else queryset


class ToldList(ChangeList):  # type: ignore[misc]  # unfold has no types
    """Puts its words and its actor on each line of the page, in two statements for all."""

    def get_results(self, request: HttpRequest) -> None:
        """The page's lines, told."""
        super().get_results(request)
        tell(list(self.result_list))


def tell(rows: list[Entry]) -> None:
    """Look up what the lines only have the ids of."""
    words = Wording.objects.defer("text").in_bulk({row.wording_id for row in rows if row.wording_id is not None})
    ids = {int(row.actor.removeprefix("staff:")) for row in rows if row.actor.removeprefix("staff:").isdigit()}
    staff = {user.pk: user.get_username() for user in get_user_model().objects.filter(pk__in=ids)} if ids else {}
    for row in rows:
        kind, _, number = row.actor.partition(":")
        name = staff.get(int(number), f"no. {number}") if kind == "staff" and number.isdigit() else number
        row.told_actor = " ".join(part for part in (kind, name) if part) or "–"  # type: ignore[attr-defined]
        row.told_words = words.get(row.wording_id or 0)  # type: ignore[attr-defined]


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    """The ledger: nobody changes it, here or anywhere. Search takes an e-mail address or an identifier's number."""

    list_display = (
        "occurred", "purpose", "shown_state", "how", "by", "subject", "channel", "words", "notice", "has_proof",
    )  # fmt: skip
    list_filter = ("purpose", "state", MethodFilter, ActorFilter, "channel")
    list_filter_submit = False
    list_select_related = ("purpose",)
    search_fields = ("=identifier_id",)
    search_help_text = "A whole e-mail address, or the number of an identifier"
    ordering = ("-id",)
    paginator = InfinitePaginator
    show_full_result_count = False
    fieldsets = (
        ("What was said", {"fields": ("purpose", "shown_state", "subject", "channel", "occurred", "received")}),
        ("How", {"fields": ("how", "by", "source_id", "ip", "reason", "separation_id")}),
        ("In answer to", {"fields": ("words_told", "notice")}),
        ("What shows it to be true", {"fields": ("proof", "key", "seal")}),
    )
    readonly_fields = (
        *("purpose", "shown_state", "subject", "channel", "occurred", "received", "how", "by", "source_id", "ip"),
        *("reason", "separation_id", "words_told", "notice", "proof", "key", "seal"),
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """The list with words and actors."""
        return ToldList

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Entry | None:
        """One line, told."""
        found: Entry | None = super().get_object(request, object_id, from_field)
        if found is not None:
            tell([found])
        return found

    @admin.display(description="said at", ordering="occurred_at")
    def occurred(self, entry: Entry) -> str:
        """In the page's zone."""
        return moment(entry.occurred_at, with_seconds=True)

    @admin.display(description="received at")
    def received(self, entry: Entry) -> str:
        """In the page's zone."""
        return moment(entry.received_at, with_seconds=True)

    @display(description="state", label=STATES)  # type: ignore[untyped-decorator]
    def shown_state(self, entry: Entry) -> str:
        """Granted, Withdrawn, Denied, Expired, Pending."""
        return str(entry.get_state_display())

    @admin.display(description="how", ordering="method")
    def how(self, entry: Entry) -> str:
        """In words."""
        return method_words(entry.method)

    @admin.display(description="by")
    def by(self, entry: Entry) -> str:
        """person, a source's number, a member of staff's name, or system."""
        return str(getattr(entry, "told_actor", "–"))

    @admin.display(description="about")
    def subject(self, entry: Entry) -> str:
        """The address as the start of its hash (the ledger holds no address), or the identifier's number."""
        if entry.address_hash:
            return f"address {entry_hash(entry.address_hash)}"
        return f"identifier #{entry.identifier_id}"

    @admin.display(description="words")
    def words(self, entry: Entry) -> str:
        """The version and language that were answered."""
        found = getattr(entry, "told_words", None)
        return f"v{found.version} {found.locale}" if found else "–"

    @admin.display(description="notice")
    def notice(self, entry: Entry) -> SafeString | str:
        """The version of the privacy notice it was given under."""
        if entry.notice_version is None:
            return "–"
        url = reverse("admin:consent_notice_change", args=[entry.notice_version])
        return format_html('<a class="h-link" href="{}">v{}</a>', url, entry.notice_version)

    @admin.display(description="proof", boolean=True)
    def has_proof(self, entry: Entry) -> bool:
        """Whether one was kept with it; it may be deleted by now."""
        return entry.proof_id is not None

    @admin.display(description="the words")
    def words_told(self, entry: Entry) -> SafeString | str:
        """As they stood, and whether they are still those the line was given for."""
        found = getattr(entry, "told_words", None)
        if found is None:
            return "Not known: whoever sent this did not name them."
        fits = bytes(entry.wording_sha256 or b"") == words_sha256(found.title, found.text)
        return format_html(
            '<p><strong>{}</strong></p><p>{}</p><p class="h-note">Version {}, {}, SHA-256 {} {}</p>',
            found.title,
            found.text,
            found.version,
            found.locale,
            bytes(found.sha256).hex()[:16] + "…",
            "as kept in this line" if fits else "which is NOT what this line names: run ./run manage ledger verify",
        )

    @admin.display(description="proof")
    def proof(self, entry: Entry) -> SafeString | str:
        """What came with it; personal, so only for those who may see persons."""
        if entry.proof_id is None:
            return "None was kept."
        facts = queries.entry_facts([entry.pk])[entry.pk]
        if facts.proof is None:
            return "Deleted: its time was over, or the person was erased. The line stays."
        if not getattr(entry, "shows_personal", False):
            return f"Kept ({facts.proof_kind}). Your group does not see personal data."
        return format_html("<p>{}</p>{}", facts.proof_kind, pretty_json(dict(facts.proof)))

    @admin.display(description="key")
    def key(self, entry: Entry) -> str:
        """The hash of what caused the line: the same cause writes no second one."""
        return bytes(entry.entry_key).hex()

    @admin.display(description="seal")
    def seal(self, entry: Entry) -> str:
        """The block of the chain that covers it."""
        found = Seal.objects.filter(last_entry_id__gte=entry.pk).order_by("last_entry_id").first()
        if found is None:
            return "Not sealed yet: that is done every minute."
        return (
            f"Block {found.number}, sealed {found.sealed_at:%Y-%m-%d %H:%M:%S} UTC, {bytes(found.digest).hex()[:16]}…"
        )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """An address is searched by its hash."""
        if "@" in search_term:
            return queryset.filter(address_hash=hash_of(search_term)), False
        if search_term and not search_term.isdigit():
            return queryset.none(), False
        return super().get_search_results(request, queryset, search_term)  # type: ignore[no-any-return]

    def get_readonly_fields(self, request: HttpRequest, obj: Entry | None = None) -> tuple[str, ...]:
        """Everything; with the proof for those who may see persons, which the audit log then says."""
        if obj is not None and request.user.has_perm("profiles.view_personal"):
            obj.shows_personal = True  # type: ignore[attr-defined]
            if obj.proof_id is not None:
                record_view(request.user, f"consent entry:{obj.pk}", "its proof", now=utc_now())  # type: ignore[arg-type]
        return self.readonly_fields
