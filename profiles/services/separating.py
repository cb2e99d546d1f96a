"""Separations: staff say who is never one person. Each is a fact with its reason and its author, and can be lifted.

To undo a merge, every identifier that came by it stands on one side and all others of the person on the other: then no
link between the two sides counts, whichever of them came first, and each side is what it was. What arrives later finds
its side by its own links; a link to both joins it with the one seen first.
"""

from collections.abc import Collection

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from cdp.lib.clock import utc_now
from profiles.contracts import DecisionRefused
from profiles.models import Identifier, SeparatedIdentifier, Separation
from profiles.services import rows
from profiles.services.journal import Cause
from profiles.services.recomputing import recompute

MOST_IDENTIFIERS = 5_000


def separate(
    one_side: Collection[int], other_side: Collection[int], *, reason: str, actor: AbstractBaseUser | None
) -> Separation:
    """Never join anybody of one side with anybody of the other (identifier ids). Splits whom they join now.

    Raises DecisionRefused for an empty or overlapping side, identifiers that do not exist, or an empty reason.
    """
    left, right = set(one_side), set(other_side)
    _check(left, right, reason)
    with transaction.atomic():
        rows.execute("SELECT pg_advisory_xact_lock(%s)", [rows.IDENTITY_LOCK])
        if Identifier.objects.filter(pk__in=left | right).count() != len(left | right):
            raise DecisionRefused("One of the identifiers does not exist any more: look at the person again.")
        made = Separation.objects.create(reason=reason.strip(), made_by_id=getattr(actor, "pk", None))
        SeparatedIdentifier.objects.bulk_create(
            SeparatedIdentifier(separation=made, identifier_id=identifier_id, side=side)
            for side, ids in ((1, left), (2, right))
            for identifier_id in sorted(ids)
        )
        recompute(left | right, cause=Cause("separation", made.pk))
    return made


def lift(separation_id: int, *, reason: str, actor: AbstractBaseUser | None) -> bool:
    """Let links between the two sides count again. False when it was lifted already. Raises DecisionRefused."""
    if not reason.strip():
        raise DecisionRefused("Say why: the journal keeps the reason.")
    with transaction.atomic():
        rows.execute("SELECT pg_advisory_xact_lock(%s)", [rows.IDENTITY_LOCK])
        lifted = Separation.objects.filter(pk=separation_id, lifted_at=None).update(
            lifted_at=utc_now(), lifted_by_id=getattr(actor, "pk", None), lift_reason=reason.strip()
        )
        if lifted:
            ids = SeparatedIdentifier.objects.filter(separation_id=separation_id)
            recompute(list(ids.values_list("identifier_id", flat=True)), cause=Cause("lifted", separation_id))
    return bool(lifted)


def _check(left: set[int], right: set[int], reason: str) -> None:
    if not left or not right:
        raise DecisionRefused("Each side needs at least one identifier.")
    if left & right:
        raise DecisionRefused("An identifier cannot stand on both sides.")
    if len(left) + len(right) > MOST_IDENTIFIERS:
        raise DecisionRefused(f"A separation takes at most {MOST_IDENTIFIERS:,} identifiers.")
    if not reason.strip():
        raise DecisionRefused("Say why: the journal keeps the reason.")
