"""Keys made and revoked, tokens made, audit entries written. A server key's text is returned once and never stored."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q

from cdp.access import queries, tokens
from cdp.access.contracts import MOST_TOKEN_HOURS, SCOPES, UnknownScope
from cdp.access.models import AuditEntry, ServerKey, UserTokenKey
from cdp.lib.clock import utc_now

SAME_LOOK = timedelta(minutes=1)


def make_server_key(name: str, scopes: Iterable[str]) -> tuple[ServerKey, str]:
    """A new server key: its row and its text, which cannot be had again. Raises UnknownScope."""
    wanted = sorted(set(scopes))
    if unknown := set(wanted) - set(SCOPES):
        raise UnknownScope(unknown)
    plain = "sk_" + secrets.token_urlsafe(32)
    key = ServerKey.objects.create(name=name, prefix=plain[:8], key_hash=queries.hash_key(plain), scopes=wanted)
    return key, plain


def revoke_server_keys(key_ids: Iterable[int], *, now: datetime) -> int:
    """Refuse these keys from now on (other processes within five seconds). Returns how many were in force."""
    count = ServerKey.objects.filter(pk__in=list(key_ids), revoked_at=None).update(revoked_at=now)
    queries.forget_callers()
    return count


def note_use(key_id: int, *, now: datetime) -> None:
    """Remember that a key was used, to the minute."""
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - timedelta(minutes=1))
    ServerKey.objects.filter(stale, pk=key_id).update(last_used_at=now)


def make_user_token_key(kid: str) -> UserTokenKey:
    """A new signing key with 256 bits of secret. Raises ValueError for a kid no token may name."""
    if not tokens.KID.fullmatch(kid):
        raise ValueError("a kid is 1 to 64 letters, digits, _ and -")
    return UserTokenKey.objects.create(kid=kid, secret=secrets.token_urlsafe(32))


def make_user_token(
    kid: str, sub: str, ttl: timedelta, *, email: str = "", phone: str = "", now: datetime | None = None
) -> str:
    """A user token as the shop's backend would make it. Raises LookupError (unknown kid), ValueError (ttl too long)."""
    if ttl > timedelta(hours=MOST_TOKEN_HOURS):
        raise ValueError(f"a user token lives {MOST_TOKEN_HOURS} hours at most")
    secret = queries.user_token_secret(kid)
    if secret is None:
        raise LookupError(f"there is no user-token key {kid!r} in force")
    expires_at = (now or utc_now()) + ttl
    return tokens.make(kid=kid, secret=secret, sub=sub, exp=int(expires_at.timestamp()), email=email, phone=phone)


def record_audit(actor: AbstractBaseUser | None, action: str, subject: str, reason: str = "") -> AuditEntry:
    """Somebody looked at or changed something of a person; `subject` is kind and id, e.g. profile:0198…"""
    return AuditEntry.objects.create(actor_id=getattr(actor, "pk", None), action=action, subject=subject, reason=reason)


def record_view(actor: AbstractBaseUser | None, subject: str, reason: str, *, now: datetime) -> None:
    """Somebody looked at a person; `reason` says at what. The same again within a minute is the same look."""
    recent = AuditEntry.objects.filter(subject=subject, at__gt=now - SAME_LOOK, action="viewed", reason=reason)
    if not recent.filter(actor_id=getattr(actor, "pk", None)).exists():
        record_audit(actor, "viewed", subject, reason)
