"""The record of processing activities (GDPR Art. 30) as values, and as Markdown, JSON and CSV. Pure.

What stands in it is read from the code and the settings by `privacy.queries.register`.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Controller:
    """Who is responsible. `dpo`: empty where none is named."""

    name: str
    address: str
    contact: str
    dpo: str


@dataclass(frozen=True, slots=True)
class Basis:
    """What one law says of an activity."""

    law: str
    legal_basis: str
    default: str
    notes: str


@dataclass(frozen=True, slots=True)
class Activity:
    """One purpose of processing (Art. 30(1)(b)). `children`: parts of it that people may choose apart."""

    code: str
    name: str
    about: str
    bases: tuple[Basis, ...]
    channel: str
    recipients: tuple[str, ...]
    children: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Category:
    """One category of personal data (Art. 30(1)(c)): a table, or a place outside of them."""

    area: str
    name: str
    table: str
    holds: tuple[str, ...]
    kept: str
    exported: str
    erased: str


@dataclass(frozen=True, slots=True)
class Limit:
    """A time limit for erasure (Art. 30(1)(f))."""

    name: str
    kept: str
    why: str
    then: str


@dataclass(frozen=True, slots=True)
class ToWhom:
    """A recipient (Art. 30(1)(d)) and its transfer (Art. 30(1)(e))."""

    name: str
    role: str
    purpose: str
    given: tuple[str, ...]
    country: str
    safeguard: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class Register:
    """The whole record as of `made_at`. `gaps`: what is missing, and where to mend it."""

    controller: Controller
    people: tuple[str, ...]
    activities: tuple[Activity, ...]
    categories: tuple[Category, ...]
    limits: tuple[Limit, ...]
    recipients: tuple[ToWhom, ...]
    measures: tuple[tuple[str, tuple[str, ...]], ...]
    gaps: tuple[str, ...]
    made_at: datetime


def to_json(register: Register) -> str:
    """Everything, indented."""
    return msgspec.json.format(msgspec.json.encode(register), indent=2).decode()


def to_csv(register: Register) -> str:
    """One line a fact: part, name, what, value; no cell starts a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["part", "name", "what", "value"])
    for line in _facts(register):
        writer.writerow([_harmless(cell) for cell in line])
    return out.getvalue()


def to_markdown(register: Register) -> str:
    """The record as a document."""
    it = register
    parts = [
        "# Record of processing activities (GDPR Art. 30)",
        f"Made {it.made_at:%Y-%m-%d %H:%M} UTC from the running service.",
        "## Controller",
        _table(["", ""], [(name, value) for name, value in _controller(it.controller)]),
        "## Categories of people\n\n" + "\n".join(f"- {one}" for one in it.people),
        "## Purposes and legal bases",
        *(_activity(one) for one in it.activities),
        "## Categories of personal data",
        _table(
            ["Area", "Data", "Columns", "Kept", "On erasure"],
            [(one.area, one.name, ", ".join(one.holds), one.kept, one.erased) for one in it.categories],
        ),
        "## Time limits",
        _table(["Data", "Kept", "Why", "Then"], [(one.name, one.kept, one.why, one.then) for one in it.limits]),
        "## Recipients and transfers",
        _table(
            ["Recipient", "Role", "Purpose", "Given", "Country", "Safeguard"],
            [(o.name, o.role, o.purpose, ", ".join(o.given), o.country, o.safeguard) for o in it.recipients],
        )
        if it.recipients
        else "Nobody is told anything.",
        "## Technical and organizational measures",
        *(f"### {title}\n\n" + "\n".join(f"- {line}" for line in lines) for title, lines in it.measures),
    ]
    if it.gaps:
        parts += ["## What is missing\n\n" + "\n".join(f"- {gap}" for gap in it.gaps)]
    return "\n\n".join(parts) + "\n"


def _activity(one: Activity) -> str:
    rows = [(basis.law, basis.legal_basis, basis.default, basis.notes) for basis in one.bases]
    lines = [f"### {one.name} (`{one.code}`)", one.about] if one.about else [f"### {one.name} (`{one.code}`)"]
    lines.append(_table(["Law", "Legal basis", "While nothing was said", "Also"], rows))
    if one.recipients:
        lines.append("Recipients: " + ", ".join(one.recipients) + ".")
    return "\n\n".join(lines)


def _controller(one: Controller) -> list[tuple[str, str]]:
    return [
        ("Controller", one.name),
        ("Address", one.address),
        ("Contact", one.contact),
        ("Data protection officer", one.dpo or "not named"),
    ]


def _facts(it: Register) -> Iterable[tuple[str, str, str, str]]:
    for name, value in _controller(it.controller):
        yield "controller", it.controller.name, name, value
    for people in it.people:
        yield "people", people, "", ""
    for one in it.activities:
        for basis in one.bases:
            yield "purpose", one.code, f"legal basis, {basis.law}", basis.legal_basis
            yield "purpose", one.code, f"while nothing was said, {basis.law}", basis.default
        for recipient in one.recipients:
            yield "purpose", one.code, "recipient", recipient
    for data in it.categories:
        yield "data", data.name, "columns", ", ".join(data.holds)
        yield "data", data.name, "kept", data.kept
        yield "data", data.name, "on erasure", data.erased
    for limit in it.limits:
        yield "time limit", limit.name, "kept", limit.kept
        yield "time limit", limit.name, "why", limit.why
    for to in it.recipients:
        for what, value in (("role", to.role), ("purpose", to.purpose), ("given", ", ".join(to.given))):
            yield "recipient", to.name, what, value
        yield "recipient", to.name, "country", to.country
        yield "recipient", to.name, "safeguard", to.safeguard
    for title, lines in it.measures:
        for line in lines:
            yield "measure", title, "", line


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
