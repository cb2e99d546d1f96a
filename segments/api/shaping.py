"""Segments, fills, exports and explanations as the API tells them."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from cdp.lib.clock import from_us
from segments.contracts import Preview, Why
from segments.models import ListFill, MemberExport, Segment, SegmentVersion
from segments.queries.history import Interval
from segments.rules import Explanation, RuleError, parse_rule
from segments.rules.facts import PastEvent

OWN = frozenset({"kind", "sentence", "holds", "children", "events", "found", "wanted", "actual"})


def segment_shown(segment: Segment, members: int) -> dict[str, Any]:
    """A segment with its size."""
    return {
        "id": segment.pk,
        "slug": segment.slug,
        "name": segment.name,
        "kind": segment.kind,
        "state": segment.state,
        "notes": segment.notes,
        "owner": str(segment.owner) if segment.owner else None,
        "purpose": segment.purpose_id,
        "version": segment.version,
        "definition": segment.definition,
        "sentence": sentence_of(segment.definition),
        "members": members,
        "created_at": when(segment.created_at),
        "updated_at": when(segment.updated_at),
    }


def version_shown(version: SegmentVersion) -> dict[str, Any]:
    """A rule as it stood."""
    return {
        "version": version.version,
        "definition": version.definition,
        "sentence": sentence_of(version.definition),
        "created_at": when(version.created_at),
        "created_by": str(version.created_by) if version.created_by else None,
    }


def preview_shown(found: Preview, *, with_people: bool) -> dict[str, Any]:
    """What a rule would mean; who for example only where the key may see people."""
    shown: dict[str, Any] = {
        "count": found.count,
        "people": found.people,
        "entering": found.entering,
        "leaving": found.leaving,
        "as_of": when(found.as_of),
    }
    return shown | ({"sample": [str(one) for one in found.sample]} if with_people else {})


def fill_shown(fill: ListFill) -> dict[str, Any]:
    """How people came onto a list."""
    return {
        "id": str(fill.pk),
        "way": fill.way,
        "name": fill.name,
        "state": fill.state,
        "problem": fill.problem,
        "rows": fill.rows,
        "about": max(fill.about, fill.rows),
        "added": fill.added,
        "already": fill.already,
        "unmatched": fill.unmatched,
        "created_at": when(fill.created_at),
        "finished_at": when(fill.finished_at),
    }


def export_shown(export: MemberExport, url: str) -> dict[str, Any]:
    """A file of members; `url` where it can be fetched while it is there."""
    return {
        "id": str(export.pk),
        "state": export.state,
        "problem": export.problem,
        "columns": export.columns,
        "purpose": export.purpose,
        "rows": export.rows,
        "left_out": export.left_out,
        "bytes": export.size,
        "url": url if export.state == MemberExport.State.DONE else None,
        "created_at": when(export.created_at),
        "expires_at": when(export.expires_at),
    }


def interval_shown(one: Interval) -> dict[str, Any]:
    """One stay."""
    return {
        "slug": one.slug,
        "name": one.name,
        "profile_id": str(one.profile_id),
        "version": one.version,
        "entered_at": when(one.entered_at),
        "left_at": when(one.left_at),
        "left_reason": one.left_reason or None,
    }


def why_shown(why: Why) -> dict[str, Any]:
    """Whether somebody is in a segment, and why, clause by clause."""
    return {
        "slug": why.slug,
        "name": why.name,
        "is_member": why.is_member,
        "is_shared": why.is_shared,
        "since": when(why.since),
        "explanation": clause_shown(why.explanation),
    }


def clause_shown(one: Explanation) -> dict[str, Any]:
    """A clause with what was found; what a kind of clause tells besides stands under its own name."""
    shown: dict[str, Any] = {"kind": one.kind, "sentence": one.sentence, "holds": one.holds}
    if one.found is not None:
        shown |= {"found": one.found, "wanted": one.wanted}
    if one.kind == "trait" or one.actual is not None:
        shown["actual"] = plain(one.actual)
    if one.events:
        shown["events"] = [_event(each) for each in one.events]
    for field in fields(one):
        if field.name not in OWN and (value := getattr(one, field.name)):
            shown[field.name] = plain(value)
    if one.children:
        shown["clauses"] = [clause_shown(child) for child in one.children]
    return shown


def sentence_of(definition: Any) -> str:
    """The rule in words."""
    try:
        return parse_rule(definition).sentence()
    except RuleError as error:
        return f"This rule cannot be read any more: {error.message}"


def when(at: datetime | None) -> str | None:
    """An instant in UTC."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def plain(value: Any) -> Any:
    """Values of explanations as JSON."""
    if isinstance(value, PastEvent):
        return _event(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    if isinstance(value, datetime):
        return when(value)
    return value if isinstance(value, str | bool | int | float | type(None)) else str(value)


def _event(event: PastEvent) -> dict[str, Any]:
    return {"id": event.id, "name": event.name, "occurred_at": when(from_us(event.occurred_us))}
