"""User tokens: compact JWTs, HS256 only, so that any shop backend can make them with the library it has.

Header `{"alg": "HS256", "kid"}`, claims `{"sub", "exp"}` (kid may stand there instead) and, where the shop vouches for
them too, `email` and `phone`; `exp` at most 24 hours ahead. Pure.
"""

import base64
import binascii
import hashlib
import hmac
import re

import msgspec

from cdp.access.contracts import MOST_TOKEN_HOURS, UserClaim

KID = re.compile(r"[A-Za-z0-9_-]{1,64}")
LEEWAY_S = 60
MOST_BYTES = 4096


class BadToken(ValueError):
    """A user token that proves nothing; the text says why and is safe to show."""


class Header(msgspec.Struct):
    """A JWT's head, as far as it is read."""

    alg: str
    kid: str | None = None


class Claims(msgspec.Struct):
    """A JWT's claims, as far as they are read."""

    sub: str
    exp: int
    kid: str | None = None
    email: str | None = None
    phone: str | None = None


def kid_of(token: str) -> str:
    """Which key the token says it was signed with. Raises BadToken."""
    header, claims = _read(token)
    kid = header.kid or claims.kid
    if not kid:
        raise BadToken("it names no kid")
    if not KID.fullmatch(kid):
        raise BadToken("its kid is not 1 to 64 letters, digits, _ and -")
    return kid


def verify(token: str, *, secret: str, now_s: float) -> UserClaim:
    """The claim, if signed with `secret` and in force at `now_s`. Raises BadToken."""
    claim = open_signed(token, secret=secret)
    require_in_force(claim, now_s=now_s)
    return claim


def open_signed(token: str, *, secret: str) -> UserClaim:
    """The claim, if signed with `secret`; whether it is in force is not looked at. Raises BadToken."""
    header, claims = _read(token)
    if header.alg != "HS256":
        raise BadToken("its alg is not HS256")
    signed, _, signature = token.rpartition(".")
    if not hmac.compare_digest(_sign(signed, secret), _unpack(signature)):
        raise BadToken("its signature does not fit")
    if not claims.sub.strip():
        raise BadToken("its sub is empty")
    return UserClaim(claims.sub, claims.exp, header.kid or claims.kid or "", claims.email or "", claims.phone or "")


def require_in_force(claim: UserClaim, *, now_s: float) -> None:
    """Raises BadToken for a claim that has expired at `now_s`, or is made to last too long."""
    if claim.exp <= now_s:
        raise BadToken("it has expired")
    if claim.exp > now_s + MOST_TOKEN_HOURS * 3600 + LEEWAY_S:
        raise BadToken(f"its exp is more than {MOST_TOKEN_HOURS} hours ahead")


def make(*, kid: str, secret: str, sub: str, exp: int, email: str = "", phone: str = "") -> str:
    """A signed token."""
    header = _pack(msgspec.json.encode({"alg": "HS256", "typ": "JWT", "kid": kid}))
    also = {name: value for name, value in (("email", email), ("phone", phone)) if value}
    claims = _pack(msgspec.json.encode({"sub": sub, "exp": exp, **also}))
    return f"{header}.{claims}.{_pack(_sign(f'{header}.{claims}', secret))}"


def _read(token: str) -> tuple[Header, Claims]:
    parts = token.split(".")
    if len(parts) != 3 or len(token) > MOST_BYTES:
        raise BadToken("it is not a JWT of three parts")
    try:
        header = msgspec.json.decode(_unpack(parts[0]), type=Header)
        return header, msgspec.json.decode(_unpack(parts[1]), type=Claims)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise BadToken("its header or claims cannot be read: it takes {sub, exp} as text and whole seconds") from None


def _sign(signed: str, secret: str) -> bytes:
    return hmac.digest(secret.encode(), signed.encode(), hashlib.sha256)


def _pack(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unpack(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise BadToken("it is not base64url") from None
