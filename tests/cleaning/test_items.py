"""Events made clean: which fields, where the original stays, which flags; and that nothing is shared between events."""

import json
from typing import Any

import msgspec
import pytest

from cdp.lib.clock import to_us, utc_now
from events import items, wire
from events.cleaning.ground import NO_GROUND, Ground, Place
from events.items import OpenItem

RECEIVED = to_us(utc_now())
LIMITS = wire.Limits(32 * 1024, 100)
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Safari/537.36"
)
ENCODE = msgspec.json.Encoder(decimal_format="number").encode
CLIENT = {"browser": "Chrome", "browser_version": "119", "os": "Windows", "os_version": "10", "device": "desktop"}


def opened(event: dict[str, Any], ground: Ground = NO_GROUND) -> OpenItem:
    body = json.dumps({"messageId": "m", "anonymousId": "a", **event}).encode()
    (item,) = wire.parse(body, path_type=event["type"], limits=LIMITS).items
    assert isinstance(item, wire.Item), item
    return items.open_item(item, inbox_id=1, sent_at=None, received_us=RECEIVED, ground=ground)


def identify(traits: dict[str, Any], context: dict[str, Any] | None = None, ground: Ground = NO_GROUND) -> OpenItem:
    return opened({"type": "identify", "traits": traits, "context": context or {}}, ground)


def test_every_trait_is_written_one_way_and_what_was_sent_is_kept() -> None:
    sent = {
        "email": " Anna@Example.COM ",
        "phone": "0171 1234567",
        "country": "Deutschland",
        "currency": "€",
        "locale": "de_DE.UTF-8",
        "language": "German",
        "timezone": "W. Europe Standard Time",
        "address": {"country": "Austria", "city": "Wien"},
        "name": "Anna",
    }
    found = identify(sent)
    assert found.properties == found.traits
    assert found.traits == {
        "email": "anna@example.com",
        "phone": "+491711234567",
        "country": "DE",
        "currency": "EUR",
        "locale": "de-DE",
        "language": "de",
        "timezone": "Europe/Berlin",
        "address": {"country": "AT", "city": "Wien"},
        "name": "Anna",
    }
    assert found.context == {
        "original": {
            "traits.country": "Deutschland",
            "traits.address.country": "Austria",
            "traits.currency": "€",
            "traits.locale": "de_DE.UTF-8",
            "traits.language": "German",
            "traits.timezone": "W. Europe Standard Time",
            "traits.email": " Anna@Example.COM ",
            "traits.phone": "0171 1234567",
        }
    }
    assert found.flags == ("cleaned",)


def test_what_is_clean_stays_and_is_not_flagged() -> None:
    sent = {
        "email": "anna@example.com",
        "phone": "+491711234567",
        "country": "DE",
        "currency": "EUR",
        "locale": "de-DE",
    }
    found = identify(sent)
    assert (found.traits, found.context, found.flags) == (sent, {}, ())


def test_what_cannot_be_read_stays_as_it_was_sent_and_is_flagged() -> None:
    sent = {
        "email": "not an address",
        "phone": "call me",
        "country": "Atlantis",
        "currency": "doubloons",
        "locale": "klingon",
        "timezone": "Mars/Phobos",
    }
    found = identify(sent)
    assert (found.traits, found.context) == (sent, {})
    assert set(found.flags) == {
        "email_unreadable",
        "phone_unreadable",
        "country_unreadable",
        "currency_unreadable",
        "locale_unreadable",
        "timezone_unreadable",
    }


def test_what_says_nothing_is_not_flagged() -> None:
    sent = {
        "email": "",
        "phone": None,
        "country": " ",
        "currency": None,
        "locale": "",
        "timezone": None,
        "address": None,
    }
    found = identify(sent)
    assert (found.traits, found.flags) == (sent, ())


@pytest.mark.parametrize(
    ("traits", "context", "usual", "number"),
    [
        ({"country": "Frankreich"}, {"location": {"country": "DE"}, "locale": "de-DE"}, "DE", "+33612345678"),
        ({"address": {"country": "FRA"}}, {"locale": "de-DE"}, "DE", "+33612345678"),
        ({}, {"location": {"country": "France"}, "locale": "de-DE"}, "DE", "+33612345678"),
        ({}, {"locale": "fr_FR"}, "DE", "+33612345678"),
        ({}, {"locale": "en-US"}, "FR", "+33612345678"),
        ({}, {"traits": {"country": "FR"}}, "DE", "+33612345678"),
        ({}, {}, "FR", "+33612345678"),
        ({}, {}, "", "06 12 34 56 78"),
    ],
)
def test_the_phones_country_is_the_traits_the_places_the_locales_or_the_sources(
    traits: dict[str, Any], context: dict[str, Any], usual: str, number: str
) -> None:
    assert identify({"phone": "06 12 34 56 78", **traits}, context, Ground(usual)).traits["phone"] == number


def test_a_place_found_by_address_never_counts_for_phones() -> None:
    ground = Ground(ip="203.0.113.9", locate=lambda ip: Place("FR", city="Paris") if ip == "203.0.113.9" else None)
    found = identify({"phone": "06 12 34 56 78"}, {}, ground)
    assert found.traits["phone"] == "06 12 34 56 78"
    assert found.context == {"location": {"country": "FR", "city": "Paris"}}
    assert found.flags == ("geoip", "phone_no_country")


