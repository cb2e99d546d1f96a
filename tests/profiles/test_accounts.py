"""Accounts from group calls: the last word holds, members are identifiers, any order and any repetition is the same."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.models import Source
from profiles import queries
from profiles.contracts import GroupSighting
from profiles.models import Account, AccountMember, Identifier
from profiles.services.accounts import fold_accounts
from tests.events.conftest import browser, send, server, work
from tests.profiles.worlds import T0, arrive, event, forget_everything

__all__ = ["browser", "send", "server", "work"]
pytestmark = pytest.mark.django_db(transaction=True)
EACH = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def told() -> list[tuple[Any, ...]]:
    return [
        (a.group_id, a.traits, a.first_seen_at, a.last_seen_at, sorted(
            (m.identifier.value, m.first_seen_at, m.last_seen_at) for m in a.members.select_related("identifier")
        ))
        for a in Account.objects.order_by("group_id")
    ]  # fmt: skip


def group(user: str, group_id: str, at: str, **traits: Any) -> dict[str, Any]:
    return {"type": "group", "userId": user, "groupId": group_id, "traits": traits, "timestamp": at}


def test_group_calls_make_accounts_with_members(
    send: Callable[..., Any], work: Callable[[], int], drain: Callable[..., int], server: Source
) -> None:
    send([group("u1", "acme", "2026-05-01T00:00:00Z", name="Acme", plan="free")])
    send(
        [group("u2", "acme", "2026-05-03T00:00:00Z", plan="paid"), {"type": "track", "event": "group", "userId": "u3"}]
    )
    send([group("u1", "null", "2026-05-04T00:00:00Z")])
    drain()
    (account,) = Account.objects.all()
    assert {name: value for name, (value, *_) in account.traits.items()} == {"name": "Acme", "plan": "paid"}
    assert (account.first_seen_at.day, account.last_seen_at.day) == (1, 3)
    assert sorted(account.members.values_list("identifier__value", flat=True)) == ["u1", "u2"]
    (fact,) = queries.accounts_of([Identifier.objects.get(value="u2").pk])
    assert (fact.group_id, fact.name, fact.traits["plan"], fact.first_seen_at.day) == ("acme", "Acme", "paid", 3)


@EACH
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 9), st.integers(0, 3)), max_size=15),
       st.randoms(use_true_random=False))  # fmt: skip
def test_any_order_batches_and_repetitions_give_the_same_accounts(
    calls: list[tuple[int, int, int, int]], shuffler: random.Random
) -> None:
    forget_everything()
    ids = list(arrive([event(f"user_id:u{i}") for i in range(3)], fold=False).values())
    sightings = [
        GroupSighting(f"g{g}", ids[who], T0 + at, {"size": size, "name": f"n{n}"}, f"{n:032x}")
        for n, (g, who, at, size) in enumerate(calls)
    ]
    Account.objects.all().delete()
    with transaction.atomic():
        fold_accounts(sightings)
    expected = told()
    last = {g: max((c[2], n) for n, c in enumerate(calls) if c[0] == g)[1] for g in {c[0] for c in calls}}
    assert {row[0]: row[1]["name"][0] for row in expected} == {f"g{g}": f"n{n}" for g, n in last.items()}
    Account.objects.all().delete()
    again = sightings + shuffler.sample(sightings, len(sightings) // 2)
    shuffler.shuffle(again)
    while again:
        cut = shuffler.randint(1, len(again))
        with transaction.atomic():
            fold_accounts(again[:cut])
        again = again[cut:]
    assert told() == expected


def test_a_merge_moves_no_member_and_the_merged_person_is_in_both_accounts() -> None:
    ids = arrive([event("user_id:u", at=1), event("anonymous_id:a", at=2)], fold=False)
    user, browser = ids.values()
    with transaction.atomic():
        fold_accounts([GroupSighting("one", user, T0, {}, "00"), GroupSighting("two", browser, T0 + 5, {}, "01")])
    before = list(AccountMember.objects.order_by("pk").values())
    arrive([event("user_id:u", "anonymous_id:a", at=3)], fold=False)
    assert list(AccountMember.objects.order_by("pk").values()) == before
    profile_id = Identifier.objects.get(pk=user).profile_id
    mine = [fact.id for fact in queries.identifiers_of([profile_id])[profile_id]]
    assert [fact.group_id for fact in queries.accounts_of(mine)] == ["two", "one"]


def test_an_erased_member_is_left_out() -> None:
    with transaction.atomic():
        fold_accounts([GroupSighting("acme", 4711, T0, {}, "00")])
    assert (Account.objects.count(), AccountMember.objects.count()) == (1, 0)


def test_the_account_page_shows_its_people_and_masks_traits_without_the_right(client: Client) -> None:
    ids = arrive([event("user_id:ada-4711", "email:ada@example.com", at=1)])
    with transaction.atomic():
        fold_accounts([GroupSighting("acme", next(iter(ids.values())), T0, {"name": "Acme", "iban": "DE01"}, "00")])
    account = Account.objects.get()
    client.force_login(User.objects.create_superuser("root"))
    assert "Acme" in client.get("/admin/profiles/account/").content.decode()
    assert "acme" in client.get("/admin/profiles/account/?q=acme").content.decode()
    page = client.get(f"/admin/profiles/account/{account.pk}/change/").content.decode()
    assert "DE01" in page
    assert "ada@example.com" in page
    poor = User.objects.create_user("poor", is_staff=True)
    poor.user_permissions.set(Permission.objects.filter(codename__in=["view_account", "view_profile"]))
    client.force_login(poor)
    page = client.get(f"/admin/profiles/account/{account.pk}/change/").content.decode()
    assert "DE01" not in page
    assert "ada@example.com" not in page
