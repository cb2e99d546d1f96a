"""Undoing a merge on which later events were built: who came later goes where their own links lead."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from cdp.access.models import AuditEntry
from consent.contracts import ANALYTICS
from consent.models import Entry
from profiles.models import Identifier, IdentityChange, SeparatedIdentifier
from tests.identity_desk import world
from tests.identity_desk.test_consent import say
from tests.profiles.worlds import arrive, event, stored_people

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def support(client: Client) -> User:
    user = world.staff()
    client.force_login(user)
    return user


def undo(client: Client, change: IdentityChange) -> None:
    """As staff do it: the preview, then the button."""
    person = Identifier.objects.get(kind="user_id", value="u").profile_id
    url = f"{reverse('identity-split', args=[person])}?change={change.pk}&part={change.others[0]}"
    found = re.search(r'name="fingerprint" value="([^"]+)"', client.get(url).content.decode())
    assert found is not None
    assert client.post(url, {"fingerprint": found[1], "reason": "two people"}).status_code == 302


def people() -> set[frozenset[str]]:
    """Who is one person, by values."""
    return {frozenset(value for _, value in keys) for keys in stored_people()}


def test_an_identifier_seen_later_with_one_side_stays_with_it(client: Client, support: User) -> None:
    arrive([event("user_id:u", "email:a", at=1, n=1), event("anonymous_id:x", "phone:p", at=2, n=2)])
    arrive([event("user_id:u", "anonymous_id:x", at=3, n=3)])
    arrive([event("phone:p", "device_id:d", at=4, n=4), event("email:a", "device_id:e", at=5, n=5)])
    assert len(people()) == 1
    undo(client, IdentityChange.objects.get(kind="merged"))
    assert people() == {frozenset({"u", "a", "e"}), frozenset({"x", "p", "d"})}
    assert SeparatedIdentifier.objects.count() == 4


def test_undoing_the_first_of_two_merges_keeps_the_second(client: Client, support: User) -> None:
    arrive([event("user_id:u", at=1, n=1), event("anonymous_id:x", at=2, n=2), event("device_id:d", at=3, n=3)])
    arrive([event("user_id:u", "anonymous_id:x", at=4, n=4)])
    first = IdentityChange.objects.get(kind="merged")
    arrive([event("anonymous_id:x", "device_id:d", at=5, n=5)])
    undo(client, first)
    assert people() == {frozenset({"u"}), frozenset({"x", "d"})}


def test_a_refusal_told_later_by_a_new_device_is_carried_to_the_other_side(client: Client, support: User) -> None:
    arrive([event("user_id:u", at=1, n=1), event("anonymous_id:x", at=2, n=2)])
    arrive([event("user_id:u", "anonymous_id:x", at=3, n=3)])
    arrive([event("anonymous_id:x", "device_id:d", at=4, n=4)])
    say("denied", "device_id:d", ANALYTICS)
    undo(client, IdentityChange.objects.get(kind="merged"))
    carried = Entry.objects.filter(method="staff").values_list("identifier_id", "state")
    assert list(carried) == [(Identifier.objects.get(kind="user_id").pk, "withdrawn")]


def test_a_preview_shows_people_and_is_audited_as_a_look_at_them(client: Client, support: User) -> None:
    arrive([event("user_id:u", "anonymous_id:x", at=1, n=1)])
    person = Identifier.objects.get(kind="user_id").profile_id
    picked = Identifier.objects.get(kind="anonymous_id").pk
    for _ in range(2):
        assert client.get(f"{reverse('identity-split', args=[person])}?pick={picked}").status_code == 200
    found = AuditEntry.objects.values_list("action", "subject", "reason", "actor")
    assert list(found) == [("viewed", f"profile:{person}", "identity preview", support.pk)]
