"""Files of members by API: asked for, followed and fetched, under a scope of their own."""

from uuid import UUID

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cdp.lib.problems import Problem
from segments import services
from segments.api import schema
from segments.api.base import EXPORT, SegmentsView, Strict, given, key_id_of, may_see_people, segment_of
from segments.api.people import require_people
from segments.api.shaping import export_shown
from segments.members_csv import MOST_COLUMNS, SINCE, USUAL, is_personal
from segments.models import MemberExport
from segments.services import files

ALL = {"GET": EXPORT, "POST": EXPORT}


class ExportIn(Strict):
    """Which columns, for which purpose."""

    columns = serializers.ListField(
        child=serializers.CharField(max_length=200),
        required=False,
        max_length=MOST_COLUMNS,
        help_text="profile_id (always first), since, identifier:email, trait:first_name, computed:rfm.group, …",
    )
    purpose = serializers.CharField(
        max_length=50, required=False, help_text="Who does not allow it is left out; the segment's own if absent."
    )


class ExportsView(SegmentsView):
    """POST /v1/segments/{slug}/exports."""

    scopes = ALL

    @schema.call(
        "export",
        "Write a file of a segment's members",
        {202: schema.EXPORT},
        schema.SLUG,
        body=ExportIn,
        example={"columns": ["identifier:email", "trait:first_name"], "purpose": "email_marketing"},
    )
    def post(self, request: Request, slug: str) -> Response:
        """A job writes it; who asked stands in the audit log. Identifiers and traits need profiles:read as well."""
        wanted = given(ExportIn, request)
        columns = wanted.get("columns", USUAL if may_see_people(request) else (SINCE,))
        if any(is_personal(one) for one in columns):
            require_people(request)
        export = services.start_export(
            segment_of(slug), columns, purpose=wanted.get("purpose", ""), key_id=key_id_of(request)
        )
        return Response(export_shown(export, _url(slug, export)), status=202)


class ExportView(SegmentsView):
    """GET /v1/segments/{slug}/exports/{id}."""

    scopes = ALL

    @schema.call("export_read", "How a file of members goes", {200: schema.EXPORT}, schema.SLUG)
    def get(self, request: Request, slug: str, export_id: UUID) -> Response:
        """State, people in it, people left out by reason, and until when it is there."""
        export = _export(slug, export_id)
        return Response(export_shown(export, _url(slug, export)))


class FileView(SegmentsView):
    """GET /v1/segments/{slug}/exports/{id}/members.csv."""

    scopes = ALL

    @schema.call("export_file", "Fetch a file of members", {(200, "text/csv"): OpenApiTypes.STR}, schema.SLUG)
    def get(self, request: Request, slug: str, export_id: UUID) -> FileResponse:
        """UTF-8 with a byte order mark; no cell is a formula. 404 once it was deleted.

        One with identifiers or traits needs profiles:read as well.
        """
        export = _export(slug, export_id)
        if any(is_personal(one) for one in export.columns):
            require_people(request)
        try:
            file = files.absolute(export.path).open("rb") if export.path and export.state == "done" else None
        except FileNotFoundError:
            file = None
        if file is None:
            raise Problem("not_found", "The file is not there", 404, f"It is {export.get_state_display().lower()}.")
        services.note_download(export, key_id=key_id_of(request))
        response = FileResponse(file, as_attachment=True, filename=f"{slug}-members.csv")
        response["Content-Type"] = "text/csv; charset=utf-8"
        response["Cache-Control"] = "no-store"
        return response


def _export(slug: str, export_id: UUID) -> MemberExport:
    found = MemberExport.objects.filter(pk=export_id, segment__slug=slug).first()
    if found is None:
        raise Problem("not_found", "There is no such export of this segment", 404)
    return found


def _url(slug: str, export: MemberExport) -> str:
    return f"/v1/segments/{slug}/exports/{export.pk}/members.csv"
