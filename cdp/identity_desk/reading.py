"""Reads the links of a person: which join, which do not and why, the evidence of each, and the graph they make."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from cdp.identity_desk import graph
from cdp.identity_desk.people import Called, called, spoken
from cdp.identity_desk.words import kind_words, refusal_words
from events.queries import source_names
from profiles import page as tables
from profiles.contracts import IdentifierFacts
from profiles.identifiers import EMAIL, PHONE, USER_ID, is_device
from profiles.identity import IdentityRules, Side
from profiles.models import Identifier, Link
from profiles.rules_in_force import rules_now
from profiles.services import rows, shadow

MOST_LINKS = 600
LISTED = 200
LABEL = 22


@dataclass(frozen=True, slots=True)
class LinkRow:
    """Two identifiers seen together. `word` and `why`: why it joins nobody ("" where it joins); `other`: whom not."""

    pk: int
    a: IdentifierFacts
    b: IdentifierFacts
    a_words: str
    b_words: str
    at: datetime
    source: str
    joins: bool
    word: str = ""
    why: str = ""
    other: Called | None = None
    separation_id: int | None = None


def links_of(facts: Sequence[IdentifierFacts], *, personal: bool) -> list[LinkRow]:
    """The links between and around the identifiers of one person, oldest first, MOST_LINKS at most."""
    ids = [fact.id for fact in facts]
    found = Link.objects.filter(Q(a_id__in=ids) | Q(b_id__in=ids)).select_related("a", "b")
    links = list(found.order_by("first_seen_at", "id")[:MOST_LINKS])
    own = facts[0].profile_id if facts else None
    foreign = [end for link in links for end in (link.a, link.b) if end.profile_id != own]
    refused = [link for link in links if link.a.profile_id != link.b.profile_id]
    reasons = _reasons(ids) if any(not (link.a.is_shared or link.b.is_shared) for link in refused) else {}
    places = rows.sides_of([*ids, *(end.pk for end in foreign)]) if refused else {}
    people = called({end.profile_id for end in foreign}, personal=personal)
    rules, sources = rules_now(), source_names()
    return [_row(link, own, reasons, places, people, rules, sources, personal=personal) for link in links]


def drawing(facts: Sequence[IdentifierFacts], links: Sequence[LinkRow], *, personal: bool) -> graph.Drawing:
    """The person's identifiers and those they are not joined with, as a picture."""
    nodes = [_node(fact, personal=personal) for fact in facts]
    lines: dict[tuple[str, str], graph.Line] = {}
    ghosts: dict[UUID, graph.Node] = {}
    own = {fact.id for fact in facts}
    for link in links:
        if link.joins:
            lines[str(link.a.id), str(link.b.id)] = graph.Line(str(link.a.id), str(link.b.id), True, _title(link))
        elif link.other is not None:
            inside = link.a if link.a.id in own else link.b
            ghosts.setdefault(link.other.profile_id, _ghost(link.other))
            ends = str(inside.id), link.other.profile_id.hex
            lines.setdefault(ends, graph.Line(*ends, False, _title(link), link.word))
    return graph.layout(*graph.chosen([*nodes, *ghosts.values()], list(lines.values())))


def crossing(one: Collection[int], other: Collection[int]) -> list[Link]:
    """The links between two sets of identifiers, oldest first, with both ends; those of shared ones are none."""
    between = Q(a_id__in=one, b_id__in=other) | Q(a_id__in=other, b_id__in=one)
    found = Link.objects.filter(between, a__is_shared=False, b__is_shared=False).select_related("a", "b")
    return list(found.order_by("first_seen_at", "id")[:MOST_LINKS])


def _reasons(ids: Sequence[int]) -> dict[tuple[int, int], str]:
    return {(one.edge.a, one.edge.b): one.why for one in shadow.present(ids).refusals}


def _row(
    link: Link,
    own: UUID | None,
    reasons: Mapping[tuple[int, int], str],
    places: Mapping[int, Sequence[Side]],
    people: Mapping[UUID, Called],
    rules: IdentityRules,
    sources: Mapping[int, str],
    *,
    personal: bool,
) -> LinkRow:
    a, b = facts_of(link.a), facts_of(link.b)
    joins = a.profile_id == b.profile_id
    word = why = ""
    separation_id = None
    if not joins:
        is_shared = a.is_shared or b.is_shared
        why_code = "shared" if is_shared else reasons.get((a.id, b.id), "")
        word, why = refusal_words(why_code, rules)
        if why_code == "separated":
            separation_id = _separation(places.get(a.id, ()), places.get(b.id, ()))
    return LinkRow(
        pk=link.pk,
        a=a,
        b=b,
        a_words=spoken(a, personal=personal),
        b_words=spoken(b, personal=personal),
        at=link.first_seen_at,
        source=sources.get(link.source_id or 0, "a former source"),
        joins=joins,
        word=word,
        why=why,
        other=None if joins else people.get(b.profile_id if a.profile_id == own else a.profile_id),
        separation_id=separation_id,
    )


def _separation(left: Sequence[Side], right: Sequence[Side]) -> int | None:
    """The separation with these two on its two sides; None where others of the two people stand on them."""
    return next((one for one, side in left for two, far in right if one == two and side != far), None)


def facts_of(row: Identifier) -> IdentifierFacts:
    """A row as it crosses borders."""
    return IdentifierFacts(row.pk, row.kind, row.value, row.profile_id, row.is_shared, row.first_seen_at)


def _title(link: LinkRow) -> str:
    seen = f"{link.a_words} and {link.b_words}: first seen together on {link.at:%-d %b %Y}, told by {link.source}"
    return seen if link.joins else f"{seen}. Joins nobody: {link.why}"


def _node(fact: IdentifierFacts, *, personal: bool) -> graph.Node:
    value = tables.shown(fact.kind, fact.value, personal=personal)
    title = f"{kind_words(fact.kind)} {value}, first seen on {fact.first_seen_at:%-d %b %Y}"
    return graph.Node(str(fact.id), _column(fact.kind), kind_words(fact.kind), _cut(value), title, f"#i{fact.id}")


def _ghost(other: Called) -> graph.Node:
    kind = "shared identifier" if other.is_shared else "another person"
    return graph.Node(
        other.profile_id.hex, graph.OTHERS, kind, _cut(other.name), f"{kind}: {other.name}", other.url, is_ghost=True
    )


def _column(kind: str) -> int:
    if kind in (EMAIL, PHONE):
        return graph.ADDRESSES
    return graph.DEVICES if kind != USER_ID and (is_device(kind) or kind == "anonymous_id") else graph.ACCOUNTS


def _cut(text: str) -> str:
    return text if len(text) <= LABEL else f"{text[: LABEL - 1]}…"
