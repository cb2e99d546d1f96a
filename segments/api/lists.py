"""Static lists: people put on and taken off by request, by file, and as snapshots of segments."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from cdp.access.services import record_audit
from cdp.lib.clock import utc_now
from cdp.lib.problems import Problem
from imports.contracts import WrongFile
from imports.rejects_csv import rejects_csv
from segments import services
from segments.api import schema
from segments.api.base import Query, SegmentsView, Strict, bad, given, key_id_of, segment_of
from segments.api.people import MembersView
from segments.api.rules import SLUG, installed
from segments.api.shaping import fill_shown
from segments.models import ListFill
from segments.queries import lists
from segments.services import Changed, ListDraft
from segments.services.lists import BY_API, Entry
from segments.uploads import BadLayout, key_of, no_name

MOST_MEMBERS = 10_000
PIECE = 1024 * 1024
ENTRY = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": {"type": "string"}}
MEMBERS_BODY = {
    "application/json": {
        "type": "object",
        "required": ["members"],
        "properties": {"members": {"type": "array", "maxItems": MOST_MEMBERS, "items": ENTRY}},
    }
}
EXAMPLE = {"members": [{"email": "ada@example.com"}, {"user_id": "u1"}, {"profile_id": "0199f1c2-…"}]}
CHANGED = schema.thing("changed", "already", "unmatched")


class MembersIn(Strict):
    """People by one identifier each: {"email": …}, {"user_id": …}, {"profile_id": …} or any kind."""

    members = serializers.ListField(child=serializers.JSONField(allow_null=True), max_length=MOST_MEMBERS)


class SnapshotIn(Strict):
    """The list to be made of a segment's members."""

    slug = serializers.RegexField(SLUG, error_messages={"invalid": "Up to 50 of a-z, A-Z, 0-9, - and _."})
    name = serializers.CharField(max_length=120)
    at = serializers.DateTimeField(required=False, help_text="Who was in then; now where it is absent.")
    purpose = serializers.CharField(max_length=50, required=False, help_text="The segment's own where it is absent.")

    def validate_purpose(self, value: str) -> str:
        """A purpose that is installed."""
        return installed(value)


class ListMembersView(MembersView):
    """/v1/segments/{slug}/members: POST adds, PUT replaces all."""

    @schema.call("members_add", "Put people on a list", {200: CHANGED}, schema.SLUG, body=MEMBERS_BODY, example=EXAMPLE)
    def post(self, request: Request, slug: str) -> Response:
        """Whoever names nobody we know is told by place and reason. The same again changes nothing."""
        entries = _entries(request)
        found = services.put_entries(segment_of(slug).pk, entries, origin=BY_API, now=utc_now())
        return Response(_told(found))

    @schema.call(
        "members_replace",
        "Make a list hold these people",
        {200: CHANGED},
        schema.SLUG,
        body=MEMBERS_BODY,
        example=EXAMPLE,
    )
    def put(self, request: Request, slug: str) -> Response:
        """Others are taken off; `removed` tells how many."""
        entries = _entries(request)
        found, removed = services.replace_entries(segment_of(slug).pk, entries, origin=BY_API, now=utc_now())
        return Response(_told(found) | {"removed": removed})


class RemoveView(SegmentsView):
    """POST /v1/segments/{slug}/members/remove."""

    @schema.call(
        "members_remove", "Take people off a list", {200: CHANGED}, schema.SLUG, body=MEMBERS_BODY, example=EXAMPLE
    )
    def post(self, request: Request, slug: str) -> Response:
        """By whichever of their identifiers they stand on it."""
        return Response(_told(services.take_entries(segment_of(slug).pk, _entries(request), now=utc_now())))


class SnapshotView(SegmentsView):
    """POST /v1/segments/{slug}/snapshots."""

    @schema.call(
        "snapshot",
        "Keep who is in a segment, or was, as a list",
        {202: schema.thing("slug", "fill")},
        schema.SLUG,
        body=SnapshotIn,
        example={"slug": "vip-may", "name": "VIP on 3 May", "at": "2026-05-03T00:00:00Z"},
    )
    def post(self, request: Request, slug: str) -> Response:
        """The list is made at once and filled by a job; GET /v1/segments/{slug}/fills/{id} tells how far it is."""
        segment, wanted, now = segment_of(slug), given(SnapshotIn, request), utc_now()
        at = wanted.get("at") or now
        if at > now:
            raise bad("at", "at lies in the future.")
        draft = ListDraft(wanted["slug"], wanted["name"], wanted.get("purpose") or segment.purpose_id or "")
        with transaction.atomic():
            made = services.make_list(draft)
            fill = services.fill_from_segment(made, segment.pk, at=at, name=segment.name)
        return Response({"slug": draft.slug, "fill": fill_shown(fill)}, status=202)


