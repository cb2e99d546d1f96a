"""Feeds in the admin: where products come from and when, a look at the first rows, and what every run did.

What staff change, pull, upload, stop or decide stands in the audit log; a header's value never does.
"""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.views import ChangeList

from cdp.access.services import record_audit
from cdp.jobs.queries import find
from cdp.lib.admin_parts import ReadOnlyAdmin, confirmed
from cdp.lib.clock import utc_now
from cdp.lib.kept_files import FileTooLarge
from cdp.lib.moments import moment
from commerce.admin.feed_form import FeedForm, mapping_in
from commerce.feeds import UnreadableFeed
from commerce.feeds.mapping import TARGETS
from commerce.feeds.schedule import in_words
from commerce.models import CatalogFeed, FeedRun, Product
from commerce.services import feeds as services

RIGHT = "commerce.change_catalogfeed"
STATES = {
    "Done": "success",
    "Not changed": "success",
    "Reading": "info",
    "Waiting": "info",
    "Held: asks staff": "warning",
    "Failed": "danger",
    "Cancelled": "warning",
}
SETTINGS = (
    *("name", "url", "format", "mapping", "currency", "header_name", "header_value", "every_minutes", "at_time"),
    *("enabled", "missing"),
)
RUNS = 20
PIECE = 1024 * 1024


class FeedList(ChangeList):  # type: ignore[misc]  # unfold has no types
    """Puts each feed's latest run on it, and the latest that read a file: two statements for the page."""

    def get_results(self, request: HttpRequest) -> None:
        """The page's rows with `latest` and `read`."""
        super().get_results(request)
        rows: list[CatalogFeed] = list(self.result_list)  # type: ignore[has-type]
        newest = FeedRun.objects.filter(feed__in=[row.pk for row in rows]).order_by("feed", "-queued_at")
        newest = newest.distinct("feed").defer("samples", "reasons")
        latest = {run.feed_id: run for run in newest}
        read = {run.feed_id: run for run in newest.filter(place__gt=0)}
        for row in rows:
            row.__dict__["latest"], row.__dict__["read"] = latest.get(row.pk), read.get(row.pk)
        self.result_list = rows


