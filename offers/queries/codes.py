"""Codes and their pools as programs and pages read them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cdp.lib import bulk_sql
from offers.coding import normal
from offers.models import Code

PAGE = 5_000
POOLS = """
SELECT p.id, o.key, p.name, p.kind, p.is_active, p.expires_at, p.created_at, count(c.id),
  count(c.id) FILTER (WHERE c.given_at IS NOT NULL), count(c.id) FILTER (WHERE c.uses > 0),
  count(c.id) FILTER (WHERE c.is_void),
  count(c.id) FILTER (WHERE c.uses = 0 AND c.identifier_id IS NULL AND c.given_for = '' AND NOT c.is_void),
  coalesce(sum(c.uses), 0)::bigint
FROM offers_codepool AS p JOIN offers_offer AS o ON o.id = p.offer_id LEFT JOIN offers_code AS c ON c.pool_id = p.id
WHERE {where} GROUP BY p.id, o.key ORDER BY p.id
"""


@dataclass(frozen=True, slots=True)
class PoolFigures:
    """A pool with its codes counted. `free`: codes that nobody has and nobody used; `uses`: of all of them together."""

    id: int
    offer: str
    name: str
    kind: str
    is_active: bool
    expires_at: datetime | None
    created_at: datetime
    codes: int
    given: int
    used: int
    void: int
    free: int
    uses: int


@dataclass(frozen=True, slots=True)
class CodeState:
    """A code. `state`: free, given, used_up, in_use (shared, with uses left), void or expired. To whom it was given
    stands elsewhere."""

    code: str
    offer: str
    pool: int
    state: str
    uses: int
    most_uses: int | None
    given_at: datetime | None
    expires_at: datetime | None


def pools_of(offer_key: str) -> list[PoolFigures]:
    """Of an offer, the oldest first."""
    rows = bulk_sql.fetch(POOLS.format(where="o.key = %s::text"), [offer_key])
    return [PoolFigures(*row) for row in rows]


def pool(pool_id: int) -> PoolFigures | None:
    """One of them."""
    rows = bulk_sql.fetch(POOLS.format(where="p.id = %s::bigint"), [pool_id])
    return PoolFigures(*rows[0]) if rows else None


def code_state(written: str, now: datetime) -> CodeState | None:
    """How a code stands, however it is written."""
    found = Code.objects.select_related("pool", "offer").filter(code=normal(written)).first()
    if found is None:
        return None
    ends = min((at for at in (found.expires_at, found.pool.expires_at) if at is not None), default=None)
    return CodeState(
        code=found.shown,
        offer=found.offer.key,
        pool=found.pool_id,
        state=_state(found, ends, now),
        uses=found.uses,
        most_uses=found.most_uses,
        given_at=found.given_at,
        expires_at=ends,
    )


def codes_of(pool_id: int) -> Iterator[tuple[str, int, bool]]:
    """(as it is shown, uses, whether it was taken back) of every code of a pool, in the order they were made."""
    after = 0
    while rows := list(
        Code.objects.filter(pool_id=pool_id, pk__gt=after)
        .order_by("pk")
        .values_list("pk", "shown", "uses", "is_void")[:PAGE]
    ):
        after = rows[-1][0]
        yield from ((shown, uses, is_void) for _, shown, uses, is_void in rows)


def page_of(pool_id: int, after: int, limit: int) -> list[tuple[int, str, int, bool]]:
    """(id, as it is shown, uses, whether it was taken back) of up to `limit` codes after this id."""
    rows = Code.objects.filter(pool_id=pool_id, pk__gt=after).order_by("pk")
    return list(rows.values_list("pk", "shown", "uses", "is_void")[:limit])


def _state(code: Code, ends: datetime | None, now: datetime) -> str:
    if code.is_void or not code.pool.is_active:
        return "void"
    if code.most_uses is not None and code.uses >= code.most_uses:
        return "used_up"
    if ends is not None and now >= ends:
        return "expired"
    if code.uses:
        return "in_use"
    return "given" if code.given_at is not None else "free"
