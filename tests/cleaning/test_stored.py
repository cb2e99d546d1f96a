"""Clean events in the log, on profiles and in the counters, whatever the order of arrival."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from events.models import Event, Inbox, Source, SourceDay
from events.queries import forget_sources
from events.services import process_slice
from profiles.models import Identifier, Profile
from tests.cleaning.mmdb import write_mmdb

pytestmark = pytest.mark.django_db(transaction=True)
Post = Callable[..., None]
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.fixture
def shop() -> Source:
    return Source.objects.create(name="backend", kind=Source.Kind.SERVER, country="DE")


@pytest.fixture
def page() -> Source:
    return Source.objects.create(name="shop", kind=Source.Kind.BROWSER)


@pytest.fixture
def post() -> Post:
    """`post(source, item, …)` sends the items as one request and works the inbox."""

    def send(source: Source, *sent: dict[str, Any], **head: Any) -> None:
        body = json.dumps({"batch": [{"type": "track", "event": "Seen", **item} for item in sent]})
        answer = Client().post(
            "/v1/batch", body, content_type="text/plain", headers={"X-Write-Key": source.write_key}, **head
        )
        assert answer.status_code == 200, answer.content
        while process_slice():
            pass

    return send


def test_a_national_number_is_the_same_person_as_its_international_one(shop: Source, post: Post) -> None:
    post(shop, {"type": "identify", "userId": "anna", "messageId": "1", "traits": {"phone": "0171 1234567"}})
    post(shop, {"type": "identify", "anonymousId": "a1", "messageId": "2", "traits": {"phone": "+49 171 1234567"}})
    assert list(Identifier.objects.filter(kind="phone").values_list("value", flat=True)) == ["+491711234567"]
    assert Identifier.objects.values("profile_id").distinct().count() == 1
    stored = Event.objects.get(inbox_id=Inbox.objects.earliest("id").pk)
    assert stored.properties == {"phone": "+491711234567"}
    assert stored.context == {"original": {"traits.phone": "0171 1234567"}}
    assert stored.flags == ["cleaned"]
    assert bytes(Inbox.objects.earliest("id").body).count(b"0171 1234567") == 1


def test_traits_reach_the_profile_clean(shop: Source, post: Post) -> None:
    post(
        shop, {"type": "identify", "userId": "anna", "traits": {"country": "Deutschland", "email": "Anna@Example.com"}}
    )
    (profile,) = Profile.objects.all()
    assert {name: trait[0] for name, trait in profile.traits.items()} == {"country": "DE", "email": "anna@example.com"}


def test_the_order_of_arrival_changes_nothing(shop: Source, post: Post) -> None:
    told = {"type": "identify", "userId": "u", "timestamp": "2026-01-01T00:00:00Z"}
    sent = [
        {**told, "messageId": "a", "traits": {"phone": "0171 1234567", "country": "AT"}},
        {**told, "messageId": "b", "traits": {"phone": "0171 1234567"}, "context": {"locale": "de_CH"}},
        {**told, "messageId": "c", "traits": {"phone": "0171 1234567"}},
        {**told, "messageId": "d", "traits": {"phone": "nobody"}},
    ]
    states: list[list[Any]] = []
    for order in (sent, sent[::-1]):
        Event.objects.all().delete()
        other = Source.objects.create(name=f"again {len(states)}", kind=Source.Kind.SERVER, country="DE")
        forget_sources()
        for item in order:
            post(other, {**item, "userId": f"u{len(states)}"})
        rows = Event.objects.order_by("message_hash").values_list("properties", "context", "flags")
        states.append([(*row,) for row in rows])
    assert states[0] == states[1]
    assert len(states[0]) == 4


def test_bots_are_stored_flagged_and_counted(page: Source, post: Post) -> None:
    post(page, {"anonymousId": "a", "messageId": "1"}, HTTP_USER_AGENT=BOT)
    post(page, {"anonymousId": "a", "messageId": "1"}, {"anonymousId": "b", "messageId": "2"}, HTTP_USER_AGENT=BOT)
    post(page, {"anonymousId": "c", "messageId": "3"}, HTTP_USER_AGENT="python-requests/2.31")
    day = SourceDay.objects.get()
    assert (day.received, day.accepted, day.duplicates, day.bots) == (4, 3, 1, 2)
    assert sorted(flag for event in Event.objects.all() for flag in event.flags) == ["bot", "bot"]


def test_a_servers_own_agent_says_nothing_of_the_person(shop: Source, post: Post) -> None:
    post(shop, {"userId": "a", "messageId": "1"}, HTTP_USER_AGENT=BOT)
    assert (Event.objects.get().context, Event.objects.get().flags) == ({}, [])


def test_places_are_noted_and_addresses_are_not_kept_whole(
    page: Source, shop: Source, post: Post, tmp_path: Path, settings: Settings
) -> None:
    file = tmp_path / "city.mmdb"
    file.write_bytes(write_mmdb("203.0.113.0/24", {"country": {"iso_code": "DE"}, "city": {"names": {"en": "Berlin"}}}))
    settings.GEOIP_DATABASE = str(file)
    post(page, {"anonymousId": "a", "messageId": "1"}, REMOTE_ADDR="203.0.113.77")
    post(shop, {"userId": "u", "messageId": "2", "context": {"ip": "203.0.113.77"}}, REMOTE_ADDR="198.51.100.1")
    of_page, of_server = (Event.objects.get(source_id=source.pk) for source in (page, shop))
    assert (of_page.context, of_page.flags) == ({"location": {"country": "DE", "city": "Berlin"}}, ["geoip"])
    assert of_server.context == {"ip": "203.0.113.0", "location": {"country": "DE", "city": "Berlin"}}


def test_odd_texts_reach_the_log_as_they_were(shop: Source, post: Post) -> None:
    odd = 'tab\t, line\n, "quote", back\\slash, \\N, ünïcode 🙂, {curly}, \x7f'
    post(
        shop,
        {
            "event": odd,
            "userId": "u",
            "properties": {odd: odd, "cart_id": "c\\1", "price": 1.50},
            "context": {odd: [odd]},
        },
    )
    stored = Event.objects.get()
    assert (stored.name, stored.context) == (odd.strip(), {odd: [odd]})
    assert stored.properties == {odd: odd, "cart_id": "c\\1", "price": 1.5}
    assert (stored.cart_id, stored.order_id, stored.flags) == (None, None, [])
    assert (stored.inbox_id, stored.index, stored.server_side) == (Inbox.objects.get().pk, 0, True)
    assert stored.received_at == Inbox.objects.get().received_at
