"""What a request's head and bytes say, read defensively: body under a cap, gzip under a cap, write keys, facts.

Works on a WSGI environment, which is also what Django calls `request.META`. Content types are ignored.
"""

import base64
import binascii
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs

from cdp.lib.problems import Problem
from events.contracts import RequestFacts

LONGEST_TOKEN = 4096
MOST_GZIP_MEMBERS = 64  # each costs a copy of what follows it: clients send one
GZIP_MAGIC = b"\x1f\x8b"
Environ = Mapping[str, Any]


def read_body(environ: Environ, read: Callable[[int], bytes], *, limit: int) -> bytes:
    """The body, unpacked, never holding more than `limit` + 1 bytes of either form. Raises Problem."""
    declared = environ.get("CONTENT_LENGTH") or ""
    if declared.isascii() and declared.isdigit() and int(declared[:18]) > limit:
        raise too_large(limit)
    packed = _read_up_to(read, limit + 1)
    if len(packed) > limit:
        raise too_large(limit)
    # The header may be missing (posthog-js) or untrue (proxies unpack), so the bytes decide.
    return _unpack(packed, limit) if packed[:2] == GZIP_MAGIC else packed


def head_keys(environ: Environ) -> list[str]:
    """Write keys in the head, most explicit first: Basic user, X-Write-Key (whole, then its parts)."""
    keys: list[str] = []
    authorization = environ.get("HTTP_AUTHORIZATION")
    if authorization and (user := _basic_user(authorization)):
        keys.append(user)
    header = environ.get("HTTP_X_WRITE_KEY")
    if header:
        keys.extend(dict.fromkeys((header, *header.split(":"))))
    return [key for key in keys if key]


def query_keys(environ: Environ) -> list[str]:
    """Write keys in the query: writeKey or api_key."""
    query = environ.get("QUERY_STRING")
    if not query:
        return []
    try:
        found = parse_qs(query, max_num_fields=20)
    except ValueError:
        return []
    return [key for name in ("writeKey", "api_key") for key in found.get(name, ()) if key]


def facts(environ: Environ) -> RequestFacts:
    """What is kept of the head beside the body."""
    header = environ.get("HTTP_ANONYMOUSID")
    return RequestFacts(
        ip=_clean(environ.get("REMOTE_ADDR"), 45),
        user_agent=_clean(environ.get("HTTP_USER_AGENT"), 512),
        gpc=environ.get("HTTP_SEC_GPC") == "1",
        anonymous_id=_anonymous_id(header) if header else "",
        sent_at=_clean(environ.get("HTTP_SENTAT"), 40),
        user_token=_clean(environ.get("HTTP_X_USER_TOKEN"), LONGEST_TOKEN),
    )


def too_large(limit: int) -> Problem:
    """The refusal of a request past its limit."""
    return Problem(
        "request_too_large", "The request is too large", 413, f"Send at most {limit} bytes a request, unpacked."
    )


def _read_up_to(read: Callable[[int], bytes], most: int) -> bytes:
    first = read(most)
    if not first or len(first) >= most:
        return first
    parts, size = [first], len(first)
    while size < most and (part := read(most - size)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _unpack(packed: bytes, limit: int) -> bytes:
    plain = b""
    for _ in range(MOST_GZIP_MEMBERS):
        member = zlib.decompressobj(31)
        try:
            plain += member.decompress(packed, limit + 1 - len(plain))
        except zlib.error as error:
            raise _bad_gzip() from error
        if len(plain) > limit:
            raise too_large(limit)
        if not member.eof:
            raise _bad_gzip()
        packed = member.unused_data
        if packed[:2] != GZIP_MAGIC:
            return plain
    raise _bad_gzip()


def _bad_gzip() -> Problem:
    return Problem(
        "bad_gzip", "The body is not whole gzip", 400, "Send the body again, packed as one gzip stream or plain."
    )


@lru_cache(maxsize=1024)
def _basic_user(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(token.strip() + "=" * (-len(token.strip()) % 4)).decode().partition(":")[0]
    except (binascii.Error, ValueError):
        return ""


def _anonymous_id(header: str) -> str:
    try:
        return _clean(base64.b64decode(header + "=" * (-len(header) % 4), validate=True).decode(), 512)
    except (binascii.Error, ValueError):
        return _clean(header, 512)


def _clean(value: object, longest: int) -> str:
    if not isinstance(value, str):
        return ""
    cut = value[:longest]
    return cut if cut.isascii() and cut.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in cut)
