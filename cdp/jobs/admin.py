"""Jobs in the admin: read-only rows with progress, and the actions cancel and run again."""

from typing import cast

from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import display

from cdp.jobs import queries, services
from cdp.jobs.models import Job
from cdp.lib.admin_parts import pretty_json
from cdp.lib.clock import utc_now


@admin.register(Job)
class JobAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """What runs, how far it is, and how it ended."""

    list_display = ("kind", "shown_state", "progress", "pace", "created_at", "created_by")
    list_filter = ("state", "kind")
    search_fields = ("id", "kind", "note")
    ordering = ("-created_at",)
    list_select_related = ("created_by",)
    actions = ("cancel_jobs", "run_again")
    fields = (
        *("kind", "shown_state", "progress", "pace", "note", "error", "shown_params", "shown_result"),
        *("created_by", "created_at", "started_at", "finished_at", "heartbeat_at", "attempts", "lost", "id"),
    )
    readonly_fields = fields

    @admin.display(description="params")
    def shown_params(self, job: Job) -> SafeString | str:
        """What it was asked to do."""
        return pretty_json(job.params)

    @admin.display(description="result")
    def shown_result(self, job: Job) -> SafeString | str:
        """What it did."""
        return pretty_json(job.result)

    @display(  # type: ignore[untyped-decorator]
        description="state",
        label={"Done": "success", "Running": "info", "Queued": "info", "Failed": "danger", "Cancelled": "warning"},
    )
    def shown_state(self, job: Job) -> str:
        """Queued, running, done, failed or cancelled."""
        return str(job.get_state_display())

    @admin.display(description="how it goes")
    def pace(self, job: Job) -> str:
        """Rate and time left while it runs; how long it took, or why it failed, after."""
        return queries.pace(job, utc_now())

    @admin.display(description="progress")
    def progress(self, job: Job) -> SafeString | str:
        """A bar, or the count while the total is unknown."""
        share = queries.share_done(job)
        if share is None:
            return f"{job.done:,}"
        bar = '<progress max="100" value="{}" aria-label="progress" class="h-progress"></progress> {}'
        return format_html(bar, round(share * 100), f"{share:.0%}")

    @admin.action(description="Cancel", permissions=["steer"])
    def cancel_jobs(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        """Stop queued jobs at once, running ones at their next step."""
        count = services.cancel(jobs.values_list("pk", flat=True))
        messages.info(request, f"{count} of the chosen jobs cancelled or asked to stop.")

    @admin.action(description="Run again", permissions=["steer"])
    def run_again(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        """Enqueue new jobs with the same parameters."""
        for job in jobs:
            services.enqueue(job.kind, job.params, created_by=cast(AbstractBaseUser, request.user))
        messages.info(request, f"{len(jobs)} enqueued.")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Jobs start where their subject lives."""
        return False

    def has_steer_permission(self, request: HttpRequest) -> bool:
        """Who may change jobs may cancel them and run them again."""
        return cast(User, request.user).has_perm("jobs.change_job")

    def has_change_permission(self, request: HttpRequest, job: Job | None = None) -> bool:
        """The worker writes it; staff steer by actions."""
        return False

    def has_delete_permission(self, request: HttpRequest, job: Job | None = None) -> bool:
        """What was done stays on record."""
        return False
