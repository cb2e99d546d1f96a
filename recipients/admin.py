"""Recipients in the admin: who is told what and by which purpose, a test, a new secret; and every delivery."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import date
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator
from unfold.views import ChangeList

from cdp.access.services import record_audit
from cdp.lib.admin_parts import ReadOnlyAdmin, confirmed, pretty_json
from cdp.lib.clock import utc_now
from recipients import queries, services, signing
from recipients.contracts import DUTIES, SEGMENT_ENTERED, TEST
from recipients.forms import RecipientForm
from recipients.models import Attempt, Delivery, Recipient
from segments import queries as segments
from segments.models import Segment

REASONS = {
    "default_denied": "nobody allowed it, and the law asks for a yes",
    "denied": "the person refused",
    "withdrawn": "the person took a yes back",
    "expired": "a yes has grown too old",
    "pending": "a yes waits for its confirmation",
    "restricted": "the person had the use of their data restricted",
    "no_address": "the person has no address",
    "unknown_purpose": "the purpose does not exist",
    "gone": "the person, order or segment no longer exists",
    "nobodys": "the identifier belongs to nobody in particular",
    "erased": "the person was erased",
    "timeout": "no answer in time",
    "name_not_found": "the host name is not known",
    "connection_refused": "nobody listens there",
    "connection_broken": "the connection broke off",
    "bad_certificate": "its certificate is not valid",
    "tls_failed": "no secure connection came about",
    "address_refused": "its name leads into a private network",
}


REPLAYS = {"1": "hour", "24": "24 hours", "72": "3 days", "168": "7 days"}


def in_words(reason: str) -> str:
    """A reason as staff read it."""
    if reason.startswith("status_"):
        return f"it answered {reason.removeprefix('status_')}"
    if reason.startswith("segment_"):
        return f"what the segment is for: {in_words(reason.removeprefix('segment_'))}"
    if reason.startswith("parent_"):
        return f"a purpose above it: {in_words(reason.removeprefix('parent_'))}"
    return REASONS.get(reason, reason.replace("_", " "))


def _answer(one: Attempt) -> str:
    return in_words(one.reason) if one.reason else f"answered {one.status}"


def _hears_of(pk: int) -> list[tuple[int, str, int]]:
    """(id, name, size) of the live segments whose comings and goings a recipient is told, by name."""
    recipient = Recipient.objects.filter(pk=pk, enabled=True, topics__contains=[SEGMENT_ENTERED]).first()
    if recipient is None:
        return []
    found = Segment.objects.filter(state=Segment.State.LIVE)
    if recipient.segments:
        found = found.filter(pk__in=recipient.segments)
    sizes = segments.sizes()
    return [(one, name, sizes.get(one, 0)) for one, name in found.order_by("name", "pk").values_list("pk", "name")]


class CountedList(ChangeList):  # type: ignore[misc]  # unfold has no types
    """Puts the figures on each recipient of the page, in one statement for all."""

    def get_results(self, request: HttpRequest) -> None:
        """The page's rows with their figures."""
        super().get_results(request)
        rows: list[Recipient] = list(self.result_list)  # type: ignore[has-type]
        figures = queries.figures_of([row.pk for row in rows], utc_now())
        for row in rows:
            row.__dict__["figures"] = figures[row.pk]
        self.result_list = rows


