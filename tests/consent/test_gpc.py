"""`Sec-GPC: 1` on a request that says whom it is about is kept, once a change, and never in the way."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from consent import queries, services
from consent.contracts import Subject
from consent.models import Entry
from consent.services.gpc import forget_gpc
from events.models import Source
from profiles.contracts import IdentifierKey, Sighting
from profiles.services import register_sightings

pytestmark = pytest.mark.django_db(transaction=True)
GPC = {"Sec-GPC": "1"}


@pytest.fixture
def device() -> int:
    now = int(utc_now().timestamp() * 1_000_000)
    key = IdentifierKey("anonymous_id", "anon-1")
    return register_sightings([Sighting((key,), now, now, 1, b"m" * 16)])[key]


def said() -> list[tuple[Any, ...]]:
    return list(Entry.objects.values_list("identifier_id", "purpose_id", "state", "method"))


def test_asking_for_recommendations_with_the_signal_denies_sharing_for_that_device(client: Client, device: int) -> None:
    key = Source.objects.create(name="Shop", kind="browser").write_key
    path = f"/v1/recommendations?writeKey={key}&anonymous_id=anon-1"
    for _ in range(3):
        assert client.get(path, headers=GPC).status_code == 200
    assert said() == [(device, "third_party_sharing", "denied", "gpc")]
    decision = queries.allows(Subject(identifier_ids=(device,)), "third_party_sharing", utc_now())
    assert (decision.allowed, decision.reason) == (False, "denied")


@pytest.mark.parametrize("value", ["0", "true", "", "11"])
def test_only_exactly_one_is_the_signal(client: Client, device: int, value: str) -> None:
    key = Source.objects.create(name="Shop", kind="browser").write_key
    client.get(f"/v1/recommendations?writeKey={key}&anonymous_id=anon-1", headers={"Sec-GPC": value})
    assert said() == []


def test_it_is_written_once_until_something_else_is_said_whoever_asks(device: int) -> None:
    now = utc_now()
    environ = {"HTTP_SEC_GPC": "1"}
    assert services.note_gpc(environ, now=now, identifier_id=device)
    forget_gpc()  # another process
    assert not services.note_gpc(environ, now=now, identifier_id=device)
    forget_gpc()
    assert not services.note_gpc(environ, now=now + timedelta(days=1), identifier_id=device)
    assert len(said()) == 1


def test_somebody_s_page_with_the_signal_denies_sharing_for_the_address(client: Client) -> None:
    address = "jane@example.com"
    url = queries.preferences_url(address, 0)
    path = "/" + url.split("/", 3)[3]
    client.get(path, headers=GPC)
    assert said() == []  # looking changes nothing
    assert client.post(path, {}, headers=GPC).status_code == 200
    assert list(Entry.objects.filter(method="gpc").values_list("purpose_id", flat=True)) == ["third_party_sharing"]
    subject = Subject(address_hash=address_hash(address))
    assert queries.allows(subject, "third_party_sharing", utc_now()).reason == "denied"
