"""`python -m tests.segments.spec.page`: write docs/rules.md from the language and its spec; or `--check` it."""

import json
import sys
from typing import Any

from segments.rules import NODES, parse_rule
from segments.rules.conditions import OPERATORS
from tests.paths import REPO
from tests.segments.spec.belonging import SECTIONS as BELONGING
from tests.segments.spec.cases import Section, Someone
from tests.segments.spec.conditions import SECTIONS as CONDITIONS
from tests.segments.spec.events import SECTIONS as EVENTS
from tests.segments.spec.metrics import SECTIONS as METRICS
from tests.segments.spec.products import SECTIONS as PRODUCTS
from tests.segments.spec.sequences import SECTIONS as SEQUENCES
from tests.segments.spec.telling import beside, catalog

PAGE = REPO / "docs" / "rules.md"
SECTIONS = (*EVENTS, *CONDITIONS, *METRICS, *SEQUENCES, *PRODUCTS, *BELONGING)
HEAD = """# Rules of segments

<!-- Written by `python -m tests.segments.spec.page` from the language and the spec that every engine is held to. -->

A rule is a tree of nodes in JSON. It holds or does not hold for a person at an instant; a segment keeps it true.
At most 8 levels, 100 nodes and a weight of 100: most clauses weigh 1, those that walk whole histories or orders
(sequences, bought, money, distinct, first, last and most frequent values) 5. What cannot be used is refused with the
path to the bad node.

| node | true when | example |
|---|---|---|
"""


def page() -> str:
    """The whole page."""
    nodes = "".join(f"| `{node.key}` | {node.meaning} | `{node.example}` |\n" for node in NODES.values())
    operators = "".join(f"| `{each.name}` | {each.words} | {_takes(each.takes)} |\n" for each in OPERATORS.values())
    head = f"{HEAD}{nodes}\n`is` takes:\n\n| operator | in words | value |\n|---|---|---|\n{operators}"
    return "\n".join([head, *(_section(section) for section in SECTIONS)]).rstrip() + "\n"


def _section(section: Section) -> str:
    people = "".join(f"| {name} | {_person(one)} |\n" for name, one in section.people.items())
    cases = "".join(
        f"| `{json.dumps(case.rule, ensure_ascii=False)}` | {_cell(parse_rule(case.rule).sentence())} "
        f"| {case.members.replace(' ', ', ') or 'nobody'}{f': {case.because}' if case.because else ''} |\n"
        for case in section.cases
    )
    return (
        f"## {section.title}\n\n{section.text}\n\n{catalog(section)}| who | what is known |\n|---|---|\n{people}\n"
        f"| rule | in words | who is in it |\n|---|---|---|\n{cases}"
    )


def _person(someone: Someone) -> str:
    traits = [f"{name} = `{json.dumps(value, ensure_ascii=False)}`" for name, value in someone.traits.items()]
    happened = ((each, _ago(each.days_ago, each.us_later)) for each in someone.events)
    events = [f"{each.name} {when}{_channel(each.channel)}{_properties(each.properties)}" for each, when in happened]
    return _cell("; ".join([*traits, *events, *beside(someone)])) or "nothing"


def _ago(days: float, us_later: int) -> str:
    if not days:
        return "now"
    number = f"{abs(days):.4g} day{'' if abs(days) == 1 else 's'}"
    when = f"{number} ago" if days > 0 else f"in {number}"
    return f"{when} and {us_later} µs later" if us_later else when


def _channel(channel: str | None) -> str:
    return "" if channel is None else f" on channel {channel}"


def _properties(properties: dict[str, Any]) -> str:
    return f" `{json.dumps(properties, ensure_ascii=False)}`" if properties else ""


def _takes(kind: str) -> str:
    words = {
        "value": "a number, a text, true or false",
        "values": "a list of them",
        "ordered": "a number or a text",
        "pair": "two of a kind, the lower first",
        "text": "a text",
        "date": "an ISO 8601 date or instant",
        "period": '`{"days": n}`',
        "days of a year": '`{"days": n}`, at most 365',
        "nothing": "none",
    }
    return words[kind]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> int:
    """Write the page, or say that it is stale."""
    if "--check" not in sys.argv:
        PAGE.write_text(page())
        return 0
    if PAGE.read_text() == page():
        return 0
    print("docs/rules.md is stale: python -m tests.segments.spec.page")
    return 1


if __name__ == "__main__":
    sys.exit(main())
