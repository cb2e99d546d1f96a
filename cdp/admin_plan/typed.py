"""What was typed into an event's form: a table of properties beside the raw schema, and how both become a draft."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from plans.checking import LONGEST_SCHEMA
from plans.contracts import PERSONAL_CATEGORIES, BadPlan, Draft, PropertyRow
from plans.models import EventType, EventTypeVersion
from plans.table import CUSTOM, TYPES, marks_of, rows_of, with_edits

MOST_ROWS = 500
_ROW = re.compile(r"path-([0-9]{1,4})")


@dataclass(slots=True)
class Typed:
    """The form as typed. `base`: number of the version it was opened with; 0 for a new event."""

    kind: str = EventType.Kind.TRACK
    name: str = ""
    description: str = ""
    owner: str = ""
    changelog: str = ""
    schema: str = ""
    base: int = 0
    current: int = 0
    rows: list[PropertyRow] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)

    def draft(self, base: EventTypeVersion | None) -> Draft:
        """What would be published. Raises BadPlan (field schema or rows)."""
        before = rows_of(base.schema, base.personal) if base else ()
        schema = with_edits(_parsed(self.schema), before, self.rows)
        shown = {row.path for row in before} | {row.path for row in self.rows}
        kept = {path: mark for path, mark in (base.personal if base else {}).items() if path not in shown}
        return Draft(schema, {**kept, **marks_of(self.rows)}, self.changelog)


def of_version(event_type: EventType, version: EventTypeVersion) -> Typed:
    """The form as it opens."""
    return Typed(
        kind=event_type.kind,
        name=event_type.name,
        description=event_type.description,
        owner=event_type.owner,
        schema=json.dumps(version.schema, indent=2, ensure_ascii=False),
        base=version.number,
        current=version.number,
        rows=list(rows_of(version.schema, version.personal)),
    )


def new() -> Typed:
    """The form of a new event."""
    return Typed(schema=json.dumps({"type": "object", "properties": {}}, indent=2))


def of_post(post: QueryDict) -> Typed:
    """The form as sent."""
    numbers = sorted(int(found[1]) for key in post if (found := _ROW.fullmatch(key)))[:MOST_ROWS]
    rows = [_row(post, number) for number in numbers]
    return Typed(
        kind=post.get("kind", ""),
        name=post.get("name", ""),
        description=post.get("description", ""),
        owner=post.get("owner", ""),
        changelog=post.get("changelog", ""),
        schema=post.get("schema", "").replace("\r\n", "\n"),
        base=_whole(post.get("base", "")),
        current=_whole(post.get("current", "")),
        rows=[row for row in rows if row.path],
    )


def choices(rows: list[PropertyRow]) -> Mapping[str, Any]:
    """What the table's selects offer, and two empty rows for those without scripts."""
    return {
        "types": [(name, words) for name, words in TYPES.items() if name != CUSTOM],
        "custom": (CUSTOM, TYPES[CUSTOM]),
        "categories": PERSONAL_CATEGORIES,
        "rows": list(enumerate(rows)),
        "blanks": [(len(rows) + extra, PropertyRow("", "any")) for extra in range(2)],
        "kinds": EventType.Kind.values,
    }


def _row(post: QueryDict, number: int) -> PropertyRow:
    def given(key: str) -> str:
        return post.get(f"{key}-{number}", "").strip()

    personal = given("personal")
    return PropertyRow(
        given("path"),
        given("type") or "any",
        given("required") == "yes",
        given("example")[:500],
        personal if personal in PERSONAL_CATEGORIES else "",
        given("about")[:1000],
    )


def _parsed(text: str) -> dict[str, Any]:
    if len(text) > 4 * LONGEST_SCHEMA:
        raise BadPlan("schema", f"A schema may have at most {LONGEST_SCHEMA // 1024} KB.")
    try:
        found = json.loads(text or "{}", parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        where = f" in line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise BadPlan("schema", f"The schema is not JSON{where}: mend it, or undo the last change.") from None
    if not isinstance(found, dict):
        raise BadPlan("schema", "A schema is a JSON object: it begins with { and ends with }.")
    return found


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
