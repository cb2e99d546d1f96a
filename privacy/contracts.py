"""What crosses the privacy app's border: what a single-use link is for, and codes of requests and letters.

Link uses: `verify` and `delete` open a request, `download` gives its ZIP, `confirm` ends a double opt-in, `held` and
`why` show pages of the preference center.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

VERIFY, DELETE, DOWNLOAD, CONFIRM, HELD, WHY = "verify", "delete", "download", "confirm", "held", "why"

LIFETIME = timedelta(minutes=30)
CONFIRM_LIFETIME = timedelta(days=7)
# What a link's page is called; the token is the last part of its path.
PATHS: Mapping[str, str] = {
    VERIFY: "privacy/r",
    DELETE: "privacy/delete",
    DOWNLOAD: "privacy/download",
    CONFIRM: "privacy/confirm",
    HELD: "privacy/held",
    WHY: "privacy/why",
}

USABLE, USED, EXPIRED = "usable", "used", "expired"


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """A link as its page sees it. `state`: usable, used or expired. `facts`: as it was minted."""

    use: str
    address_hash: bytes
    state: str = USABLE
    request_id: UUID | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def masked(self) -> str:
        """The address as its owner recognizes it; empty where the link does not say."""
        return str(self.facts.get("masked", ""))


# Letters: what each is about.
LETTER_CONFIRM, LETTER_LINK, LETTER_READY = "confirm", "link", "export_ready"
LETTER_DONE, LETTER_REFUSED, LETTER_EXTENDED = "done", "refused", "extended"
LETTER_KINDS = frozenset({LETTER_CONFIRM, LETTER_LINK, LETTER_READY, LETTER_DONE, LETTER_REFUSED, LETTER_EXTENDED})

# How a request came.
PAGE, API, STAFF = "page", "api", "staff"
