"""The tables of one person's page: identifiers, why they belong together, traits, counts; then those of other apps.

Everything personal is masked unless the reader may see it. Other apps' tables come from `settings.PROFILE_PANELS`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.utils.module_loading import import_string

from cdp.lib.clock import from_us
from profiles import queries
from profiles.contracts import IdentifierFacts, PanelTable, ProfilePanel
from profiles.identifiers import masked
from profiles.models import Link

MASK = "•••"


def tables(profile_id: UUID, *, personal: bool) -> list[PanelTable]:
    """Every table of the page, ours first."""
    identifiers = queries.identifiers_of([profile_id])[profile_id]
    ids = [fact.id for fact in identifiers]
    return [
        identifiers_table(identifiers, personal=personal),
        traits_table(profile_id, personal=personal),
        counters_table(profile_id),
        *(panel(profile_id, ids) for panel in panels()),
        links_table(queries.links_of(ids), personal=personal),
    ]


def panels() -> Sequence[ProfilePanel]:
    """The other apps' tables as the roof lists them; none where the setting is missing."""
    path = getattr(settings, "PROFILE_PANELS", "")
    found: Sequence[ProfilePanel] = import_string(path) if path else ()
    return found


def identifiers_table(identifiers: Sequence[IdentifierFacts], *, personal: bool) -> PanelTable:
    """The identifiers, oldest first."""
    return PanelTable(
        "Identifiers",
        ("Kind", "Value", "First seen", "Shared"),
        tuple(
            (fact.kind, shown(fact.kind, fact.value, personal=personal), when(fact.first_seen_at), yes(fact.is_shared))
            for fact in identifiers
        ),
    )


def traits_table(profile_id: UUID, *, personal: bool) -> PanelTable:
    """The traits by name, with the time of the event that said so."""
    traits = sorted(queries.trait_times(profile_id).items())
    return PanelTable(
        "Traits",
        ("Trait", "Value", "Said at"),
        tuple((name, text(value) if personal else MASK, when(from_us(at_us))) for name, (value, at_us, _) in traits),
    )


def counters_table(profile_id: UUID) -> PanelTable:
    """How often each event happened."""
    state = queries.profile_states([profile_id]).get(profile_id)
    counters = sorted(state.counters.items(), key=lambda item: (-item[1][0], item[0])) if state else []
    return PanelTable(
        "Events",
        ("Event", "Times", "First", "Last"),
        tuple((name, str(n), when(from_us(first)), when(from_us(last))) for name, (n, first, last) in counters),
    )


def links_table(links: Sequence[Link], *, personal: bool) -> PanelTable:
    """Which identifiers were seen together: why this is one person, and where it touches others."""
    return PanelTable(
        "Seen together",
        ("Identifier", "With", "First at", "Counts"),
        tuple(
            (
                f"{link.a.kind}: {shown(link.a.kind, link.a.value, personal=personal)}",
                f"{link.b.kind}: {shown(link.b.kind, link.b.value, personal=personal)}",
                when(link.first_seen_at),
                verdict(link),
            )
            for link in links
        ),
    )


def verdict(link: Link) -> str:
    """Whether a link joins its two identifiers, and if not, why."""
    if link.a.is_shared or link.b.is_shared:
        return "no: shared by too many people"
    return "yes" if link.a.profile_id == link.b.profile_id else "no: the two would be more than one person"


def shown(kind: str, value: str, *, personal: bool) -> str:
    """An identifier's value as this reader may see it."""
    return value if personal else masked(kind, value)


def text(value: Any) -> str:
    """A trait's value on one line."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def when(instant: datetime | None) -> str:
    """An instant as one reads it, on one line; "" for none."""
    return f"{instant:%-d %b %Y %H:%M}".replace(" ", "\u00a0") if instant else ""


def yes(value: bool) -> str:
    """yes, or nothing."""
    return "yes" if value else ""
