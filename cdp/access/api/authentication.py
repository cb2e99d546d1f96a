"""Server keys as DRF authentication. A missing key is nobody; a wrong one is refused."""

import time

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request

from cdp.access import queries, services
from cdp.access.contracts import ServerCaller
from cdp.lib.clock import utc_now
from cdp.lib.problems import Problem

NOTE_EVERY_S = 60.0
_noted_at: dict[int, float] = {}


class ServerKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer sk_…`; `request.auth` is the ServerCaller, `request.user` None."""

    def authenticate(self, request: Request) -> tuple[None, ServerCaller] | None:
        """The caller; None without a Bearer key of this kind. Raises Problem for a key that is not in force."""
        scheme, _, key = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer" or not key.startswith("sk_"):
            return None
        return None, caller_of(key)

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return "Bearer"


def caller_of(key: str) -> ServerCaller:
    """Whose server key this is, its use noted. Raises Problem (401) for one that is not in force."""
    caller = queries.server_caller(key.strip())
    if caller is None:
        raise Problem(
            "server_key_invalid",
            "Unknown or revoked server key",
            401,
            "Send a key made in the admin under Access → Server keys as `Authorization: Bearer sk_…`.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    _note_use(caller.key_id)
    return caller


def _note_use(key_id: int) -> None:
    now = time.monotonic()
    if now - _noted_at.get(key_id, float("-inf")) >= NOTE_EVERY_S:
        _noted_at[key_id] = now
        services.note_use(key_id, now=utc_now())
