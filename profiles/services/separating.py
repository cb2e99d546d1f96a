"""Separations: staff say who is never one person. Each is a fact with its reason and its author, and can be lifted.

To undo a merge, every identifier that came by it stands on one side and all others of the person on the other: then no
link between the two sides counts, whichever of them came first, and each side is what it was. What arrives later finds
its side by its own links; a link to both joins it with the one seen first.
"""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from cdp.lib.clock import utc_now
from profiles.contracts import DecisionOutdated, DecisionRefused
from profiles.models import Identifier, SeparatedIdentifier, Separation
from profiles.services import rows
from profiles.services.journal import Cause
from profiles.services.recomputing import recompute

MOST_IDENTIFIERS = 5_000
Seen = Mapping[int, UUID]
"""{identifier id: profile id} of whole people, as a member of staff saw them before deciding."""


def next_number() -> int:
    """The number the next separation will have, if it comes to be: what is written before it can name it."""
    statement = "SELECT nextval(pg_get_serial_sequence('profiles_separation', 'id'))"
    return int(rows.fetch(statement, [])[0][0])


def separate(
    one_side: Collection[int],
    other_side: Collection[int],
    *,
    reason: str,
    actor: AbstractBaseUser | None,
    number: int | None = None,
    seen: Seen | None = None,
) -> Separation:
    """Never join anybody of one side with anybody of the other (identifier ids). Splits whom they join now.

    `number`: from `next_number`. Raises DecisionRefused for an empty or overlapping side, identifiers that do not
    exist, or an empty reason; DecisionOutdated where people are not (or not only) what was `seen`.
    """
    left, right = set(one_side), set(other_side)
    _check(left, right, reason)
    with transaction.atomic():
        rows.execute("SELECT pg_advisory_xact_lock(%s)", [rows.IDENTITY_LOCK])
        _check_seen(seen)
        if Identifier.objects.filter(pk__in=left | right).count() != len(left | right):
            raise DecisionRefused("One of the identifiers does not exist any more: look at the person again.")
        own = {} if number is None else {"pk": number}
        made = Separation.objects.create(reason=reason.strip(), made_by_id=getattr(actor, "pk", None), **own)
        SeparatedIdentifier.objects.bulk_create(
            SeparatedIdentifier(separation=made, identifier_id=identifier_id, side=side)
            for side, ids in ((1, left), (2, right))
            for identifier_id in sorted(ids)
        )
        recompute(left | right, cause=Cause("separation", made.pk))
    return made


def lift(separation_id: int, *, reason: str, actor: AbstractBaseUser | None, seen: Seen | None = None) -> bool:
    """Let links between the two sides count again. False when it was lifted already.

    Raises DecisionRefused without a reason, DecisionOutdated where people are not what was `seen`.
    """
    if not reason.strip():
        raise DecisionRefused("Say why: the journal keeps the reason.")
    with transaction.atomic():
        rows.execute("SELECT pg_advisory_xact_lock(%s)", [rows.IDENTITY_LOCK])
        _check_seen(seen)
        lifted = Separation.objects.filter(pk=separation_id, lifted_at=None).update(
            lifted_at=utc_now(), lifted_by_id=getattr(actor, "pk", None), lift_reason=reason.strip()
        )
        if lifted:
            ids = SeparatedIdentifier.objects.filter(separation_id=separation_id)
            recompute(list(ids.values_list("identifier_id", flat=True)), cause=Cause("lifted", separation_id))
    return bool(lifted)


def _check_seen(seen: Seen | None) -> None:
    if seen is None:
        return
    now = Identifier.objects.filter(profile_id__in=set(seen.values())).values_list("pk", "profile_id")
    if dict(now) != dict(seen):
        raise DecisionOutdated("These people changed meanwhile: look at what it would do now.")


def _check(left: set[int], right: set[int], reason: str) -> None:
    if not left or not right:
        raise DecisionRefused("Each side needs at least one identifier.")
    if left & right:
        raise DecisionRefused("An identifier cannot stand on both sides.")
    if len(left) + len(right) > MOST_IDENTIFIERS:
        raise DecisionRefused(f"A separation takes at most {MOST_IDENTIFIERS:,} identifiers.")
    if not reason.strip():
        raise DecisionRefused("Say why: the journal keeps the reason.")
