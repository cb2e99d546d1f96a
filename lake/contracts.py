"""What an app says about a table that the lake shall hold. Only the seam: tables and engines are a later step."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Projection:
    """One table of the lake: which rows of which table, under which key, appended or overlaid."""

    name: str  # the table in the lake, e.g. "events"
    table: str  # the database table it is projected from
    key: tuple[str, ...]  # columns that name a row
    columns: tuple[str, ...]  # columns projected, in order
    is_append_only: bool  # appended (an event log) or overlaid by newer rows (a state)
