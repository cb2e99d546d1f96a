"""Asides that join what hangs on identifiers to whose these are now."""

from sqlglot import exp

from segments.rules import sql
from segments.rules.scope import HI, IDENTIFIERS, LO, Scope

IDENTIFIER_COLUMNS = ("id", HI, LO, "is_shared")
OWNER, THING = "i", "x"


def owned(scope: Scope, things: exp.Select) -> exp.Select:
    """One row a profile that has one of `things` (a SELECT with column identifier_id, alias `x`): its two keys.

    Add aggregates with `.select(…)`.
    """
    keys = [exp.column(key, table=OWNER) for key in (HI, LO)]
    return owners(scope, things).group_by(*(key.copy() for key in keys))


def owners(scope: Scope, things: exp.Select) -> exp.Select:
    """The same before it is grouped: a row a thing, with the keys of the profile whose it is; shared identifiers are
    nobody's."""
    people = scope.read(IDENTIFIERS, IDENTIFIER_COLUMNS)
    keys = [exp.column(key, table=OWNER) for key in (HI, LO)]
    same = exp.column("identifier_id", table=THING).eq(exp.column("id", table=OWNER))
    return (
        exp.select(*keys)
        .from_(things.subquery(THING))
        .join(people.as_(OWNER), on=same)
        .where(sql.no(exp.column("is_shared", table=OWNER)))
    )
