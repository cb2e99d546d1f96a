"""Segments themselves: listed, made, read, changed, archived, tried out, and their versions."""

import json
import re
from typing import Any

from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cdp.lib.clock import utc_now
from consent.contracts import PROCESSING
from consent.purposes_in_force import purposes_now
from segments import queries
from segments.api import schema
from segments.api.base import READ, Query, SegmentsView, Strict, bad, given, may_see_people, segment_of
from segments.api.shaping import preview_shown, segment_shown, version_shown
from segments.contracts import SegmentDraft
from segments.models import Segment
from segments.rules import parse_rule
from segments.services import ListDraft, make_list
from segments.services.changing import SlugTaken, change_segment, create_segment, tag_of

SLUG = r"^(?!preview$)[-a-zA-Z0-9_]{1,50}$"  # /v1/segments/preview is a call
STATES = [state for state in Segment.State.values if state != Segment.State.ARCHIVED]
MOST_CLAUSES = 20
LONGEST_RULE = 200_000
# As JSON escapes them: NUL, and a surrogate without its other half.
NO_TEXT = re.compile(r"\\u0000|\\ud[89ab]..(?!\\ud[c-f])|(?<!\\ud[89ab]..)\\ud[c-f]")


class _Fields(Strict):
    """What may be said of any segment."""

    name = serializers.CharField(max_length=120)
    notes = serializers.CharField(max_length=5_000, required=False, allow_blank=True)
    purpose = serializers.CharField(max_length=50, required=False, allow_null=True, allow_blank=True)
    state = serializers.ChoiceField(choices=STATES, required=False)
    definition = serializers.JSONField(required=False, help_text="The rule; docs/segments.md lists the nodes.")

    def validate_definition(self, value: Any) -> Any:
        """JSON that the database takes; whether it is a rule is told with the place in it."""
        return storable(value)

    def validate_purpose(self, value: str | None) -> str:
        """A purpose that is installed; nothing is none."""
        return installed(value or "")


