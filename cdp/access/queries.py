"""Reads of keys. A server key is looked up by its hash and remembered in process for five seconds; the keys that sign
user tokens are remembered together, for three."""

import hashlib
import time

from cdp.access import tokens
from cdp.access.contracts import ServerCaller, SigningKey, UserClaim
from cdp.access.models import ServerKey, UserTokenKey
from cdp.lib import bulk_sql
from cdp.lib.problems import Problem

REMEMBER_S = 5.0
MOST_REMEMBERED = 1000
KEEP_SIGNING_KEYS_S = 3.0
KEEP_UNKNOWN_S = 0.2  # a key made a moment ago works at once, and made-up names do not read the table each
SIGNS = "SELECT secret FROM access_usertokenkey WHERE kid = %s::text AND revoked_at IS NULL"
_remembered: dict[bytes, tuple[float, ServerCaller]] = {}
_signing: dict[str, tuple[float, dict[str, SigningKey]]] = {}


def hash_key(plain: str) -> bytes:
    """SHA-256 of a server key: what is stored of it. Keys are random, so no salt is needed."""
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).digest()


def server_caller(plain: str) -> ServerCaller | None:
    """Whose key this is; None for an unknown or revoked one. A revocation takes effect within five seconds."""
    key_hash, now = hash_key(plain), time.monotonic()
    known = _remembered.get(key_hash)
    if known and now - known[0] < REMEMBER_S:
        return known[1]
    row = ServerKey.objects.filter(key_hash=key_hash, revoked_at=None).values_list("pk", "scopes").first()
    if row is None:
        _remembered.pop(key_hash, None)
        return None
    if len(_remembered) >= MOST_REMEMBERED:
        _remembered.clear()
    caller = ServerCaller(key_id=row[0], scopes=frozenset(row[1]))
    _remembered[key_hash] = (now, caller)
    return caller


def forget_callers() -> None:
    """Drop what this process remembers, so that a revocation made here holds here at once."""
    _remembered.clear()


def user_token_secret(kid: str) -> str | None:
    """The signing secret of `kid`, unless revoked or unknown."""
    # Not by the ORM, whose query building costs more than the answer: every request with a user token asks it.
    rows = bulk_sql.fetch_often(SIGNS, [kid])
    return rows[0][0] if rows else None


def signing_key(kid: str) -> SigningKey | None:
    """The user-token key of this name, revoked or not; None for an unknown one. Up to three seconds old."""
    now = time.monotonic()
    known = _signing.get("all")
    if known is None or now - known[0] >= (KEEP_SIGNING_KEYS_S if kid in known[1] else KEEP_UNKNOWN_S):
        rows = UserTokenKey.objects.values_list("kid", "secret", "revoked_at")
        known = _signing["all"] = (now, {kid: SigningKey(secret, revoked_at) for kid, secret, revoked_at in rows})
    return known[1].get(kid)


def forget_signing_keys() -> None:
    """Read the user-token keys afresh from now on, in this process."""
    _signing.clear()


def read_user_token(token: str) -> UserClaim:
    """Whom the shop's backend vouches for. Raises Problem (401) with the reason."""
    try:
        secret = user_token_secret(tokens.kid_of(token))
        if secret is None:
            raise tokens.BadToken("its kid is unknown or revoked")
        return tokens.verify(token, secret=secret, now_s=time.time())
    except tokens.BadToken as error:
        detail = f"The user token is refused: {error}."
        raise Problem("user_token_invalid", "Invalid user token", 401, detail) from None
