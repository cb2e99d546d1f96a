"""How what is known of a person is shown: masked unless the reader may see it, and why links join or do not."""

from collections.abc import Mapping
from typing import Any

import msgspec

from profiles.identifiers import masked
from profiles.models import Link

MASK = "•••"


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


def look(shown: Mapping[str, Any]) -> str:
    """What of a person's page was looked at, for the audit: which tab, and whether as it stood."""
    return f"tab {shown.get('tab', '')}{', as it stood' if shown.get('at') else ''}"
