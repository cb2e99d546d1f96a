"""User tokens at ingest: whom they vouch for, judged as of the request's receipt so that a replay judges the same."""

from datetime import datetime

from cdp.access import queries as access
from cdp.access import tokens
from events.vouching import NOTHING, kid_of, vouched_for
from profiles.contracts import IdentifierKey


def vouched_by(token: object, *, received_at: datetime) -> frozenset[IdentifierKey] | None:
    """The identifiers a token vouches for; None when it proves nothing (forged, expired, revoked before, no token)."""
    if not isinstance(token, str):
        return None
    try:
        key = access.signing_key(kid_of(token))
        if key is None or (key.revoked_at is not None and key.revoked_at <= received_at):
            return None
        return vouched_for(token, secret=key.secret, received_s=received_at.timestamp())
    except tokens.BadToken:
        return None


def vouched_by_all(given: tuple[object, ...], *, received_at: datetime) -> tuple[frozenset[IdentifierKey], bool]:
    """What the tokens of an event (its request's, its own) vouch for together, and whether one of them was refused."""
    found = NOTHING
    is_refused = False
    for token in given:
        vouched = vouched_by(token, received_at=received_at)
        is_refused = is_refused or vouched is None
        found |= vouched or NOTHING
    return found, is_refused