class AnyBody(BaseParser):
    """Leaves the body alone: the view streams it."""

    media_type = "*/*"


class UploadView(SegmentsView):
    """POST /v1/segments/{slug}/uploads."""

    parser_classes = (AnyBody,)

    @schema.call(
        "upload",
        "Put the people of a file on a list",
        {202: schema.FILL},
        schema.SLUG,
        schema.query("column", "The column that names people; guessed where it is absent."),
        schema.query("kind", "By what: email, user_id, phone or your own id's name; guessed where it is absent."),
        schema.query("country", "Two letters, for phone numbers written without one."),
        schema.query("name", "The file's name."),
        body={"text/csv": OpenApiTypes.BINARY, "multipart/form-data": OpenApiTypes.BINARY},
    )
    def post(self, request: Request, slug: str) -> Response:
        """CSV, NDJSON or XLSX as the body, or as a form's part `file`; read by a job."""
        asked = Query(request.query_params, "column", "kind", "country", "name")
        segment = segment_of(slug)
        name, pieces = _body(request._request, asked.text("name") or "upload")
        fill = services.draft_upload(segment.pk, services.keep(pieces), name=name)
        try:
            services.choose(fill, column=asked.text("column"), kind=asked.text("kind"), country=asked.text("country"))
        except (BadLayout, WrongFile):
            services.forget_draft(fill)
            raise
        services.start_fill(fill)
        return Response(fill_shown(fill), status=202)


class FillView(SegmentsView):
    """GET /v1/segments/{slug}/fills/{id}."""

    @schema.call("fill", "How the filling of a list goes", {200: schema.FILL}, schema.SLUG)
    def get(self, request: Request, slug: str, fill_id: UUID) -> Response:
        """State and counts: rows = added + already + unmatched."""
        return Response(fill_shown(_fill(slug, fill_id)))


class UndoView(SegmentsView):
    """POST /v1/segments/{slug}/fills/{id}/undo."""

    @schema.call("fill_undo", "Take the last filling back", {200: schema.FILL}, schema.SLUG)
    def post(self, request: Request, slug: str, fill_id: UUID) -> Response:
        """Whom it put on the list is taken off; who stood there before stays."""
        fill = _fill(slug, fill_id)
        services.undo_fill(fill)
        return Response(fill_shown(fill))


class RejectsView(SegmentsView):
    """GET /v1/segments/{slug}/fills/{id}/rejects.csv."""

    scopes = {"GET": "segments:write"}

    @schema.call("fill_rejects", "Rows that name nobody we know", {(200, "text/csv"): OpenApiTypes.STR}, schema.SLUG)
    def get(self, request: Request, slug: str, fill_id: UUID) -> StreamingHttpResponse:
        """The file's columns, then reject_row, reject_code, reject_reason, reject_line."""
        fill = _fill(slug, fill_id)
        record_audit(None, "downloaded rejected rows", f"list fill:{fill.pk}", f"key {key_id_of(request)}")
        found = ((one.row, one.code, one.reason, one.raw) for one in lists.rejects_of(fill.pk))
        names = fill.source.get("names", ())
        return StreamingHttpResponse(rejects_csv(names, found), content_type="text/csv; charset=utf-8")


def _fill(slug: str, fill_id: UUID) -> ListFill:
    found = lists.fill_of(fill_id)
    if found is None or found.segment.slug != slug:
        raise Problem("not_found", "There is no such filling of this list", 404)
    return found


def _entries(request: Request) -> list[Entry]:
    return [_entry(one) for one in given(MembersIn, request)["members"]]


def _entry(told: Any) -> Entry:
    """Whom it names, or why nobody: one bad member does not keep the others out."""
    if not isinstance(told, dict) or len(told) != 1:
        return no_name("not_one_identifier")
    ((kind, value),) = told.items()
    if kind != "profile_id":
        return key_of(kind, value)
    try:
        return UUID(str(value))
    except ValueError:
        return no_name("no_profile_id")


def _told(found: Changed) -> dict[str, Any]:
    unmatched = [{"index": place, "reason": why.code, "detail": why.reason} for place, why in found.unmatched.items()]
    return {"changed": found.changed, "already": found.already, "unmatched": unmatched}


def _body(request: HttpRequest, name: str) -> tuple[str, Any]:
    if (request.content_type or "") != "multipart/form-data":
        return name, iter(lambda: request.read(PIECE), b"")
    file = request.FILES.get("file")
    if file is None:
        raise Problem("import_file", "The form has no file", 400, "Send it as the part `file`.")
    return file.name or name, file.chunks(PIECE)
