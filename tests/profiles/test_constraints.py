"""Each promise the database keeps for profiles, broken once."""

import uuid
from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction

from cdp.lib.clock import EPOCH
from profiles.models import Identifier, IdentifierState, Link, Profile

pytestmark = pytest.mark.django_db


def identifier(value: str = "u", **more: object) -> Identifier:
    return Identifier.objects.create(
        **{"kind": "user_id", "value": value, "first_seen_at": EPOCH, "profile_id": uuid.uuid4(), **more}
    )


def refused_by(constraint: str, write: Callable[[], object]) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        write()


def test_an_identifier_exists_once() -> None:
    first = identifier()
    refused_by("profiles_identifier_once", identifier)
    refused_by("minted_id", lambda: identifier("v", minted_id=first.minted_id))
    assert Identifier.objects.count() == 1


def test_an_identifier_names_something_and_counts_from_zero() -> None:
    refused_by("profiles_identifier_names_something", lambda: identifier(""))
    refused_by("profiles_identifier_names_something", lambda: identifier(kind=""))
    refused_by("profiles_identifier_degree_counts", lambda: identifier(degree=-1))


def test_a_link_exists_once_and_in_order() -> None:
    a, b = identifier("a"), identifier("b")
    Link.objects.create(a=a, b=b, first_seen_at=EPOCH)
    refused_by("profiles_link_once", lambda: Link.objects.create(a=a, b=b, first_seen_at=EPOCH))
    refused_by("profiles_link_ordered", lambda: Link.objects.create(a=b, b=a, first_seen_at=EPOCH))
    refused_by("profiles_link_ordered", lambda: Link.objects.create(a=a, b=a, first_seen_at=EPOCH))
    assert Link.objects.count() == 1


def test_times_seen_stand_exactly_where_events_were_counted() -> None:
    one = identifier()
    refused_by("profiles_state_seen_as_counted", lambda: IdentifierState.objects.create(identifier=one, event_count=1))
    refused_by("profiles_profile_seen_as_counted", lambda: Profile.objects.create(id=uuid.uuid4(), first_seen_at=EPOCH))
