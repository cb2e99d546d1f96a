"""The imports' door: a file in one request, then its state, and its rejected rows."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.http import HttpRequest, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cdp.access.api.permissions import HasScope
from cdp.access.services import record_audit
from cdp.lib.problems import Problem
from imports import queries, services
from imports.api.shaping import shaped
from imports.contracts import KINDS, MappingIncomplete, WrongFile, WrongState
from imports.models import Import
from imports.rejects_csv import rejects_csv

PIECE = 1024 * 1024
STARTS = ("import", "check", "no")
QUERY = [
    OpenApiParameter("kind", OpenApiTypes.STR, required=True, enum=KINDS),
    OpenApiParameter("name", OpenApiTypes.STR, description="The file's name; a multipart file has its own."),
    OpenApiParameter("start", OpenApiTypes.STR, enum=STARTS, description="What to begin: import (default), check, no."),
    OpenApiParameter("mapping", OpenApiTypes.STR, description='JSON: {"column": "target"}, e.g. {"E-Mail": "email"}.'),
    OpenApiParameter(
        "options", OpenApiTypes.STR, description='JSON, e.g. {"zone": "Europe/Berlin", "day_first": true}.'
    ),
]


class AnyBody(BaseParser):
    """Leaves the body alone: the view streams it."""

    media_type = "*/*"


class ImportsView(APIView):
    """POST /v1/imports: take a file and begin."""

    permission_classes = (HasScope("imports:write"),)
    parser_classes = (AnyBody,)

    @extend_schema(
        operation_id="imports_create",
        summary="Upload a file and import it",
        parameters=QUERY,
        request={"text/csv": OpenApiTypes.BINARY, "multipart/form-data": OpenApiTypes.BINARY},
        responses={201: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request) -> Response:
        """The file as the body, or as a form's part `file`. Columns are mapped as given, as last time, or by name."""
        asked = request.query_params
        kind, start = asked.get("kind", ""), asked.get("start", "import")
        if kind not in KINDS or start not in STARTS:
            detail = f"?kind= is one of {', '.join(KINDS)}; ?start= one of {', '.join(STARTS)}."
            raise Problem("import_kind", "Kind or start unknown", 400, detail)
        mapping, options = _json(asked, "mapping"), _json(asked, "options")
        try:
            name, pieces = _body(request._request, asked.get("name", "upload"))
            job = services.draft(services.keep(pieces), kind=kind, name=name)
            _begin(job, start, mapping, options)
        except services.FileTooLarge as error:
            raise Problem("file_too_large", "The file is too large", 413, str(error)) from None
        except WrongFile as error:
            raise Problem("import_unreadable", "The file cannot be read", 400, error.detail) from None
        job.refresh_from_db()
        return Response(shaped(job), status=201, headers={"Location": f"/v1/imports/{job.pk}"})


class ImportView(APIView):
    """GET /v1/imports/{id}."""

    permission_classes = (HasScope("imports:write"),)

    @extend_schema(operation_id="imports_read", summary="How an import goes", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, import_id: UUID) -> Response:
        """State, progress, what a check found, counts."""
        return Response(shaped(_found(import_id)))


class RunView(APIView):
    """POST /v1/imports/{id}/run: import what was checked, or go on with what was stopped."""

    permission_classes = (HasScope("imports:write"),)

    @extend_schema(
        operation_id="imports_run",
        summary="Import a file that was checked",
        request=None,
        responses={202: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request, import_id: UUID) -> Response:
        """Queue the import."""
        job = _found(import_id)
        try:
            services.start_run(job)
        except MappingIncomplete as error:
            raise _incomplete(job, error) from None
        except WrongState as error:
            raise Problem("import_state", "Not now", 409, str(error)) from None
        return Response(shaped(job), status=202)


class RejectsView(APIView):
    """GET /v1/imports/{id}/rejects.csv."""

    permission_classes = (HasScope("imports:write"),)

    @extend_schema(
        operation_id="imports_rejects",
        summary="Rejected rows with their reasons",
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request, import_id: UUID) -> StreamingHttpResponse:
        """The file's columns, then reject_row, reject_code, reject_reason, reject_line."""
        job = _found(import_id)
        record_audit(None, "download rejected rows", f"import:{job.pk}", "by the API")
        found = ((one.row, one.code, one.reason, one.raw) for one in queries.rejects(job.pk))
        return StreamingHttpResponse(rejects_csv(job.names, found), content_type="text/csv; charset=utf-8")


def _found(import_id: UUID) -> Import:
    job = queries.find(import_id)
    if job is None:
        raise Problem("not_found", "There is no such import", 404)
    return job


def _begin(job: Import, start: str, mapping: dict[str, Any], options: dict[str, Any]) -> None:
    try:
        services.choose(job, mapping, options)
        if start != "no":
            (services.start_run if start == "import" else services.start_check)(job)
    except MappingIncomplete as error:
        if start != "no":
            raise _incomplete(job, error) from None


def _incomplete(job: Import, error: MappingIncomplete) -> Problem:
    detail = f"Import {job.pk} waits to be mapped in the admin. Or upload it again with ?mapping= and ?options=."
    faults = [{"field": column, "reason": "mapping", "detail": sentence} for column, sentence in error.faults]
    return Problem("import_mapping", "The columns cannot be imported as they are mapped", 400, detail, faults)


def _body(request: HttpRequest, name: str) -> tuple[str, Iterator[bytes]]:
    if (request.content_type or "") == "multipart/form-data":
        file = request.FILES.get("file")
        if file is None:
            raise Problem("import_file", "The form has no file", 400, "Send it as the part `file`.")
        return file.name or name, iter(file.chunks(PIECE))
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if declared.isdigit() and int(declared[:18]) > settings.IMPORT_MAX_BYTES:
        raise services.FileTooLarge(settings.IMPORT_MAX_BYTES)
    return name, iter(lambda: request.read(PIECE), b"")


def _json(asked: Any, name: str) -> dict[str, Any]:
    if not asked.get(name):
        return {}
    try:
        return msgspec.json.decode(asked[name], type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise Problem("import_options", f"?{name}= is no JSON object", 400, str(error)) from None
