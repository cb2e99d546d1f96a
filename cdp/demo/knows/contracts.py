"""What the panel is told: one document of sections, lines with links into the admin. Instants are ISO 8601, UTC."""

from datetime import datetime

import msgspec


class Identifier(msgspec.Struct, frozen=True):
    """An identifier of the person; `own`: this very browser's."""

    kind: str
    value: str
    own: bool
    link: str


class SeenEvent(msgspec.Struct, frozen=True):
    """An event as it was stored, or refused. `verdict` in words; `good`: it was stored."""

    at: datetime
    name: str
    about: str
    source: str
    verdict: str
    good: bool
    link: str


class Trait(msgspec.Struct, frozen=True):
    """A trait of the profile, its value on one line."""

    name: str
    value: str


class Consent(msgspec.Struct, frozen=True):
    """Whether a purpose is allowed now, and what says so."""

    purpose: str
    allowed: bool
    why: str
    link: str


class Basket(msgspec.Struct, frozen=True):
    """A cart or an order."""

    what: str
    state: str
    contents: str
    amount: str
    at: datetime
    link: str


class Clause(msgspec.Struct, frozen=True):
    """One clause of a rule: does it hold, and with which value. `depth`: 0 = the whole rule."""

    sentence: str
    holds: bool
    value: str
    depth: int


class Segment(msgspec.Struct, frozen=True):
    """A live segment asked of this person."""

    name: str
    member: bool
    since: datetime | None
    clauses: list[Clause]
    link: str


class Recommended(msgspec.Struct, frozen=True):
    """A product the platform would show now, with its reason."""

    product_id: str
    name: str
    sentence: str
    found_by: str
    link: str


class Decided(msgspec.Struct, frozen=True):
    """What a place was to show: by what, which outcome and why. `seen`: it came into view."""

    place: str
    what: str
    why: str
    at: datetime
    seen: bool
    link: str


class Mail(msgspec.Struct, frozen=True):
    """A mail, or the wait for one; `due` is when it is sent at the earliest."""

    what: str
    why: str
    at: datetime
    due: datetime | None
    link: str


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """Everything. `state`: undecided, refused, unknown or known; `scope`: person or browser."""

    state: str
    headline: str
    note: str = ""
    scope: str = "browser"
    profile: str = ""
    identifiers: list[Identifier] = []
    events: list[SeenEvent] = []
    event_count: int = 0
    traits: list[Trait] = []
    consents: list[Consent] = []
    baskets: list[Basket] = []
    segments: list[Segment] = []
    recommended: list[Recommended] = []
    decisions: list[Decided] = []
    mails: list[Mail] = []
    mailbox: str = ""
