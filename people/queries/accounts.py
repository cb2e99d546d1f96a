"""Accounts (companies, households, clubs) that “group” calls put people in: a person's accounts, an account's people.

Staff and programs read them here; `profiles` keeps them. A shared identifier puts nobody into an account.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from people.contracts import PersonNotFound
from profiles.models import Account, AccountMember


@dataclass(frozen=True, slots=True)
class AccountShown:
    """An account by the shop's own id; `since`: when the person, or the first of its people, was first seen in it."""

    group_id: str
    traits: dict[str, Any]
    since: datetime


@dataclass(frozen=True, slots=True)
class MemberShown:
    """A person of an account: the profile, and one identifier that was seen in it."""

    profile_id: UUID
    kind: str
    value: str
    since: datetime


def account(group_id: str) -> AccountShown:
    """The account of this id. Raises PersonNotFound."""
    row = None if "\0" in group_id else Account.objects.filter(group_id=group_id).first()
    if row is None:
        raise PersonNotFound("No account has this group id.")
    return AccountShown(row.group_id, _values(row), row.first_seen_at)


def accounts_of(identifier_ids: Collection[int], *, after: str = "", limit: int = 20) -> list[AccountShown]:
    """The accounts these identifiers were seen in, by group id: one more than `limit` where there are more."""
    rows = AccountMember.objects.filter(
        identifier_id__in=list(identifier_ids), identifier__is_shared=False, account__group_id__gt=after
    ).select_related("account")
    first = rows.order_by("account__group_id", "first_seen_at").distinct("account__group_id")
    return [AccountShown(row.account.group_id, _values(row.account), row.first_seen_at) for row in first[: limit + 1]]


def people_of(group_id: str, *, after: str = "", limit: int = 20) -> list[MemberShown]:
    """The people of an account, by profile id: one more than `limit` where there are more. Raises PersonNotFound."""
    known = account(group_id)
    rows = AccountMember.objects.filter(account__group_id=known.group_id, identifier__is_shared=False)
    if after:
        rows = rows.filter(identifier__profile_id__gt=after)
    first = rows.order_by("identifier__profile_id", "first_seen_at").distinct("identifier__profile_id")
    return [
        MemberShown(row.identifier.profile_id, row.identifier.kind, row.identifier.value, row.first_seen_at)
        for row in first.select_related("identifier")[: limit + 1]
    ]


def _values(row: Account) -> dict[str, Any]:
    return {name: trait[0] for name, trait in sorted(row.traits.items()) if trait[0] is not None}
