"""What a user token vouches for: the very values of user id, e-mail and phone that the shop's backend signed. Pure.

A browser's write key is public, so anybody may claim to be anybody; a token is the shop's word that it is so.
"""

from functools import lru_cache

from cdp.access import tokens
from cdp.access.contracts import UserClaim
from profiles.contracts import IdentifierKey
from profiles.identifiers import Blocked, canonicalize

NOTHING: frozenset[IdentifierKey] = frozenset()
REFUSED_FLAG = "user_token_refused"
_kid_of = lru_cache(maxsize=16_384)(tokens.kid_of)


def kid_of(token: str) -> str:
    """Which key the token says it was signed with. Raises BadToken."""
    return _kid_of(token)


def vouched_for(token: str, *, secret: str, received_s: float) -> frozenset[IdentifierKey]:
    """The canonical identifiers this token vouches for in a request received at that time. Raises BadToken."""
    claim = _open_signed(token, secret)
    if isinstance(claim, str):
        raise tokens.BadToken(claim)
    tokens.require_in_force(claim, now_s=received_s)
    return _keys(claim)


@lru_cache(maxsize=16_384)
def _open_signed(token: str, secret: str) -> UserClaim | str:
    """The claim or why there is none: the same customer's token comes with every event of a visit."""
    try:
        return tokens.open_signed(token, secret=secret)
    except tokens.BadToken as error:
        return str(error)


@lru_cache(maxsize=16_384)
def _keys(claim: UserClaim) -> frozenset[IdentifierKey]:
    said = (("user_id", claim.sub), ("email", claim.email), ("phone", claim.phone))
    found = (canonicalize(kind, value) for kind, value in said if value)
    return frozenset(key for key in found if not isinstance(key, Blocked))
