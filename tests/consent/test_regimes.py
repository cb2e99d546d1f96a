"""Which law holds for a person: the table, and what is read of people in the database."""

import zoneinfo
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from pytest_django import Settings

from consent import queries, regimes
from consent.contracts import CAN_SPAM, CCPA, GDPR, OTHER, PERSONALIZATION, RegimeFound, Subject
from consent.models import Place
from consent.services import note_places
from consent.services.places import forget_places
from profiles.contracts import IdentifierKey
from profiles.models import Identifier
from profiles.services import fold_deltas
from tests.commerce.facts import START
from tests.commerce.world import make_source, send, track
from tests.profiles.worlds import arrive, deltas_of, event

T0 = datetime(2026, 3, 1, tzinfo=UTC)
T0_US = int(T0.timestamp()) * 1_000_000
HOUR_US = 3_600_000_000


def found(**known: Any) -> tuple[str, str, str]:
    asked = {"country": None, "address": None, "state": None, "time_zone": "", "default": GDPR} | known
    law = regimes.derive(**asked)
    return law.regime, law.by, law.detail


@pytest.mark.parametrize(
    ("known", "law"),
    [
        ({}, (GDPR, "default", "")),
        ({"default": OTHER}, (OTHER, "default", "")),
        ({"country": "DE"}, (GDPR, "country", "DE")),
        ({"country": "de "}, (GDPR, "country", "DE")),
        ({"country": "UK"}, (GDPR, "country", "GB")),
        ({"country": "CH"}, (GDPR, "country", "CH")),
        ({"country": "NO"}, (GDPR, "country", "NO")),
        ({"country": "RE"}, (GDPR, "country", "RE")),
        ({"country": "JP"}, (OTHER, "country", "JP")),
        ({"country": "US"}, (CCPA, "country", "US")),
        ({"country": "US", "state": "CA"}, (CCPA, "country", "US-CA")),
        ({"country": "US", "state": "California"}, (CCPA, "country", "US-CA")),
        ({"country": "US", "state": "US-NY"}, (CAN_SPAM, "country", "US-NY")),
        ({"country": "US", "address": {"state": "Ohio"}}, (CAN_SPAM, "country", "US-OH")),
        ({"country": "US", "address": {"country": "US", "region": "TX"}}, (CCPA, "country", "US-TX")),
        ({"country": "US", "address": {"country": "CA", "state": "AL"}}, (CCPA, "country", "US")),
        ({"country": "US", "state": "Bavaria"}, (CCPA, "country", "US")),
        ({"country": "PR"}, (CAN_SPAM, "country", "PR")),
        # What was declared comes before the address, the address before the clock on the wall.
        ({"country": "FR", "address": {"country": "US"}, "time_zone": "Asia/Tokyo"}, (GDPR, "country", "FR")),
        ({"address": {"country": "US", "state": "NY"}, "time_zone": "Europe/Paris"}, (CAN_SPAM, "address", "US-NY")),
        ({"address": {"country": "germany", "city": "Berlin"}}, (GDPR, "address", "DE")),
        ({"address": {"country": "nowhere"}, "time_zone": "Europe/Paris"}, (GDPR, "time_zone", "Europe/Paris")),
        ({"country": 7, "address": ["US"], "time_zone": "America/New_York"}, (CCPA, "time_zone", "America/New_York")),
        ({"country": "ZZ", "time_zone": "Asia/Calcutta"}, (OTHER, "time_zone", "Asia/Calcutta")),
        ({"time_zone": "US/Pacific"}, (CCPA, "time_zone", "US/Pacific")),
        ({"time_zone": "Europe/Belfast"}, (GDPR, "time_zone", "Europe/Belfast")),
        ({"time_zone": "Atlantic/Canary"}, (GDPR, "time_zone", "Atlantic/Canary")),
        ({"time_zone": "UTC"}, (GDPR, "default", "")),
        ({"time_zone": "Etc/GMT+5", "default": CCPA}, (CCPA, "default", "")),
        ({"time_zone": "Mars/Olympus", "default": OTHER}, (OTHER, "default", "")),
    ],
)
def test_the_law_is_derived_from_the_best_that_is_known(known: dict[str, Any], law: tuple[str, str, str]) -> None:
    assert found(**known) == law


def test_every_time_zone_of_a_place_has_a_country() -> None:
    without = {name for name in zoneinfo.available_timezones() if not regimes.country_of_zone(name)}
    of_places = {name for name in without if "/" in name and not name.startswith(("Etc/", "Antarctica/"))}
    assert of_places <= {"America/Coyhaique"}  # newer than the tables of some releases


def test_every_member_of_the_union_is_known() -> None:
    assert len(regimes.EU) == 27
    assert all(regimes.country_code(code) == code for code in regimes.EU | regimes.EEA | {"GB", "CH", "US"})


