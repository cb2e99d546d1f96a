"""What is known of somebody beside traits and events, in words for the page."""

import json
from collections.abc import Iterator

from segments.rules.facts import DAY_US, NEVER, Consented, PastOrder
from tests.segments.spec.cases import NOW_US, Section, Someone


def beside(someone: Someone) -> list[str]:
    """A phrase for each fact; what is the same for everybody (the catalog) stands above the table."""
    facts = someone.facts()
    found = [f"{name} = `{json.dumps(value)}`" for name, value in facts.computed.items()]
    for words, names in (("known by", facts.kinds), ("in", facts.segments), ("on the list", facts.lists)):
        found += [f"{words} {', '.join(sorted(names))}"] if names else []
    found += [_consented(purpose, said) for purpose, said in facts.consents.items()]
    return [*found, *(_ordered(order) for order in facts.orders)]


def catalog(section: Section) -> str:
    """The catalog of a section as a table; empty where it has none."""
    entries = next(iter(section.people.values())).facts().catalog
    if not entries:
        return ""
    rows = ""
    for key, entry in entries.items():
        attributes = ", ".join(f"{name} = {value}" for name, value in entry.attributes.items())
        rows += f"| {key} | {entry.category} | {entry.brand} | {attributes} |\n"
    return f"| product | category | brand | attributes |\n|---|---|---|---|\n{rows}\n"


def _consented(purpose: str, said: Consented) -> str:
    words = f"{purpose} {'granted' if said.allowed else 'denied'}"
    return words if said.until_us == NEVER else f"{words} for {(said.until_us - NOW_US) / DAY_US:g} days more"


def _ordered(order: PastOrder) -> str:
    when = "" if order.placed_us is None else f" {_ago(order.placed_us)}"
    told = ", ".join(_lines(order)) or f"{order.revenue} {order.currency}"
    return f"order {order.order_id} {order.status}{when}: {told}"


def _lines(order: PastOrder) -> Iterator[str]:
    for line in order.lines:
        if line.is_refund:
            yield f"{line.amount} {order.currency} {_ago(line.occurred_us)}"
        else:
            yield f"{line.quantity} × {line.product_id}" + (
                f" for {line.amount} {order.currency}" if line.amount else ""
            )


def _ago(occurred_us: int) -> str:
    days = (NOW_US - occurred_us) / DAY_US
    return "now" if not days else f"{days:g} days ago" if days > 0 else f"in {-days:g} days"
