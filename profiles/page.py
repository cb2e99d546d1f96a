"""How what is known of a person is shown: masked unless the reader may see it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from profiles.identifiers import masked

MASK = "•••"


def shown(kind: str, value: str, *, personal: bool) -> str:
    """An identifier's value as this reader may see it."""
    return value if personal else masked(kind, value)


def text(value: Any) -> str:
    """A trait's value on one line."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def look(shown: Mapping[str, Any]) -> str:
    """What of a person's page was looked at, for the audit: which tab, and whether as it stood."""
    return f"tab {shown.get('tab', '')}{', as it stood' if shown.get('at') else ''}"
