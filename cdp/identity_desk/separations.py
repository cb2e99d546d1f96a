"""Separations as people read them: who is kept from whom, why, since when, and whether it still holds."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from cdp.identity_desk.people import Called, called
from profiles.models import SeparatedIdentifier, Separation

MOST_SIDES = 5_000


@dataclass(frozen=True, slots=True)
class Kept:
    """One separation. `left` and `right`: who stands on the two sides now (none: erased since)."""

    pk: int
    reason: str
    made_by: str
    made_at: datetime
    lifted_at: datetime | None
    lifted_by: str
    lift_reason: str
    left: tuple[Called, ...]
    right: tuple[Called, ...]
    url: str
    lift_url: str

    @property
    def are_one(self) -> bool:
        """Whether somebody stands on both sides: they are one person again."""
        return bool({one.profile_id for one in self.left} & {one.profile_id for one in self.right})


def shown(separations: Iterable[Separation], *, personal: bool) -> list[Kept]:
    """These separations as rows; two statements for the people of all."""
    found = list(separations)
    sides: dict[tuple[int, int], list[UUID]] = {}
    placed = SeparatedIdentifier.objects.filter(separation_id__in=[one.pk for one in found])
    for separation_id, side, profile_id in placed.order_by("pk").values_list(
        "separation_id", "side", "identifier__profile_id"
    )[:MOST_SIDES]:
        owners = sides.setdefault((separation_id, side), [])
        if profile_id not in owners:
            owners.append(profile_id)
    people = called({owner for owners in sides.values() for owner in owners}, personal=personal)
    return [_kept(one, sides, people) for one in found]


def ids_of(separation_id: int) -> tuple[list[int], list[int]]:
    """The identifiers of the two sides."""
    rows = SeparatedIdentifier.objects.filter(separation_id=separation_id).values_list("side", "identifier_id")
    found: dict[int, list[int]] = {1: [], 2: []}
    for side, identifier_id in rows.order_by("identifier_id"):
        found[side].append(identifier_id)
    return found[1], found[2]


def around(identifier_ids: Collection[int], *, personal: bool, most: int = 10) -> list[Kept]:
    """The separations in which identifiers of one person stand, newest first."""
    own = SeparatedIdentifier.objects.filter(identifier_id__in=list(identifier_ids)).values("separation_id")
    rows = Separation.objects.filter(pk__in=own).select_related("made_by", "lifted_by").order_by("-pk")[:most]
    return shown(rows, personal=personal)


def _kept(row: Separation, sides: Mapping[tuple[int, int], Sequence[UUID]], people: Mapping[UUID, Called]) -> Kept:
    left, right = (
        tuple(people[owner] for owner in sides.get((row.pk, side), ()) if owner in people) for side in (1, 2)
    )
    return Kept(
        pk=row.pk,
        reason=row.reason,
        made_by=_who(row.made_by),
        made_at=row.made_at,
        lifted_at=row.lifted_at,
        lifted_by=_who(row.lifted_by),
        lift_reason=row.lift_reason,
        left=left,
        right=right,
        url=reverse("identity-separation", args=[row.pk]),
        lift_url=reverse("identity-lift", args=[row.pk]),
    )


def _who(user: object) -> str:
    """A member of staff by name; a former one."""
    return str(user) if user is not None else "a former member of staff"
