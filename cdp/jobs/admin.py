"""Jobs in the admin: read-only rows with progress, and the actions cancel and run again."""

from typing import cast

from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from cdp.jobs import queries, services
from cdp.jobs.models import Job


@admin.register(Job)
class JobAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """What runs, how far it is, and how it ended."""

    list_display = ("kind", "state", "progress", "note", "created_at", "started_at", "finished_at", "created_by")
    list_filter = ("state", "kind")
    search_fields = ("id", "kind", "note")
    ordering = ("-created_at",)
    list_select_related = ("created_by",)
    actions = ("cancel_jobs", "run_again")

    @admin.display(description="progress")
    def progress(self, job: Job) -> SafeString | str:
        """A bar, or the count while the total is unknown."""
        share = queries.share_done(job)
        if share is None:
            return f"{job.done:,}"
        return format_html('<progress max="100" value="{}"></progress> {}', round(share * 100), f"{share:.0%}")

    @admin.action(description="Cancel", permissions=["change"])
    def cancel_jobs(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        """Stop queued jobs at once, running ones at their next step."""
        count = services.cancel(jobs.values_list("pk", flat=True))
        messages.info(request, f"{count} of the chosen jobs cancelled or asked to stop.")

    @admin.action(description="Run again", permissions=["change"])
    def run_again(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        """Enqueue new jobs with the same parameters."""
        for job in jobs:
            services.enqueue(job.kind, job.params, created_by=cast(AbstractBaseUser, request.user))
        messages.info(request, f"{len(jobs)} enqueued.")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Jobs start where their subject lives."""
        return False

    def get_readonly_fields(self, request: HttpRequest, job: Job | None = None) -> tuple[str, ...]:
        """All of them."""
        return tuple(field.name for field in Job._meta.fields)