def person(name: str, traits: dict[str, Any], **more: Any) -> Subject:
    ids = arrive([event(f"user_id:{name}", f"anonymous_id:{name}", at=5, traits=traits, **more)], fold=False)
    told = [event(f"user_id:{name}", at=5, traits=traits, **more)]
    with transaction.atomic():
        fold_deltas(deltas_of(told, ids))
    return Subject(identifier_ids=tuple(sorted(ids.values())))


@pytest.mark.django_db
def test_people_are_judged_by_their_traits_and_else_by_the_zone_their_devices_told_last(settings: Settings) -> None:
    settings.CONSENT_DEFAULT_REGIME = CAN_SPAM
    german = person("g", {"country": "DE"}, n=1)
    texan = person("t", {"address": {"country": "US", "state": "TX"}}, n=2)
    traveller = person("z", {}, n=3)
    unknown = person("n", {}, n=4)
    with transaction.atomic():
        note_places(
            [
                (traveller.identifier_ids[0], "Europe/Paris", T0_US),
                (traveller.identifier_ids[1], "Asia/Tokyo", T0_US + 1),
                (german.identifier_ids[0], "America/New_York", T0_US),
            ]
        )
    assert queries.regimes_of([german, texan, traveller, unknown, Subject(b"a" * 16)]) == [
        RegimeFound(GDPR, "country", "DE"),
        RegimeFound(CCPA, "address", "US-TX"),
        RegimeFound(OTHER, "time_zone", "Asia/Tokyo"),
        RegimeFound(CAN_SPAM, "default"),
        RegimeFound(CAN_SPAM, "default"),
    ]
    asked = [queries.allows(one, PERSONALIZATION, T0).reason for one in (german, texan, traveller, unknown)]
    assert asked == ["default_denied", "default_allowed", "default_allowed", "default_allowed"]


@pytest.mark.django_db(transaction=True)
def test_the_zone_of_the_latest_event_stays_whatever_the_order_they_are_stored_in() -> None:
    told = [(1, "Europe/Paris", T0_US), (1, "Asia/Tokyo", T0_US + 9), (2, "Asia/Tokyo", T0_US), (1, "UTC", T0_US + 99)]
    told += [(2, "nowhere", T0_US + 5), (2, {"zone": 1}, T0_US + 5), (2, None, T0_US + 5)]  # type: ignore[list-item]
    for pieces in ([told], [[one] for one in told], [[one] for one in reversed(told)]):
        Place.objects.all().delete()
        forget_places()
        for piece in pieces:
            with transaction.atomic():
                note_places(piece)
        assert set(Place.objects.values_list("identifier_id", "time_zone")) == {(1, "Asia/Tokyo"), (2, "Asia/Tokyo")}


@pytest.mark.django_db(transaction=True)
def test_a_zone_told_again_is_written_once_an_hour_and_an_older_event_never_takes_its_place() -> None:
    def note(zone: str, at_us: int) -> int:
        with transaction.atomic():
            return note_places([(1, zone, at_us)])

    assert [note("Europe/Paris", T0_US), note("Europe/Paris", T0_US + HOUR_US - 1)] == [1, 0]
    assert note("Asia/Tokyo", T0_US + HOUR_US - 2) == 0
    assert note("Europe/Paris", T0_US + HOUR_US) == 1
    assert list(Place.objects.values_list("time_zone", flat=True)) == ["Europe/Paris"]
    assert note("Asia/Tokyo", T0_US + HOUR_US + 1) == 1
    assert list(Place.objects.values_list("time_zone", flat=True)) == ["Asia/Tokyo"]


@pytest.mark.django_db(transaction=True)
def test_what_was_not_committed_is_not_remembered() -> None:
    with transaction.atomic():
        note_places([(1, "Europe/Paris", T0_US)])
        transaction.set_rollback(True)
    with transaction.atomic():
        assert note_places([(1, "Europe/Paris", T0_US)]) == 1


@pytest.mark.django_db
def test_an_identifier_that_was_never_seen_is_judged_by_the_default() -> None:
    assert queries.regimes_of([Subject(identifier_ids=(987_654,)), Subject()]) == [RegimeFound(OTHER, "default")] * 2
    assert IdentifierKey("user_id", "x") not in arrive([event("user_id:y", at=1)])


@pytest.mark.django_db(transaction=True)
def test_the_time_zone_of_stored_events_is_kept_and_decides(drain: Callable[..., int], settings: Settings) -> None:
    settings.CONSENT_DEFAULT_REGIME = OTHER
    source = make_source("browser")
    paris = track("Product Viewed", 1, anonymous="a") | {"context": {"timezone": "europe/paris"}}
    send(source, paris, track("Product Viewed", 2, anonymous="a"), track("Product Viewed", 1, anonymous="b"))
    drain(only={"events.process"})
    place = Place.objects.get()
    assert (place.time_zone, place.said_at) == ("Europe/Paris", START + timedelta(minutes=1))
    subjects = [Subject(identifier_ids=(row.pk,)) for row in Identifier.objects.order_by("value")]
    assert [queries.allows(one, PERSONALIZATION, T0).reason for one in subjects] == [
        "default_denied",
        "default_allowed",
    ]