@admin.register(Recipient)
class RecipientAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Other parties that are told by webhook, each behind the gate."""

    form = RecipientForm
    list_display = ("name", "role", "told", "purpose", "country", "last_30_days", "health", "enabled")
    list_filter = ("role", "enabled")
    search_fields = ("name",)
    ordering = ("name",)
    change_form_outer_before_template = "recipients/panel.html"
    fieldsets = (
        (None, {"fields": ("name", "role", "url", "enabled")}),
        ("What it is told", {"fields": ("topics", "segments", "purpose", "kinds", "traits")}),
        ("For the processing register", {"fields": ("country", "safeguard")}),
    )

    def get_urls(self) -> list[URLPattern]:
        """With a test and a new secret."""
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/test/", view(self.test_view), name="recipients_recipient_test"),
            path("<int:pk>/present/", view(self.present_view), name="recipients_recipient_present"),
            path("<int:pk>/replay/", view(self.replay_view), name="recipients_recipient_replay"),
            path("<int:pk>/secret/", view(self.secret_view), name="recipients_recipient_secret"),
            *super().get_urls(),
        ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """The list with figures."""
        return CountedList

    def save_model(self, request: HttpRequest, recipient: Recipient, form: Any, change: bool) -> None:
        """A new one gets its secret, which is shown once."""
        if not change:
            recipient.secret = signing.new_secret()
        super().save_model(request, recipient, form, change)
        if not change:
            messages.warning(
                request, f"Copy this secret to the recipient now, it is not shown again: {recipient.secret}"
            )

    def has_delete_permission(self, request: HttpRequest, recipient: Recipient | None = None) -> bool:
        """Not once it was given something: it has to be told of erasures. Such a one is disabled."""
        may = super().has_delete_permission(request, recipient)
        return may and (recipient is None or not recipient.disclosures.exists())

    def get_actions(self, request: HttpRequest) -> Any:
        """Without deleting many: whoever was given something stays."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """With its figures, and what is not sent and why."""
        extra = dict(extra_context or {})
        if object_id and object_id.isdecimal():
            now, pk = utc_now(), int(object_id)
            extra["figures"] = queries.figures_of([pk], now)[pk]
            extra["reasons"] = [(in_words(code), count) for code, count in queries.reasons_of(pk, now)]
            extra["tests"] = Delivery.objects.filter(recipient_id=pk, topic=TEST).order_by("-made_at")[:3]
            extra["hears_of"] = _hears_of(pk)
            extra["replays"] = REPLAYS.items()
            extra["may_change"] = self.has_change_permission(request)
            extra["deliveries_url"] = f"{reverse('admin:recipients_delivery_changelist')}?recipient__id__exact={pk}"
        return super().changeform_view(request, object_id, form_url, extra)

    def test_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send a test, and say what came of it."""
        recipient = self._changed(request, pk)
        back = reverse("admin:recipients_recipient_change", args=[pk])
        if request.method == "POST":
            sent = services.send_test(recipient, now=utc_now())
            if sent.state == Delivery.State.SENT:
                messages.success(request, f"{recipient.name} took the test (status {sent.status}).")
            else:
                messages.error(request, f"{recipient.name} did not take the test: {in_words(sent.reason)}.")
        return HttpResponseRedirect(back)

    def secret_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Change the secret, once it was confirmed; the new one is shown once."""
        recipient = self._changed(request, pk)
        back = reverse("admin:recipients_recipient_change", args=[pk])
        asked = confirmed(
            request,
            title=f"New secret for {recipient.name}",
            consequence="Deliveries are signed with both secrets for 24 hours, then with the new one only. Give it to"
            " the recipient within that time.",
            button="Make a new secret",
            back=back,
        )
        if asked is not None:
            return asked
        secret = services.rotate_secret(pk, now=utc_now())
        messages.warning(request, f"Copy this secret to the recipient now, it is not shown again: {secret}")
        return HttpResponseRedirect(back)

    def replay_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send again what it got in the last hours, once it was confirmed."""
        recipient = self._changed(request, pk)
        back = reverse("admin:recipients_recipient_change", args=[pk])
        hours = request.GET.get("hours", "")
        if hours not in REPLAYS:
            messages.error(request, "Choose since when it is to be sent again.")
            return HttpResponseRedirect(back)
        now = utc_now()
        since = now - timedelta(hours=int(hours))
        count = Delivery.objects.filter(recipient_id=pk, made_at__gte=since, state__in=("sent", "failed")).count()
        asked = confirmed(
            request,
            title=f"Send the last {REPLAYS[hours]} to {recipient.name} again",
            consequence=f"Up to {count:,} deliveries go out again, each under the id it had (so a recipient that has it"
            " can tell) and only if its person allows it now. What the law had it told is not repeated.",
            button="Send again",
            back=back,
        )
        if asked is not None:
            return asked
        record_audit(request.user, "replayed deliveries", f"recipient:{pk}", f"since {since.isoformat()}")  # type: ignore[arg-type]  # staff
        again = services.replay(pk, since=since, until=now, now=now)
        messages.info(request, f"{again:,} deliveries wait to be sent again.")
        return HttpResponseRedirect(back)

    def present_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the present members of a segment, once it was confirmed."""
        recipient = self._changed(request, pk)
        back = reverse("admin:recipients_recipient_change", args=[pk])
        asked_for = request.GET.get("segment", "")
        segment = next((one for one in _hears_of(pk) if str(one[0]) == asked_for), None)
        if segment is None:
            messages.error(request, f"{recipient.name} does not hear of that segment.")
            return HttpResponseRedirect(back)
        who = "1 person who is" if segment[2] == 1 else f"{segment[2]:,} people who are"
        asked = confirmed(
            request,
            title=f"Send the present members of “{segment[1]}”",
            consequence=f"{recipient.name} is told of {who} in it now, each only if they allow it when it is sent.",
            button="Send them",
            back=back,
        )
        if asked is not None:
            return asked
        try:
            job = services.start_presenting(recipient, segment[0], by=request.user)  # type: ignore[arg-type]  # staff
        except services.NotTold as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(back)
        url = reverse("admin:jobs_job_change", args=[job.pk])
        messages.info(request, format_html('Deliveries are being written: <a href="{}">see how far it is</a>.', url))
        return HttpResponseRedirect(back)

    def _changed(self, request: HttpRequest, pk: int) -> Recipient:
        recipient = Recipient.objects.filter(pk=pk).first()
        if not self.has_change_permission(request, recipient):
            raise PermissionDenied
        if recipient is None:
            raise Http404
        return recipient

    @admin.display(description="told")
    def told(self, recipient: Recipient) -> str:
        """Which topics."""
        return ", ".join(recipient.topics) or "nothing but duties"

    @admin.display(description="last 30 days")
    def last_30_days(self, recipient: Recipient) -> SafeString | str:
        """Sent and not sent, as a link to the deliveries."""
        figures = recipient.__dict__.get("figures", queries.Figures())
        if not figures.total:
            return "–"
        url = reverse("admin:recipients_delivery_changelist")
        return format_html(
            '<a class="underline" href="{}?recipient__id__exact={}">{} sent, {} not allowed</a>',
            url,
            recipient.pk,
            f"{figures.sent:,}",
            f"{figures.suppressed:,}",
        )

    @admin.display(description="health")
    def health(self, recipient: Recipient) -> SafeString:
        """Whether it takes what it is sent."""
        figures = recipient.__dict__.get("figures", queries.Figures())
        if recipient.failures:
            return format_html('<span class="h-tag h-tag-bad">does not answer ({} in a row)</span>', recipient.failures)
        if figures.failed:
            return format_html('<span class="h-tag h-tag-warn">{} given up</span>', f"{figures.failed:,}")
        return format_html('<span class="h-tag h-tag-ok">{}</span>', "takes all" if figures.sent else "not used yet")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """What each recipient was told, or why it was not."""

    list_display = ("topic", "recipient", "outcome", "why", "attempts", "made_at", "finished_at")
    list_filter = ("state", "recipient", "topic")
    list_select_related = ("recipient",)
    search_fields = ("=profile_id", "=identifier_id", "=consent_entry_id")
    search_help_text = "A profile's id, or the number of an identifier or of a ledger entry"
    ordering = ("-made_at",)
    show_full_result_count = False
    paginator = InfinitePaginator
    fields = (
        *("recipient", "topic", "outcome", "why", "entry", "attempts", "status", "made_at", "next_at", "finished_at"),
        *("key", "profile", "identifier_id", "replays", "told", "log"),
    )
    actions = ("try_again",)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """An id or a number; any other word finds nothing."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if term.isdecimal():
            return queryset.filter(Q(identifier_id=int(term)) | Q(consent_entry_id=int(term))), False
        try:
            return queryset.filter(profile_id=UUID(term)), False
        except ValueError:
            return queryset.none(), False

    @admin.display(description="state", ordering="state")
    def outcome(self, row: Delivery) -> SafeString:
        """The state with its color and words."""
        tags = {"sent": "h-tag-ok", "failed": "h-tag-bad", "suppressed": "h-tag-warn"}
        return format_html('<span class="h-tag {}">{}</span>', tags.get(row.state, ""), row.get_state_display())

    @admin.display(description="why")
    def why(self, row: Delivery) -> str:
        """The reason in words; duties are said to be."""
        if row.reason:
            return in_words(row.reason)
        return "told by law" if row.topic in DUTIES else "–"

    @admin.display(description="ledger entry")
    def entry(self, row: Delivery) -> SafeString | str:
        """What allowed or forbade it."""
        if row.consent_entry_id is None:
            return "none: the default of the person's law" if row.state in ("sent", "suppressed") else "–"
        url = reverse("admin:consent_entry_change", args=[row.consent_entry_id])
        return format_html('<a class="underline" href="{}">entry {}</a>', url, row.consent_entry_id)

    @admin.display(description="profile")
    def profile(self, row: Delivery) -> SafeString | str:
        """Whose it was."""
        if row.profile_id is None:
            return "–"
        return format_html(
            '<a class="underline" href="{}">{}</a>',
            reverse("admin:profiles_profile_change", args=[row.profile_id]),
            row.profile_id,
        )

    @admin.display(description="facts")
    def told(self, row: Delivery) -> SafeString | str:
        """Ids and codes; what was sent of the person is kept nowhere."""
        return pretty_json(row.facts)

    @admin.display(description="tries")
    def log(self, row: Delivery) -> SafeString | str:
        """Every try with its answer, the latest first."""
        tries = Attempt.objects.filter(delivery=row).order_by("-at", "-pk")[:50]
        lines = [(f"{date(localtime(one.at), 'j M Y H:i:s')}", _answer(one), f"{one.took_ms:,} ms") for one in tries]
        return format_html_join("", "<div>{}: {} ({})</div>", lines) or "none yet"

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Who may change recipients may have them told again."""
        return bool(getattr(request.user, "has_perm", lambda _: False)("recipients.change_recipient"))

    @admin.action(description="Try again", permissions=["retry"])
    def try_again(self, request: HttpRequest, rows: QuerySet[Delivery]) -> None:
        """Only what was given up; each is asked at the gate once more."""
        count = services.retry(list(rows.values_list("pk", flat=True)), now=utc_now())
        messages.info(request, f"{count:,} of the chosen had been given up and will be tried again.")
