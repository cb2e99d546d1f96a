"""The mails that ship with the service, each in English and German: one JSON file a mail, named by its slug. Pure.

`mailing/services/shipping.py` makes templates of them where they are missing; a new mail in the editor begins with one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class ShippedMail:
    """One of them. `about`: what it is for, in a sentence; `content`: as `mailing/content.py` has it."""

    code: str
    name: str
    kind: str
    about: str
    content: Mapping[str, Any]


@cache
def shipped_mails() -> tuple[ShippedMail, ...]:
    """All, by their codes."""
    found = (json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json")))
    return tuple(ShippedMail(one["slug"], one["name"], one["kind"], one["notes"], one["content"]) for one in found)
