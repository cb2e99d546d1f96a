"""Merge storms: blocked values, kiosks, family addresses and endless chains join nobody wrongly, and are told of."""

import time
import uuid
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cdp.alarms.models import Alarm
from cdp.lib.clock import utc_now
from profiles.models import Identifier, IdentityChange, Link
from profiles.services import neighborhoods, watching
from tests.profiles.worlds import arrive, event, stored_people

pytestmark = pytest.mark.django_db(transaction=True)


def alarms() -> dict[str, str]:
    return dict(Alarm.objects.filter(cleared_at=None).values_list("code", "message"))


def test_a_kiosk_with_5000_logins_joins_nobody_and_is_listed() -> None:
    logins = [event(f"user_id:u{i}", "device_id:kiosk", at=i) for i in range(5_000)]
    for start in range(0, len(logins), 1_000):
        arrive(logins[start : start + 1_000], fold=False)
    sizes = Counter(len(group) for group in stored_people())
    assert sizes == {1: 5_001}
    watching.watch_slice()
    assert "5,000 people" in alarms()["identity.shared"]


def test_a_family_address_joins_no_two_accounts() -> None:
    arrive([event(f"user_id:u{i}", "email:family@x.example", at=i) for i in range(4)], fold=False)
    users = [row.profile_id for row in Identifier.objects.filter(kind="user_id")]
    assert len(set(users)) == 4
    watching.watch_slice()
    assert alarms() == {}


def test_many_browsers_of_one_blocked_guest_id_stay_strangers() -> None:
    """What names nobody never arrives as an identifier; a till's id does until it is blocked: its limit holds."""
    arrive([event("user_id:till", f"email:e{i}@x.example", f"anonymous_id:a{i}", at=i) for i in range(200)], fold=False)
    with_till = Identifier.objects.get(kind="user_id").profile_id
    assert Identifier.objects.filter(kind="email", profile_id=with_till).count() == 5
    by_email = Counter(Identifier.objects.filter(kind="email").values_list("profile_id", flat=True))
    assert sorted(by_email.values())[-2:] == [1, 5]


def test_a_chain_of_30000_identifiers_keeps_ingesting_in_bounded_time_and_is_told_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Each batch takes at most some walks of 20,000 identifiers; the chain itself is put there by SQL."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO profiles_identifier (id, kind, value, first_seen_at, minted_id, profile_id)
            SELECT n, 'anonymous_id', 'a' || n, now(), u, u FROM (
                SELECT n, gen_random_uuid() AS u FROM generate_series(1, 30000) AS n) AS made"""
        )
        cursor.execute("SELECT setval(pg_get_serial_sequence('profiles_identifier', 'id'), 30000)")
        cursor.execute("INSERT INTO profiles_identifierstate (identifier_id, traits, counters, event_count)"
                       " SELECT n, '{}', '{}', 0 FROM generate_series(1, 30000) AS n")  # fmt: skip
        cursor.execute("INSERT INTO profiles_link (a_id, b_id, first_seen_at)"
                       " SELECT n, n + 1, now() FROM generate_series(1, 29999) AS n")  # fmt: skip
        cursor.execute("ANALYZE profiles_identifier, profiles_link")
    began = time.monotonic()
    for batch in range(2):
        arrive([event(f"anonymous_id:a{batch * 9_000 + i * 50 + 1}", f"user_id:u{batch}-{i}") for i in range(50)])
    took = time.monotonic() - began
    print(f"{took / 100 * 1000:.1f} ms an event into a chain of 30,000")
    assert took < 60
    assert Identifier.objects.filter(kind="user_id").count() == 100
    assert Link.objects.count() == 29_999 + 100
    assert "More than 20,000" in alarms()["identity.oversized"]
    assert "left as it is" in caplog.text
    watching.watch_slice()
    assert "identity.oversized" in alarms()
    monkeypatch.setattr(neighborhoods, "MAX_WALK", 50_000)
    watching.watch_slice()
    assert "identity.oversized" not in alarms()


def merged(count: int, *, minutes_ago: float, others: int = 1) -> None:
    at = utc_now() - timedelta(minutes=minutes_ago)
    winner = uuid.uuid4()
    IdentityChange.objects.bulk_create(
        IdentityChange(
            at=at,
            kind="merged",
            rules_number=0,
            profile_id=winner if others > 1 else uuid.uuid4(),
            others=[uuid.uuid4() for _ in range(others)],
        )
        for _ in range(count)
    )


def test_a_storm_of_merges_raises_an_alarm_that_ends_with_it() -> None:
    merged(20, minutes_ago=3 * 24 * 60)
    merged(900, minutes_ago=30)
    watching.watch_slice()
    assert alarms() == {}
    merged(200, minutes_ago=10)
    watching.watch_slice()
    assert "1,100 profiles merged within an hour" in alarms()["identity.merge_storm"]
    IdentityChange.objects.all().delete()
    watching.watch_slice()
    assert alarms() == {}


def test_a_shop_that_always_merges_much_is_left_in_peace() -> None:
    merged(1, minutes_ago=50 * 60, others=30_000)
    merged(1_100, minutes_ago=10)
    watching.watch_slice()
    assert alarms() == {}


def test_one_profile_that_swallows_others_is_told_of_while_it_is_new() -> None:
    merged(1, minutes_ago=10, others=51)
    merged(1, minutes_ago=10, others=50)
    merged(1, minutes_ago=25 * 60, others=500)
    watching.watch_slice()
    assert "took in 51 other profiles" in alarms()["identity.swallowed"]
    assert Alarm.objects.count() == 1


def test_the_watch_costs_a_handful_of_statements() -> None:
    merged(10, minutes_ago=10)
    with CaptureQueriesContext(connection) as queries:
        watching.watch_slice()
    assert len(queries) < 12