@admin.register(CatalogFeed)
class CatalogFeedAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Where products come from."""

    list_display = ("name", "schedule", "shown_state", "last_run", "in_file", "enabled")
    search_fields = ("name",)
    ordering = ("name",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """The list with the latest runs."""
        return FeedList

    def get_queryset(self, request: HttpRequest) -> QuerySet[CatalogFeed]:
        """The secret never leaves the database for a page."""
        found: QuerySet[CatalogFeed] = super().get_queryset(request)
        return found.defer("header_value")

    @admin.display(description="pulled")
    def schedule(self, feed: CatalogFeed) -> str:
        """In words."""
        return _schedule(feed) if feed.url else "uploaded by staff"

    @display(description="last run", label=STATES)  # type: ignore[untyped-decorator]
    def shown_state(self, feed: CatalogFeed) -> str:
        """How it went."""
        run = feed.__dict__.get("latest")
        return str(run.get_state_display()) if run else "–"

    @admin.display(description="when")
    def last_run(self, feed: CatalogFeed) -> SafeString | str:
        """When it was."""
        run = feed.__dict__.get("latest")
        return moment(run.queued_at if run else None)

    @admin.display(description="products in it")
    def in_file(self, feed: CatalogFeed) -> str:
        """Of the latest run that read a file: one whose file had not changed read none."""
        run = feed.__dict__.get("read")
        return f"{run.created + run.changed + run.same:,}" if run else "–"

    def get_urls(self) -> list[URLPattern]:
        """With what can be done to a feed."""
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/pull/", view(self.pull), name="commerce_catalogfeed_pull"),
            path("<int:pk>/upload/", view(self.upload), name="commerce_catalogfeed_upload"),
            path("<int:pk>/remove/", view(self.remove), name="commerce_catalogfeed_remove"),
            *super().get_urls(),
        ]

    def has_delete_permission(self, request: HttpRequest, obj: CatalogFeed | None = None) -> bool:
        """By a page of its own, which says what becomes of the products."""
        return False

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A new feed: looked at before it is saved."""
        if not self.has_add_permission(request):
            raise PermissionDenied("Only those who may add feeds may do this.")
        return self._page(request, CatalogFeed(created_by_id=request.user.pk))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """A feed: how it went lately, and its settings."""
        feed = CatalogFeed.objects.filter(pk=object_id).first() if object_id.isdecimal() else None
        if feed is None:
            raise Http404
        if not self.has_view_permission(request, feed):
            raise PermissionDenied("Only those who may see feeds may do this.")
        if request.method == "POST" and not self.has_change_permission(request, feed):
            raise PermissionDenied("Only those who may change feeds may do this.")
        return self._page(request, feed)

    def pull(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Pull now."""
        feed = self._steered(request, pk)
        try:
            run = services.start_pull(feed, utc_now(), by=_user(request))
        except (services.AlreadyRunning, UnreadableFeed) as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(_page_of(feed))
        _said(request, "pulled a feed", feed)
        return HttpResponseRedirect(_page_of_run(run))

    def upload(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take a file in."""
        feed = self._steered(request, pk)
        file = request.FILES.get("file")
        if file is None:
            messages.error(request, "Choose a file.")
            return HttpResponseRedirect(_page_of(feed))
        try:
            run = services.start_upload(feed, file.chunks(PIECE), utc_now(), by=_user(request))
        except (services.AlreadyRunning, FileTooLarge) as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(_page_of(feed))
        _said(request, "uploaded a file to a feed", feed)
        return HttpResponseRedirect(_page_of_run(run))

    def remove(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The feed and its runs go, its products stay."""
        feed = CatalogFeed.objects.filter(pk=pk).first()
        if feed is None:
            raise Http404
        if not request.user.has_perm("commerce.delete_catalogfeed"):
            raise PermissionDenied("Only those who may delete feeds may do this.")
        asked = confirmed(
            request,
            title=f"Remove the feed {feed.name}",
            consequence="It is pulled no more, and its runs are forgotten. Its products stay in the catalog.",
            button="Remove the feed",
            back=_page_of(feed),
        )
        if asked is not None:
            return asked
        for run in feed.runs.filter(state__in=FeedRun.OPEN):
            services.cancel_run(run, utc_now())
        _said(request, "removed a feed", feed)
        Product.objects.filter(feed=feed).update(feed=None)
        feed.delete()
        messages.success(request, f"The feed {feed.name} is removed.")
        return HttpResponseRedirect(reverse("admin:commerce_catalogfeed_changelist"))

    def _steered(self, request: HttpRequest, pk: int) -> CatalogFeed:
        feed = CatalogFeed.objects.filter(pk=pk).first()
        if feed is None:
            raise Http404
        if request.method != "POST" or not request.user.has_perm(RIGHT):
            raise PermissionDenied("Only those who may change feeds may do that, by the page's buttons.")
        return feed

    def _page(self, request: HttpRequest, feed: CatalogFeed) -> HttpResponse:
        posted = request.POST if request.method == "POST" else None
        form = FeedForm(posted, feed=feed)
        preview = None
        if posted is not None:
            before = _settings_of(feed)
            is_valid = form.is_valid()
            form.put(feed)
            feed.mapping = {**feed.mapping, **mapping_in(posted)}
            if posted.get("do") == "preview":
                preview = self._preview(request, form, feed)
            elif is_valid:
                self._save(request, feed, before)
                messages.success(request, f"The feed {feed.name} is saved.")
                return HttpResponseRedirect(_page_of(feed))
        return TemplateResponse(request, "commerce/feed.html", self._context(request, feed, form, preview))

    def _save(self, request: HttpRequest, feed: CatalogFeed, before: dict[str, Any]) -> None:
        """The settings alone: what runs note of the feed meanwhile stays."""
        is_new = feed.pk is None
        changed = [name for name, value in _settings_of(feed).items() if value != before[name]]
        feed.save(update_fields=None if is_new else SETTINGS)
        _said(request, "made a feed" if is_new else "changed a feed", feed, "" if is_new else ", ".join(changed))

    def _preview(self, request: HttpRequest, form: FeedForm, feed: CatalogFeed) -> services.Preview:
        """Of a file that was chosen, else of what stands at the address."""
        file = request.FILES.get("sample")
        if file is not None:
            return services.preview_of_file(file.chunks(PIECE), feed, utc_now())
        problems = [
            str(problem) for name in ("url", "header_name", "header_value") for problem in form.errors.get(name, ())
        ]
        if problems or not feed.url:
            return services.Preview(problem=" ".join(problems) or "Give an address, or choose a file to look at.")
        return services.preview_of_feed(feed, utc_now())

    def _context(
        self, request: HttpRequest, feed: CatalogFeed, form: FeedForm, preview: services.Preview | None
    ) -> dict[str, Any]:
        runs = list(feed.runs.order_by("-queued_at").defer("samples", "reasons")[:RUNS]) if feed.pk else []
        return {
            **self.admin_site.each_context(request),
            "title": CatalogFeed.objects.get(pk=feed.pk).name if feed.pk else "Add feed",
            "opts": self.opts,
            "original": feed if feed.pk else None,
            "feed": feed,
            "form": form,
            "preview": preview,
            "targets": TARGETS.items(),
            "runs": [(run, STATES.get(run.get_state_display(), "")) for run in runs],
            "is_open": bool(runs) and runs[0].state in FeedRun.OPEN,
            "held": next((run for run in runs if run.state == FeedRun.State.HELD), None),
            "last": next((run for run in runs if run.state not in FeedRun.OPEN), None),
            "schedule": _schedule(feed),
            "may": request.user.has_perm(RIGHT) if feed.pk else self.has_add_permission(request),
            "may_remove": bool(feed.pk) and request.user.has_perm("commerce.delete_catalogfeed"),
            "zone": settings.COMPANY_TIME_ZONE,
            "most_bytes": settings.FEED_MAX_BYTES,
        }


@admin.register(FeedRun)
class FeedRunAdmin(ReadOnlyAdmin):
    """What every run did."""

    list_display = ("feed", "shown_state", "queued_at", "created", "changed", "same", "rejected", "missing")
    list_filter = ("state", "feed")
    ordering = ("-queued_at",)
    list_select_related = ("feed",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[FeedRun]:
        """Lists never read the samples."""
        found: QuerySet[FeedRun] = super().get_queryset(request)
        return found.defer("samples", "reasons", "feed__header_value")

    @display(description="state", label=STATES)  # type: ignore[untyped-decorator]
    def shown_state(self, run: FeedRun) -> str:
        """How it went."""
        return str(run.get_state_display())

    def get_urls(self) -> list[URLPattern]:
        """With what can be done to a run."""
        view = self.admin_site.admin_view
        return [
            path("<uuid:pk>/progress.json", view(self.progress), name="commerce_feedrun_progress"),
            path("<uuid:pk>/cancel/", view(self.cancel), name="commerce_feedrun_cancel"),
            path("<uuid:pk>/settle/", view(self.settle), name="commerce_feedrun_settle"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """A run's page."""
        try:
            run = self._found(request, UUID(object_id))
        except ValueError:
            raise Http404 from None
        reasons = sorted(run.reasons.items(), key=lambda pair: -pair[1])
        examples = {sample["reason"]: sample["detail"] for sample in reversed(run.samples)}
        context = {
            **self.admin_site.each_context(request),
            "title": f"{run.feed.name}: a run",
            "opts": self.opts,
            "original": run,
            "run": run,
            "reasons": [(code, count, examples.get(code, "")) for code, count in reasons],
            "progress": _progress(run),
            "read": run.created + run.changed + run.same,
            "may": request.user.has_perm(RIGHT),
            "is_open": run.state in FeedRun.OPEN,
        }
        return TemplateResponse(request, "commerce/run.html", context)

    def progress(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """What the page asks for every second."""
        return JsonResponse(_progress(self._found(request, pk)), headers={"Cache-Control": "no-store"})

    def cancel(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Stop; what was taken stays."""
        run = self._steered(request, pk)
        if not services.cancel_run(run, utc_now()):
            messages.error(request, "The run has ended already.")
        else:
            _said(request, "stopped a run of a feed", run.feed)
        return HttpResponseRedirect(_page_of_run(run))

    def settle(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """What becomes of the missing products of a run that is held."""
        run = self._steered(request, pk)
        if request.POST.get("do") == "confirm":
            taken = services.confirm_missing(run, utc_now())
            _said(request, "took missing products away", run.feed, f"{taken} products")
            messages.success(request, f"{taken:,} products {run.feed.get_missing_display().replace('are', 'will be')}.")
        elif services.leave_missing(run, utc_now()):
            _said(request, "left missing products", run.feed)
            messages.success(request, "The products stay as they are.")
        return HttpResponseRedirect(_page_of_run(run))

    def _found(self, request: HttpRequest, pk: UUID) -> FeedRun:
        run = FeedRun.objects.select_related("feed").filter(pk=pk).first()
        if run is None:
            raise Http404
        if not self.has_view_permission(request, run):
            raise PermissionDenied("Only those who may see feeds may see their runs.")
        return run

    def _steered(self, request: HttpRequest, pk: UUID) -> FeedRun:
        run = self._found(request, pk)
        if request.method != "POST" or not request.user.has_perm(RIGHT):
            raise PermissionDenied("Only those who may change feeds may do that, by the page's buttons.")
        return run


def _progress(run: FeedRun) -> dict[str, Any]:
    """State, share and a line of text. Of how many there are the run before tells, roughly."""
    done = run.created + run.changed + run.same + run.repeated + run.rejected
    job = find(run.job_id) if run.job_id else None
    before = (
        run.feed.runs.filter(state__in=("done", "held"), queued_at__lt=run.queued_at).order_by("-queued_at").first()
    )
    words = [f"{done:,} items read"] if run.place else []
    share = None
    if run.place and before is not None and before.place:
        share = min(0.99, run.place / before.place)
    elif job is not None and job.total and not run.place:
        share = min(0.99, job.done / job.total)
        words.append(f"{job.done / 1e6:,.1f} of {job.total / 1e6:,.1f} MB fetched")
    if job is not None and job.note:
        words.append(job.note)
    return {"state": run.state, "share": share, "text": " · ".join(words) or "waits for a worker"}


def _schedule(feed: CatalogFeed) -> str:
    return in_words(feed.every_minutes, feed.at_time, settings.COMPANY_TIME_ZONE)


def _page_of(feed: CatalogFeed) -> str:
    return reverse("admin:commerce_catalogfeed_change", args=[feed.pk])


def _page_of_run(run: FeedRun) -> str:
    return reverse("admin:commerce_feedrun_change", args=[run.pk])


def _settings_of(feed: CatalogFeed) -> dict[str, Any]:
    return {name: getattr(feed, name) for name in SETTINGS}


def _said(request: HttpRequest, action: str, feed: CatalogFeed, detail: str = "") -> None:
    """In the audit log."""
    reason = f"{feed.name}: {detail}" if detail else feed.name
    record_audit(_user(request), action, f"feed:{feed.pk}", reason)


def _user(request: HttpRequest) -> AbstractBaseUser | None:
    return request.user if request.user.is_authenticated else None
