"""The ledger: what is reserved, redeemed and given back, each once; every limit refuses with its reason."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from cdp.alarms.models import Alarm
from cdp.lib.clock import utc_now
from cdp.outbox.models import TopicRow
from offers.models import Budget, Code, Offer, PersonUse, Redemption
from offers.queries.redemptions import differences, find
from offers.redeeming import NewReservation, Redeeming
from offers.services import counting, ledger
from offers.services.codes import restore_pool, void_code, void_pool
from offers.services.expiring import expire_slice
from tests.offers.ledgers import live, person, pooled, redeem, release, reserve, shared, somebody, used
from tests.threads import in_threads

pytestmark = pytest.mark.django_db


def test_a_use_is_reserved_redeemed_and_given_back_each_once() -> None:
    offer, now = live(count=5, money="100"), utc_now()
    held = reserve("k1", now, amount=Decimal("7.105"), currency="eur", order_id="o1")
    assert (held.state, held.amount, held.expires_at) == ("reserved", Decimal("7.11"), now + timedelta(minutes=30))
    assert reserve("k1", amount=Decimal(9)) == replace(held, is_new=False)
    assert used(offer) == (1, Decimal("7.11"))
    done = redeem("k1", order_id="o1")
    assert (done.state, done.id, done.is_new) == ("redeemed", held.id, True)
    assert (redeem("k1").is_new, redeem("k1", order_id="o2").reason) == (False, "redeemed_by_another_order")
    assert used(offer) == (1, Decimal("7.11"))
    assert release("k1", reason="order_cancelled").is_new is True
    assert [release("k1").state, release("k1").is_new] == ["released", False]
    assert (redeem("k1").reason, used(offer), differences()) == ("released", (0, Decimal(0)), [])
    assert [release("none").reason, redeem("none").reason, find("none")] == ["unknown", "unknown", None]
    told = list(TopicRow.objects.order_by("pk").values_list("topic", "payload"))
    ids = {"redemption_ids": [str(held.id)]}
    assert told == [("offer.redeemed", ids), ("offer.released", ids)]


def test_dinars_are_counted_to_the_third_decimal_and_yen_whole() -> None:
    offer = live()
    Budget.objects.filter(offer=offer).update(currency="KWD", money_limit="1.000")
    assert reserve("k1", amount=Decimal("0.9995")).reason == ""
    assert reserve("k2", amount=Decimal("0.001")).reason == "budget_used_up"
    assert (str(find("k1").amount), used(offer)) == ("1.000", (1, Decimal("1.000")))  # type: ignore[union-attr]
    Budget.objects.filter(offer=offer).update(currency="", money_limit=None)
    assert str(reserve("k3", amount=Decimal("100.5"), currency="JPY").amount) == "101"


def test_an_amount_that_changes_on_the_way_changes_the_budget_or_is_refused_by_it() -> None:
    offer = live(money="20")
    reserve("k1", amount=Decimal(10), currency="EUR")
    asked = [Redeeming(new=NewReservation("k1"), amount=Decimal("20.01"))]
    assert ledger.redeem(asked, utc_now())[0].reason == "budget_used_up"
    assert used(offer) == (1, Decimal(10))
    assert ledger.redeem([replace(asked[0], amount=Decimal(20))], utc_now())[0].amount == Decimal(20)
    assert (used(offer), differences()) == ((1, Decimal(20)), [])


@pytest.mark.parametrize(
    ("terms", "asked", "reason"),
    [
        ({}, {"offer": "none"}, "offer_unknown"),
        ({}, {"code": "none"}, "code_unknown"),
        ({"needs_code": True}, {"offer": "ten"}, "code_needed"),
        ({}, {"offer": "ten", "code": "OTHER1"}, "code_of_another_offer"),
        ({"starts_at": "2099-01-01T00:00:00+00:00"}, {}, "not_started"),
        ({"ends_at": "2020-01-01T00:00:00+00:00"}, {}, "offer_over"),
        ({"cap_per_person": 1}, {}, "person_needed"),
        ({"count": 0}, {}, "budget_used_up"),
        ({"money": "5"}, {"amount": Decimal("5.01")}, "budget_used_up"),
        ({"money": "5"}, {"amount": Decimal(5), "currency": "USD"}, "currency_of_another"),
        ({}, {"amount": Decimal(-1)}, "amount_unusable"),
        ({}, {"amount": Decimal("NaN")}, "amount_unusable"),
    ],
)
def test_a_refusal_has_its_reason_and_counts_nothing(terms: Any, asked: Any, reason: str) -> None:
    offer = live(**terms)
    shared(live("other"), "OTHER-1")
    assert reserve("k1", **asked).reason == reason
    assert (used(offer), Redemption.objects.count(), PersonUse.objects.count()) == ((0, Decimal(0)), 0, 0)
    assert reserve("k2", offer="other").state == "reserved"


def test_a_paused_offer_and_a_key_of_something_else_are_refused() -> None:
    offer = live()
    live("other")
    assert reserve("k1").state == "reserved"
    assert reserve("k1", offer="other").reason == "key_reused"
    assert redeem("k1", offer="other").reason == "key_reused"
    Offer.objects.filter(pk=offer.pk).update(state="paused")
    assert (reserve("k2").reason, redeem("k1").state) == ("offer_not_live", "redeemed")


def test_codes_are_used_as_often_as_they_may_by_whom_they_may() -> None:
    offer = live(needs_code=True)
    shared(offer, "Summer 10", most=2)
    one, two, three = pooled(offer, "AAA-111", "BBB-222", "CCC-333")
    jane, joe = somebody("jane"), somebody("joe")
    assert [reserve(f"s{n}", code="summer-10").state for n in range(3)] == ["reserved", "reserved", "refused"]
    assert reserve("s4", code="SUMMER10").reason == "code_used_up"
    release("s0")
    assert reserve("s5", code="SUMMER10").state == "reserved"
    Code.objects.filter(pk=one.pk).update(identifier_id=jane)
    assert reserve("k1", code="aaa111", identifier_id=joe).reason == "code_of_another"
    assert reserve("k2", code="aaa111").reason == "code_of_another"
    assert reserve("k3", code="aaa111", identifier_id=jane).state == "reserved"
    assert reserve("k4", code="aaa111", identifier_id=jane).reason == "code_used_up"
    assert (void_code("bbb-222"), void_pool(three.pool_id)) == (True, 1)
    assert [reserve(f"v{code}", code=code).reason for code in ("BBB222", "CCC333")] == ["code_void"] * 2
    assert restore_pool(three.pool_id) == 1
    Code.objects.filter(pk=three.pk).update(expires_at=utc_now() - timedelta(seconds=1))
    assert reserve("k7", code="CCC333").reason == "code_expired"
    assert (two.uses, differences()) == (0, [])


def test_the_cap_and_the_cool_off_count_a_person_whatever_they_are_known_by() -> None:
    live(cap_per_person=2, cool_off_hours=24)
    web, user = person(("anonymous_id", "a1"), ("user_id", "jane"))
    now = utc_now()
    assert reserve("k1", now, identifier_id=web).state == "reserved"
    cooling = reserve("k2", now, identifier_id=user)
    assert (cooling.reason, cooling.retry_at) == ("cooling_off", now + timedelta(hours=24))
    assert reserve("k3", now + timedelta(hours=24), identifier_id=user).state == "reserved"
    assert reserve("k4", now + timedelta(hours=48), identifier_id=web).reason == "cap_reached"
    release("k3")
    assert reserve("k5", now + timedelta(hours=24), identifier_id=user).state == "reserved"
    assert differences() == []


def test_a_merge_between_two_redemptions_keeps_the_cap() -> None:
    live(cap_per_person=1)
    jane, visitor, joe = somebody("jane"), person(("anonymous_id", "a1"))[0], somebody("joe")
    assert reserve("k1", identifier_id=jane).state == "reserved"
    assert reserve("k2", identifier_id=visitor).state == "reserved"
    person(("user_id", "jane"), ("anonymous_id", "a1"))
    assert reserve("k3", identifier_id=visitor).reason == "cap_reached"
    assert reserve("k4", identifier_id=jane).reason == "cap_reached"
    release("k1")
    assert reserve("k5", identifier_id=jane).reason == "cap_reached"
    release("k2")
    assert [reserve("k6", identifier_id=jane).state, reserve("k7", identifier_id=joe).state] == ["reserved"] * 2
    assert differences() == []


def test_what_expired_gives_back_and_is_counted_anew_when_it_is_redeemed_after_all() -> None:
    offer, now = live(count=1), utc_now()
    reserve("k1", now)
    assert (expire_slice(now), expire_slice(now + timedelta(minutes=30))) == (0, 1)
    assert (used(offer)[0], Redemption.objects.get().state) == (0, "expired")
    assert redeem("k1", now + timedelta(hours=1), order_id="o1").state == "redeemed"
    assert used(offer)[0] == 1
    release("k1")
    reserve("k2", now)
    expire_slice(now + timedelta(hours=2))
    reserve("k3", now)
    late = redeem("k2", now + timedelta(hours=3))
    assert (late.state, late.reason) == ("refused", "budget_used_up")
    assert (Redemption.objects.get(key="k2").state, used(offer)[0], differences()) == ("expired", 1, [])


def test_a_batch_is_answered_in_its_order_and_sees_its_own_uses() -> None:
    live(count=2)
    live("second", cap_per_person=1)
    jane = somebody()
    asked = [
        NewReservation("b1", "second", identifier_id=jane),
        NewReservation("a1", "ten"),
        NewReservation("b2", "second", identifier_id=jane),
        NewReservation("a1", "ten"),
        NewReservation("a2", "ten"),
        NewReservation("a3", "ten"),
    ]
    found = ledger.reserve(asked, utc_now())
    assert [one.key for one in found] == [one.key for one in asked]
    assert [one.reason or one.state for one in found] == [
        *("reserved", "reserved", "cap_reached", "reserved", "reserved", "budget_used_up")
    ]
    assert (found[1].id, differences()) == (found[3].id, [])


def test_a_budget_that_runs_low_is_told_once_and_the_alarm_follows_what_is_so() -> None:
    offer = live(count=10)
    for n in range(10):
        reserve(f"k{n}")
    assert TopicRow.objects.filter(topic="offer.budget_low").count() == 1
    assert Alarm.objects.get(code="offer_budget_low", cleared_at=None).key == "ten"
    Budget.objects.filter(offer=offer).update(count_limit=100)
    expire_slice()
    assert Alarm.objects.filter(code="offer_budget_low", cleared_at=None).count() == 0


class Killed(BaseException):
    """As kill −9 would."""


@pytest.mark.parametrize("place", ["tell", "count"])
def test_what_is_killed_in_between_leaves_nothing_by_half(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    offer = live(count=5)
    reserve("k1")
    counted = counting.count

    def dies(*args: Any, **more: Any) -> Any:
        if place == "count":
            counted(*args, **more)
        raise Killed

    monkeypatch.setattr(ledger, place, dies)
    with pytest.raises(Killed):
        ledger.redeem([Redeeming(new=NewReservation("k1")), Redeeming(new=NewReservation("k2", "ten"))], utc_now())
    assert (used(offer)[0], Redemption.objects.get().state, differences()) == (1, "reserved", [])


# Many at once.

CALLS = 160


def storm() -> tuple[int, int, int, Decimal]:
    """Eight threads redeem at once: a budget of 60, a code for 40 uses, a cap of 1 for 20 people, and money. (what
    was redeemed of each)."""
    live(count=60)
    shared(live("coded"), "FORTY", most=40)
    live("capped", cap_per_person=1)
    live("money", money="20")
    people = [person(("user_id", f"u{n}"), ("anonymous_id", f"a{n}")) for n in range(20)]
    turns = iter(range(CALLS))

    def work() -> None:
        for n in turns:
            who = people[n % 20][n // 20 % 2]
            asked = [
                NewReservation(f"n{n}", "ten"),
                NewReservation(f"c{n}", code="FORTY"),
                NewReservation(f"p{n}", "capped", identifier_id=who),
                NewReservation(f"m{n}", "money", amount=Decimal("0.33"), currency="EUR"),
            ]
            ledger.redeem([Redeeming(new=one) for one in asked], utc_now())

    in_threads(8, work)
    rows = Redemption.objects.filter(state="redeemed")
    by_person = {n: rows.filter(offer__key="capped", identifier_id__in=ids).count() for n, ids in enumerate(people)}
    money = sum(rows.filter(offer__key="money").values_list("money", flat=True), Decimal(0))
    return (
        rows.filter(offer__key="ten").count(),
        rows.filter(code__code="FORTY").count(),
        max(by_person.values()),
        money,
    )


@pytest.mark.django_db(transaction=True)
def test_many_at_once_never_exceed_a_budget_a_code_or_a_cap() -> None:
    assert storm() == (60, 40, 1, Decimal("19.80"))
    assert differences() == []


@pytest.mark.django_db(transaction=True)
def test_without_the_constraints_the_storm_exceeds_them() -> None:
    """The negative control."""
    names = {
        "offers_budget": ("offers_budget_count", "offers_budget_money"),
        "offers_code": ("offers_code_uses",),
        "offers_personuse": ("offers_cap_per_person",),
    }
    told: dict[str, str] = {}
    with connection.cursor() as cursor:
        for table, constraints in names.items():
            for name in constraints:
                cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name])
                told[name] = cursor.fetchone()[0]
                cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    try:
        assert storm() == (CALLS, CALLS, CALLS // 20, Decimal("0.33") * CALLS)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE offers_offer CASCADE")
            for table, constraints in names.items():
                for name in constraints:
                    cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {told[name]}")


@pytest.mark.django_db(transaction=True)
def test_expiry_and_redemption_at_once_end_in_one_of_both_and_count_right() -> None:
    offer, now = live(count=30), utc_now()
    for n in range(30):
        reserve(f"k{n}", now)
    later = now + timedelta(hours=1)
    turns = iter(range(30))

    def work() -> None:
        for n in turns:
            if n % 5 == 0:
                expire_slice(later)
            assert redeem(f"k{n}", later).state == "redeemed"

    in_threads(4, work)
    assert (used(offer)[0], Redemption.objects.filter(state="redeemed").count(), differences()) == (30, 30, [])
