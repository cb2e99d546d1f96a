"""The pages of imports: the list, the upload, and one page an import has from its mapping to its result."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin
from unfold.decorators import display

from cdp.access.services import record_audit
from imports import queries, services
from imports.admin.choosing import columns_in, options_in
from imports.admin.showing import mapping_shown, progress_sentence, report_shown, result_shown
from imports.contracts import KINDS, MappingIncomplete, WrongFile, WrongState
from imports.models import Import
from imports.rejects_csv import rejects_csv
from imports.services import files
from imports.starters import STARTERS, TEACHING

PIECE = 1024 * 1024
RIGHT = "imports.change_import"
State = Import.State


@admin.register(Import)
class ImportAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Files on their way in."""

    list_display = ("name", "kind", "shown_state", "rows", "sent", "duplicates", "rejected", "created_at", "created_by")
    list_filter = ("kind", "state")
    search_fields = ("name", "id")
    ordering = ("-created_at",)
    list_select_related = ("created_by",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Import]:
        """Lists never read the documents."""
        found: QuerySet[Import] = super().get_queryset(request)
        return found.defer("preview", "report", "mapping", "names", "options")

    @display(  # type: ignore[untyped-decorator]
        description="state",
        label={
            "Done": "success",
            "Importing": "info",
            "Checking": "info",
            "Checked": "info",
            "Failed": "danger",
            "Cancelled": "warning",
            "To be mapped": "warning",
        },
    )
    def shown_state(self, job: Import) -> str:
        """Where it stands."""
        return str(job.get_state_display())

    def get_urls(self) -> list[URLPattern]:
        """The pages beside Django's own."""
        pages = (
            ("starter/<str:kind>.csv", self.starter, "starter"),
            ("<uuid:import_id>/mapping/", self.mapping, "mapping"),
            ("<uuid:import_id>/run/", self.run, "run"),
            ("<uuid:import_id>/cancel/", self.cancel, "cancel"),
            ("<uuid:import_id>/progress.json", self.progress, "progress"),
            ("<uuid:import_id>/rejects.csv", self.rejects, "rejects"),
        )
        own = [
            path(route, self.admin_site.admin_view(view), name=f"imports_import_{name}") for route, view, name in pages
        ]
        return [*own, *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Upload a file: as a form, or as a bare body by the page's script."""
        if not self.has_add_permission(request):
            raise PermissionDenied("Only those who may import files may upload them.")
        if request.method != "POST":
            return self._upload_page(request)
        is_script = request.headers.get("X-Requested-With") == "upload"
        try:
            kind, name, pieces = _uploaded(request, is_bare=is_script)
            job = services.draft(services.keep(pieces), kind=kind, name=name, created_by=_user(request))
        except (WrongFile, services.FileTooLarge) as error:
            problem = error.detail if isinstance(error, WrongFile) else str(error)
            if is_script:
                return JsonResponse({"problem": problem}, status=400)
            return self._upload_page(request, problem=problem, status=400)
        here = _page_of(job)
        return JsonResponse({"url": here}) if is_script else HttpResponseRedirect(here)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """An import's page, from its mapping to its result."""
        try:
            job = self._found(request, UUID(object_id))
        except ValueError:
            raise Http404 from None
        return self._page(request, job)

    def mapping(self, request: HttpRequest, import_id: UUID) -> HttpResponse:
        """POST the mapping form: `do` is preview (a piece of the page), save, check or import."""
        job = self._steered(request, import_id)
        columns = columns_in(job, request.POST)
        options, problems = options_in(job, request.POST)
        do = request.POST.get("do", "save")
        if do == "preview":
            context = {"mapping": mapping_shown(job, columns, options), "job": job, "wrong": problems}
            return TemplateResponse(request, "imports/columns.html", context)
        try:
            if problems:
                raise MappingIncomplete([("", sentence) for sentence in problems])
            services.remember_choice(job, columns, options)
            if do == "check":
                services.start_check(job, created_by=_user(request))
            elif do == "import":
                services.start_run(job, created_by=_user(request))
        except (MappingIncomplete, WrongState, WrongFile) as error:
            if do != "save" or not isinstance(error, MappingIncomplete):
                messages.error(request, str(error) or getattr(error, "detail", ""))
        return HttpResponseRedirect(_page_of(job))

    def run(self, request: HttpRequest, import_id: UUID) -> HttpResponse:
        """Import what was checked, or go on with what was stopped."""
        job = self._steered(request, import_id)
        try:
            services.start_run(job, created_by=_user(request))
        except (MappingIncomplete, WrongState) as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(_page_of(job))

    def cancel(self, request: HttpRequest, import_id: UUID) -> HttpResponse:
        """Stop; what is imported stays, and it can go on later."""
        job = self._steered(request, import_id)
        try:
            services.cancel(job)
        except WrongState as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(_page_of(job))

    def progress(self, request: HttpRequest, import_id: UUID) -> HttpResponse:
        """What the page asks for every second."""
        return JsonResponse(progress_sentence(self._found(request, import_id)), headers={"Cache-Control": "no-store"})

    def rejects(self, request: HttpRequest, import_id: UUID) -> HttpResponseBase:
        """Rejected rows with their reasons. The download is audited: it holds the rows as they were."""
        job = self._found(request, import_id)
        if not request.user.has_perm(RIGHT):
            raise PermissionDenied("Only those who may import files may download their rows.")
        record_audit(_user(request), "download rejected rows", f"import:{job.pk}")
        found = ((one.row, one.code, one.reason, one.raw) for one in queries.rejects(job.pk))
        headers = {"Content-Disposition": f'attachment; filename="rejected-{job.kind}-{job.pk}.csv"'}
        return StreamingHttpResponse(
            rejects_csv(job.names, found), content_type="text/csv; charset=utf-8", headers=headers
        )

    def starter(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        """A file to begin from."""
        if kind not in STARTERS:
            raise Http404
        headers = {"Content-Disposition": f'attachment; filename="{kind}.csv"'}
        return HttpResponse("\ufeff" + STARTERS[kind], content_type="text/csv; charset=utf-8", headers=headers)

    def has_delete_permission(self, request: HttpRequest, obj: Import | None = None) -> bool:
        """With the right, except while it is worked on."""
        busy = obj is not None and obj.state in (State.CHECKING, State.RUNNING)
        return not busy and bool(super().has_delete_permission(request, obj))

    def delete_model(self, request: HttpRequest, obj: Import) -> None:
        """With its file."""
        files.forget(obj.path)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Import]) -> None:
        """With their files; what is worked on stays."""
        idle = queryset.exclude(state__in=(State.CHECKING, State.RUNNING))
        for name in idle.values_list("path", flat=True):
            files.forget(name)
        super().delete_queryset(request, idle)

    def _found(self, request: HttpRequest, import_id: UUID) -> Import:
        job = queries.find(import_id)
        if job is None:
            raise Http404
        if not self.has_view_permission(request, job):
            raise PermissionDenied("Only those who may import files may see them.")
        return job

    def _steered(self, request: HttpRequest, import_id: UUID) -> Import:
        """The import, for a POST of somebody who may import."""
        job = self._found(request, import_id)
        if request.method != "POST" or not request.user.has_perm(RIGHT):
            raise PermissionDenied("Only those who may import files may do that, by the page's buttons.")
        return job

    def _upload_page(self, request: HttpRequest, problem: str = "", status: int = 200) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Upload a file",
            "opts": self.opts,
            "kinds": [(kind, *TEACHING[kind]) for kind in KINDS],
            "chosen": request.GET.get("kind", "people"),
            "problem": problem,
            "most_bytes": settings.IMPORT_MAX_BYTES,
        }
        return TemplateResponse(request, "imports/upload.html", context, status=status)

    def _page(self, request: HttpRequest, job: Import) -> HttpResponse:
        may_map = job.state in (State.DRAFT, State.CHECKED, State.FAILED, State.CANCELLED) and not job.rows and job.path
        columns, options = queries.columns_of(job), queries.options_of(job)
        context = {
            **self.admin_site.each_context(request),
            "title": job.name,
            "opts": self.opts,
            "original": job,
            "job": job,
            "may": request.user.has_perm(RIGHT),
            "mapping": mapping_shown(job, columns, options) if may_map else None,
            "report": report_shown(job),
            "result": result_shown(job) if job.rows or job.state == State.DONE else None,
            "progress": progress_sentence(job),
            "is_busy": job.state in (State.CHECKING, State.RUNNING),
            "is_processing": job.state == State.DONE and job.settled_at is None,
            "may_go_on": bool(job.rows) and job.state in (State.FAILED, State.CANCELLED) and bool(job.path),
            "keep_days": settings.IMPORT_KEEP_DAYS,
        }
        return TemplateResponse(request, "imports/page.html", context)


def _uploaded(request: HttpRequest, *, is_bare: bool) -> tuple[str, str, Iterator[bytes]]:
    """(kind, file name, pieces). Raises WrongFile, FileTooLarge."""
    asked = request.GET if is_bare else request.POST
    kind = asked.get("kind", "")
    if kind not in KINDS:
        raise WrongFile("kind", "Choose what the file holds.")
    if is_bare:
        if int(request.headers.get("Content-Length") or 0) > settings.IMPORT_MAX_BYTES:
            raise services.FileTooLarge(files.too_large())
        return kind, asked.get("name", "upload"), iter(lambda: request.read(PIECE), b"")
    file = request.FILES.get("file")
    if file is None:
        raise WrongFile("file", "Choose a file.")
    return kind, file.name or "upload", iter(file.chunks(PIECE))


def _page_of(job: Import) -> str:
    return reverse("admin:imports_import_change", args=[job.pk])


def _user(request: HttpRequest) -> AbstractBaseUser | None:
    return request.user if request.user.is_authenticated else None