class SegmentIn(_Fields):
    """A new segment: by a rule, or with kind static a list, empty at first."""

    slug = serializers.RegexField(SLUG, error_messages={"invalid": "Up to 50 of a-z, A-Z, 0-9, - and _."})
    kind = serializers.ChoiceField(choices=Segment.Kind.choices, default=Segment.Kind.RULE)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A rule has a definition, a list has none of its own."""
        if (attrs["kind"] == Segment.Kind.RULE) != ("definition" in attrs):
            text = "A segment by a rule needs its definition; a list (kind static) has none."
            raise serializers.ValidationError({"definition": [text]})
        return attrs


class ChangeIn(_Fields):
    """What is to be changed; what is absent stays."""

    name = serializers.CharField(max_length=120, required=False)
    state = serializers.ChoiceField(choices=Segment.State.choices, required=False)
    slug = serializers.RegexField(
        SLUG, required=False, error_messages={"invalid": "Up to 50 of a-z, A-Z, 0-9, - and _."}
    )


class PreviewIn(Strict):
    """A rule to be tried."""

    definition = serializers.JSONField()
    slug = serializers.SlugField(required=False, help_text="Of a live segment: who would enter and leave it.")
    clauses = serializers.BooleanField(
        default=False, help_text="Count each clause of the top level, too; null for one that asks of consents alone."
    )

    def validate_definition(self, value: Any) -> Any:
        """As of a segment."""
        return storable(value)


class ListView(SegmentsView):
    """GET and POST /v1/segments."""

    @schema.call(
        "list",
        "List segments",
        {200: schema.page("slug", "name", "kind", "state", "members")},
        schema.query("state", "draft, live or archived; all but archived ones where it is absent."),
        schema.query("kind", "rule or static."),
        schema.query("search", "Part of the name or slug."),
        schema.CURSOR,
        schema.LIMIT,
    )
    def get(self, request: Request) -> Response:
        """A page of segments by slug."""
        asked = Query(request.query_params, "state", "kind", "search", "cursor", "limit")
        found = Segment.objects.named().select_related("owner").order_by("slug")
        state, kind = asked.one_of("state", Segment.State.values), asked.one_of("kind", Segment.Kind.values)
        found = found.filter(state=state) if state else found.exclude(state=Segment.State.ARCHIVED)
        if kind:
            found = found.filter(kind=kind)
        if text := asked.text("search"):
            found = found.filter(name__icontains=text) | found.filter(slug__icontains=text)
        if after := asked.text("cursor"):
            found = found.filter(slug__gt=after)
        limit, sizes = asked.limit(), queries.sizes()
        rows = list(found[: limit + 1])
        data = [segment_shown(row, sizes.get(row.pk, 0)) for row in rows[:limit]]
        return Response({"data": data, "next": rows[limit - 1].slug if len(rows) > limit else None})

    @schema.call(
        "create",
        "Make a segment or a list",
        {200: schema.ANY, 201: schema.SEGMENT},
        schema.DRY,
        body=SegmentIn,
        example={"slug": "loyal", "name": "Loyal", "definition": schema.EXAMPLE_RULE, "purpose": "personalization"},
    )
    def post(self, request: Request) -> Response:
        """201; the very same segment again answers 200. With dry_run: how many would be in it."""
        dry, wanted = Query(request.query_params, "dry_run").flag("dry_run"), given(SegmentIn, request)
        if wanted["kind"] == Segment.Kind.STATIC:
            return self._list(wanted, dry=dry)
        draft = _draft(wanted)
        rule = parse_rule(draft.definition)
        if dry:
            found = queries.preview(rule, segment_id=None, now=utc_now())
            return Response({"dry_run": True, "sentence": rule.sentence()} | preview_shown(found, with_people=False))
        pk, is_new = create_segment(draft)
        return _answer(Segment.objects.get(pk=pk), 201 if is_new else 200)

    def _list(self, wanted: dict[str, Any], *, dry: bool) -> Response:
        draft = ListDraft(wanted["slug"], wanted["name"], wanted.get("purpose", ""), wanted.get("notes", ""))
        known = Segment.objects.filter(slug=draft.slug).first()
        if known is not None and (known.kind, known.name) != (Segment.Kind.STATIC, draft.name):
            raise SlugTaken(draft.slug)
        if dry:
            return Response({"dry_run": True, "count": 0})
        if known is not None:
            return _answer(known, 200)
        return _answer(Segment.objects.get(pk=make_list(draft)), 201)


class SegmentView(SegmentsView):
    """GET, PATCH and DELETE /v1/segments/{slug}."""

    @schema.call("read", "Read a segment", {200: schema.SEGMENT}, schema.SLUG)
    def get(self, request: Request, slug: str) -> Response:
        """The segment with its size; the ETag is what If-Match takes."""
        return _answer(segment_of(slug), 200)

    @schema.call(
        "change",
        "Change a segment",
        {200: schema.SEGMENT},
        schema.SLUG,
        schema.IF_MATCH,
        schema.DRY,
        body=ChangeIn,
        example={"definition": schema.EXAMPLE_RULE},
    )
    def patch(self, request: Request, slug: str) -> Response:
        """Only what is named; another rule makes a version. With dry_run: how many would enter and leave."""
        segment = segment_of(slug)
        dry, changes = Query(request.query_params, "dry_run").flag("dry_run"), given(ChangeIn, request)
        if segment.kind == Segment.Kind.STATIC and "definition" in changes:
            raise bad("definition", "A list has no rule of its own: put people on it, or take them off.")
        expected = request.META.get("HTTP_IF_MATCH")
        if dry:
            return self._tried(segment, changes)
        change_segment(segment.pk, changes, expected=expected)
        return _answer(Segment.objects.get(pk=segment.pk), 200)

    @schema.call("archive", "Archive a segment", {204: None}, schema.SLUG, schema.IF_MATCH)
    def delete(self, request: Request, slug: str) -> Response:
        """Its members leave, told to nobody; its history stays."""
        segment = segment_of(slug)
        change_segment(segment.pk, {"state": Segment.State.ARCHIVED}, expected=request.META.get("HTTP_IF_MATCH"))
        return Response(status=204)

    def _tried(self, segment: Segment, changes: dict[str, Any]) -> Response:
        """The change is checked as if it were saved, and taken back."""
        with transaction.atomic():
            change_segment(segment.pk, changes, expected=self.request.META.get("HTTP_IF_MATCH"))
            transaction.set_rollback(True)
        rule = parse_rule(changes.get("definition", segment.definition))
        found = queries.preview(rule, segment_id=segment.pk, now=utc_now())
        return Response({"dry_run": True, "sentence": rule.sentence()} | preview_shown(found, with_people=False))


class PreviewView(SegmentsView):
    """POST /v1/segments/preview."""

    scopes = {"POST": READ}

    @schema.call(
        "preview",
        "Count a rule that is not saved",
        {200: schema.thing("count", "people", "sentence")},
        body=PreviewIn,
        example={"definition": schema.EXAMPLE_RULE, "clauses": True},
    )
    def post(self, request: Request) -> Response:
        """How many, of how many; each clause if asked; a sample of profile ids for keys with profiles:read."""
        wanted = given(PreviewIn, request)
        rule = parse_rule(wanted["definition"])
        segment = segment_of(wanted["slug"]) if wanted.get("slug") else None
        clauses = (rule.children() or (rule,))[:MOST_CLAUSES] if wanted["clauses"] else ()
        found, counts = queries.preview_with_clauses(
            rule, clauses, segment_id=segment.pk if segment else None, now=utc_now()
        )
        answer = {"sentence": rule.sentence()} | preview_shown(found, with_people=may_see_people(request))
        if clauses:
            told = zip(clauses, counts, strict=True)
            answer["clauses"] = [{"sentence": clause.sentence(), "count": count} for clause, count in told]
        return Response(answer)


class VersionsView(SegmentsView):
    """GET /v1/segments/{slug}/versions."""

    @schema.call("versions", "The rule as it stood", {200: schema.page("version", "definition")}, schema.SLUG)
    def get(self, request: Request, slug: str) -> Response:
        """Every version, the latest first."""
        Query(request.query_params)
        rows = segment_of(slug).versions.select_related("created_by").order_by("-version")
        return Response({"data": [version_shown(row) for row in rows], "next": None})


def installed(purpose: str) -> str:
    """The purpose's code; "" is none. Raises ValidationError for one that is not installed."""
    if purpose and (purpose == PROCESSING or purposes_now().get(purpose) is None):
        raise serializers.ValidationError(f"There is no purpose “{purpose}”.")
    return purpose


def storable(value: Any) -> Any:
    """The value. Raises ValidationError for one that is too large or holds what is no text."""
    text = json.dumps(value)
    if len(text) > LONGEST_RULE:
        raise serializers.ValidationError(f"A rule has at most {LONGEST_RULE:,} characters.")
    if NO_TEXT.search(text):
        raise serializers.ValidationError("A text holds a character that is none (NUL, or half of a pair).")
    return value


def _draft(wanted: dict[str, Any]) -> SegmentDraft:
    return SegmentDraft(
        slug=wanted["slug"],
        name=wanted["name"],
        definition=wanted["definition"],
        state=wanted.get("state", Segment.State.LIVE),
        notes=wanted.get("notes", ""),
        purpose=wanted.get("purpose", ""),
    )


def _answer(segment: Segment, status: int) -> Response:
    body = segment_shown(segment, queries.size(segment.pk))
    headers = {"ETag": tag_of(segment), "Location": f"/v1/segments/{segment.slug}"}
    return Response(body, status=status, headers=headers)