def test_a_place_the_client_tells_is_not_replaced_and_addresses_are_shortened() -> None:
    ground = Ground(locate=lambda ip: Place("FR"))
    told = {"ip": "203.0.113.9", "location": {"country": "Germany", "city": "Bonn"}}
    found = opened({"type": "track", "event": "Seen", "context": told}, ground)
    assert found.context == {
        "ip": "203.0.113.0",
        "location": {"country": "DE", "city": "Bonn"},
        "original": {"context.location.country": "Germany"},
    }
    assert opened({"type": "track", "event": "Seen", "context": {"ip": "203.0.113.9"}}, ground).context == {
        "ip": "203.0.113.0",
        "location": {"country": "FR"},
    }


def test_traits_in_the_context_are_cleaned_as_those_of_the_event() -> None:
    context = {"traits": {"phone": "0171 1234567", "email": "A@B.de"}}
    found = opened({"type": "track", "event": "Seen", "context": context}, Ground("DE"))
    assert found.context["traits"] == {"phone": "+491711234567", "email": "a@b.de"}
    assert found.context["original"] == {"context.traits.email": "A@B.de", "context.traits.phone": "0171 1234567"}
    both = identify({"country": "DE"}, context)
    assert both.traits == {"phone": "+491711234567", "email": "a@b.de", "country": "DE"}
    assert both.context["traits"] == {"phone": "+491711234567", "email": "a@b.de"}


def test_properties_are_cleaned_where_they_name_money_or_a_person() -> None:
    sent = {"currency": "eur", "phone": "0171 1234567", "email": "A@B.de", "total": 5}
    found = opened({"type": "track", "event": "Order Completed", "properties": sent}, Ground("DE"))
    assert found.properties == {"currency": "EUR", "phone": "+491711234567", "email": "a@b.de", "total": 5}
    assert found.context["original"] == {
        "properties.currency": "eur",
        "properties.email": "A@B.de",
        "properties.phone": "0171 1234567",
    }


@pytest.mark.parametrize("value", [["EUR"], {"a": 1}, 5, True, 1e400])
def test_odd_values_do_no_harm(value: Any) -> None:
    sent = dict.fromkeys(("email", "phone", "country", "currency", "locale", "language", "timezone"), value)
    bags = {"traits": {**sent, "address": value}, "properties": sent}
    context = {**sent, "location": value, "page": value, "campaign": value, "userAgent": value, "ip": value}
    for event in (
        {"type": "identify"},
        {"type": "track", "event": "x"},
        {"type": "page"},
        {"type": "group", "groupId": "g"},
    ):
        found = opened({**event, **bags, "context": {**context, "userAgentData": value, "traits": sent}})
        json.loads(msgspec.json.encode(found.context))


def test_the_client_is_read_from_the_context_else_from_the_browsers_request() -> None:
    seen: dict[str, Any] = {"type": "track", "event": "Seen"}
    told = opened({**seen, "context": {"userAgent": CHROME}}, Ground(agent="Mozilla/5.0 (compatible; Googlebot/2.1)"))
    assert (told.context, told.flags) == ({"userAgent": CHROME, "client": CLIENT}, ())
    assert opened(seen, Ground(agent=CHROME)).context == {"client": CLIENT}
    bot = opened(seen, Ground(agent="Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"))
    assert (bot.context["client"]["device"], bot.flags) == ("bot", ("bot",))


def test_campaign_and_channel_stand_in_the_context() -> None:
    page = {"url": "https://shop.example/?utm_source=nl&utm_medium=email", "path": "/"}
    found = opened({"type": "track", "event": "Seen", "context": {"page": page}})
    assert found.context == {"page": page, "campaign": {"source": "nl", "medium": "email"}, "channel_group": "email"}
    alone = opened(
        {"type": "page", "properties": {"url": "https://shop.example/", "referrer": "https://www.bing.com/"}}
    )
    assert alone.context == {"channel_group": "organic_search"}


def test_remembered_contexts_are_not_shared_by_what_is_added_to_one() -> None:
    context = {"locale": "de_DE", "page": {"url": "https://shop.example/"}, "library": {"name": "x"}}
    event = {"type": "identify", "context": context}
    plain = opened({**event, "traits": {"name": "A"}})
    late = opened({**event, "traits": {"email": "A@b.de"}, "timestamp": "1960-01-01T00:00:00Z"})
    again = opened({**event, "traits": {"name": "A"}})
    assert "original_timestamp" in late.context
    assert late.context["original"] == {"context.locale": "de_DE", "traits.email": "A@b.de"}
    assert late.flags == ("time_absurd", "cleaned")
    assert plain.context == again.context
    assert again.context["original"] == {"context.locale": "de_DE"}
    assert "original_timestamp" not in again.context
    assert again.flags == ("cleaned",)


@pytest.mark.parametrize("key", ["userToken", "user\\u0054oken"])
def test_a_context_with_a_user_token_is_nobody_elses_and_is_not_yet_written(key: str) -> None:
    body = b'{"anonymousId": "a", "event": "x", "context": {"%b": "secret"}}' % key.encode()
    for _ in range(2):
        (item,) = wire.parse(body, path_type="track", limits=LIMITS).items
        assert isinstance(item, wire.Item)
        found = items.open_item(item, inbox_id=1, sent_at=None, received_us=RECEIVED)
        assert found.context_json is None
        assert found.context.pop("userToken") == "secret"


def test_the_remembered_json_is_that_of_the_context() -> None:
    for context in (
        {},
        {"locale": "de_DE"},
        {"n": 1.50, "page": {"url": "https://x.example/?gclid=1"}},
        {"t": "ä\\\n\t"},
    ):
        found = opened({"type": "track", "event": "Seen", "context": context})
        assert found.context_json is not None
        assert json.loads(found.context_json) == json.loads(ENCODE(found.context))
