"""Who calls: a server key's holder with its scopes, or a customer the shop's backend vouches for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

SCOPES: Mapping[str, str] = {
    "catalog:write": "send products",
    "consent:read": "read the consent state of people",
    "consent:write": "write consent entries",
    "decisions:read": "ask what to show to any person",
    "decisions:write": "tell what was seen of decisions and what came of it",
    "events:write": "send events from a server",
    "experiments:read": "read experiments and what they came to",
    "imports:write": "upload files of people, events, orders and products and import them",
    "journeys:read": "read where people are in journeys",
    "journeys:write": "let people into journeys and take them out",
    "messages:read": "read what became of messages",
    "offers:read": "ask for offers and prices of any person",
    "offers:write": "reserve and redeem offers, make codes and give them to people",
    "plan:read": "read the tracking plan",
    "privacy:write": "open and follow privacy requests of people",
    "profiles:read": "read profiles with their personal data",
    "recommendations:read": "ask for recommendations of any profile",
    "segments:export": "export the members of segments as files",
    "segments:read": "read segments, their members' profile ids and their history",
    "segments:write": "make and change segments and lists",
}
MOST_TOKEN_HOURS = 24


@dataclass(frozen=True, slots=True)
class ServerCaller:
    """A caller with a valid server key."""

    key_id: int
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class UserClaim:
    """`sub` is the shop's user id of a signed-in customer, vouched for until `exp` (seconds since the epoch).

    `email` and `phone` are vouched for too where they are not empty.
    """

    sub: str
    exp: int
    kid: str
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A user-token key's secret; what it signed proves nothing in a request received after `revoked_at`."""

    secret: str
    revoked_at: datetime | None


class UnknownScope(ValueError):
    """A scope that does not exist."""

    def __init__(self, scopes: set[str]) -> None:
        super().__init__(f"unknown scope {', '.join(sorted(scopes))}; there are {', '.join(SCOPES)}")
