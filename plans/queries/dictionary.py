"""The data dictionary: every declared event as it stands, with what came of it; as structs, and as Markdown."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from plans.contracts import DictionaryEntry, PropertyRow
from plans.models import EventTypeVersion
from plans.queries.learned import Traffic, traffic
from plans.table import one_of, rows_of, snippet_at, type_words


def declared_names() -> set[tuple[str, str]]:
    """(kind, name) of every declared event."""
    return set(EventTypeVersion.objects.filter(is_current=True).values_list("event_type__kind", "event_type__name"))


def dictionary(today: date) -> list[DictionaryEntry]:
    """Every declared event with its current version, by name."""
    came = traffic(today)
    versions = EventTypeVersion.objects.filter(is_current=True).select_related("event_type").order_by(
        "event_type__name"
    )  # fmt: skip
    return [_entry(version, came) for version in versions]


def as_document(entries: Sequence[DictionaryEntry], *, today: date) -> dict[str, Any]:
    """The dictionary as JSON: what the API answers and the export holds."""
    return {"as_of": today.isoformat(), "events": [_document(one) for one in entries]}


def as_markdown(entries: Sequence[DictionaryEntry], *, company: str, today: date) -> str:
    """The dictionary as a document."""
    lines = [f"# Data dictionary of {company}", "", f"As of {today.isoformat()}: {len(entries)} events.", ""]
    for one in entries:
        lines += [f"## {one.name}", ""]
        lines += [one.description, ""] if one.description else []
        lines += [_facts(one), ""]
        if one.properties:
            lines += ["| property | type | required | example | personal | description |", "|---|---|---|---|---|---|"]
            lines += [_line(one, number) for number in range(len(one.properties))]
            lines.append("")
    return "\n".join(lines)


def _document(one: DictionaryEntry) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "name": one.name,
        "description": one.description,
        "owner": one.owner,
        "status": one.status,
        "version": one.version,
        "published_at": _instant(one.published_at),
        "volume_30_days": one.volume,
        "violations_30_days": one.violations,
        "last_seen_at": _instant(one.last_seen_at),
        "personal": {row.path: row.personal for row in one.properties if row.personal},
        "schema": one.schema,
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _facts(one: DictionaryEntry) -> str:
    said = [f"{one.kind} call", f"version {one.version} of {one.published_at:%Y-%m-%d}", one.status]
    said += [f"owner: {_cell(one.owner)}"] if one.owner else []
    said.append(f"{one.volume:,} in the last 30 days")
    said += [f"{one.violations:,} of them against the plan"] if one.violations else []
    return " · ".join(said)


def _line(one: DictionaryEntry, number: int) -> str:
    row = one.properties[number]
    words = type_words(snippet_at(one.schema, row.path))
    cells = (f"`{row.path}`", words, _needed(one, row), row.example, row.personal, row.description)
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _needed(one: DictionaryEntry, row: PropertyRow) -> str:
    return "yes" if row.is_required else "one of these" if row.path in one_of(one.schema) else ""


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")


def _entry(version: EventTypeVersion, came: dict[tuple[str, str], Traffic]) -> DictionaryEntry:
    event_type = version.event_type
    found = came.get((event_type.kind, event_type.name), Traffic())
    return DictionaryEntry(
        kind=event_type.kind,
        name=event_type.name,
        description=event_type.description,
        owner=event_type.owner,
        status=event_type.status,
        version=version.number,
        published_at=version.created_at,
        volume=found.volume,
        violations=found.violations,
        last_seen_at=found.last_seen_at,
        properties=rows_of(version.schema, version.personal),
        schema=version.schema,
        id=event_type.pk,
    )
