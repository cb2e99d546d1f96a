"""Codes: how they are written, made, uploaded and given; and how a budget burns."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from django.db import IntegrityError, transaction
from django.test import override_settings

from cdp.jobs.models import Job
from cdp.jobs.services import run_now
from cdp.lib.clock import utc_now
from cdp.lib.rights import Held, Person
from offers import coding, rights
from offers.coding import BadCodes
from offers.giving import GivenCode, NotGiven
from offers.models import Code, Offer, PersonUse, Redemption
from offers.queries.burn import burn
from offers.queries.codes import code_state, codes_of, pools_of
from offers.queries.redemptions import differences
from offers.services import codes
from offers.services.codes import NewPool
from offers.services.giving import Giving, give, give_each
from tests.offers.ledgers import live, pooled, redeem, release, reserve, shared, somebody
from tests.threads import in_threads

pytestmark = pytest.mark.django_db


def test_a_code_is_the_same_however_it_is_written() -> None:
    assert {coding.normal(one) for one in ("summer10", " Summer-10 ", "SUMMER\u201310", "summer_1 0")} == {"SUMMER10"}
    assert [coding.fault(coding.normal(one)) for one in ("AB", "A" * 65, "ÄB12", "--", "AB1")] == [
        *("too_short", "too_long", "characters", "too_short", "")
    ]


def test_made_codes_are_unambiguous_and_so_long_that_nobody_guesses_them() -> None:
    draw = Random(1)
    drawn = dict(coding.make(draw, 10, "spring 26") for _ in range(2_000))
    assert len(drawn) == 2_000
    assert all(
        shown == f"SPRING26-{code[8:]}" and set(code[8:]) <= set(coding.ALPHABET) for code, shown in drawn.items()
    )
    assert not set(coding.ALPHABET) & set("01OILUAE")
    assert (coding.least_length(1), coding.least_length(1_000_000)) == (5, 9)
    coding.check_making(1_000_000, 9, "VIP")
    for wrong in ((0, 10, ""), (1_000_001, 10, ""), (1_000_000, 8, ""), (10, 50, ""), (10, 10, "ÄÖ")):
        with pytest.raises(BadCodes):
            coding.check_making(*wrong)


def test_a_job_makes_exactly_as_many_as_asked_even_if_it_was_killed_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    offer = live()
    monkeypatch.setattr(codes, "BATCH", 40)
    pool, job = codes.generate_codes(NewPool(offer.pk, "spring"), 100, prefix="vip")
    assert codes.make_some(pool, 40, 10, "VIP") == 40
    assert run_now(job.pk)
    done = Job.objects.get(pk=job.pk)
    assert (done.state, done.result, done.done, done.total) == ("done", {"pool": pool.pk, "made": 100}, 100, 100)
    figures = pools_of("ten")[0]
    assert (figures.codes, figures.free, figures.kind, len({shown for shown, _, _ in codes_of(pool.pk)})) == (
        *(100, 100, "generated", 100),
    )


def test_an_upload_names_each_line_it_does_not_take() -> None:
    offer = live()
    shared(offer, "TAKEN-1")
    text = '\ufeffCode;until\nAAA-1;2027\n\n"bbb-2"\nA\naaa1\nCÄÄ3\nTaken1\n'
    done = codes.upload_codes(NewPool(offer.pk, "file"), text)
    assert (done.added, [(one.number, one.reason) for one in done.rejected]) == (
        *(2, [(5, "too_short"), (6, "twice"), (7, "characters"), (8, "taken")]),
    )
    assert done.rejected[1].detail == "Line 6: “aaa1” stands in the file already, perhaps written otherwise."
    with pytest.raises(BadCodes, match="Every code in it exists"):
        codes.upload_codes(NewPool(offer.pk, "again"), "AAA1\nBBB2")
    with pytest.raises(BadCodes, match="no code in it"):
        codes.upload_codes(NewPool(offer.pk, "empty"), "\n\n")
    with pytest.raises(BadCodes, match="exists already"):
        codes.share_code(NewPool(offer.pk, "twice"), "taken 1")
    assert len(pools_of("ten")) == 2
    with pytest.raises(IntegrityError, match="offers_code_code"), transaction.atomic():
        Code.objects.create(pool_id=done.pool_id, offer=offer, code="AAA1", shown="AAA1")


def test_a_code_is_given_once_an_occasion_to_one_person_until_none_is_left() -> None:
    now = datetime(2026, 5, 1, tzinfo=UTC)
    offer = live(needs_code=True, ends_at="2026-06-01T00:00:00+00:00", titles={"en": "10 % off", "de": "10 % Rabatt"})
    pooled(offer, "ONE-1", "TWO-2")
    jane, joe = somebody("jane"), somebody("joe")
    first = give("ten", jane, "journey:1:o", now, until=now + timedelta(days=7))
    assert (first.code, first.expires_at) == ("ONE-1", now + timedelta(days=7))
    assert (first.title("de_AT"), first.title("fr"), GivenCode("x", "", None, {}, "X").title()) == (
        *("10 % Rabatt", "10 % off", "X"),
    )
    assert give("ten", jane, "journey:1:o", now) == first
    found = give_each("ten", [Giving(joe, "journey:2:o"), Giving(joe, "journey:3:o")], now)
    assert [one.reason if isinstance(one, NotGiven) else one.code for one in found] == ["TWO-2", "no_codes_left"]
    assert (reserve("k1", now, code="TWO2", identifier_id=jane).reason, code_state("one1", now).state) == (  # type: ignore[union-attr]
        *("code_of_another", "given"),
    )
    shared(offer, "ALL")
    assert give("ten", joe, "journey:3:o", now).code == "ALL"
    for reason, at in (("offer_over", now + timedelta(days=99)), ("offer_not_live", now)):
        Offer.objects.update(state="paused" if reason == "offer_not_live" else "live")
        with pytest.raises(NotGiven) as caught:
            give("ten", joe, "journey:4:o", at)
        assert caught.value.reason == reason


@pytest.mark.django_db(transaction=True)
def test_many_at_once_are_given_no_code_twice() -> None:
    offer = live(needs_code=True)
    pooled(offer, *(f"CODE{n:02}" for n in range(30)))
    jane, turns, given = somebody(), iter(range(40)), list[str]()

    def work() -> None:
        for n in turns:
            found = give_each("ten", [Giving(jane, f"message:{n % 35}")], utc_now())[0]
            given.append("" if isinstance(found, NotGiven) else found.code)

    in_threads(6, work)
    assert len(set(given) - {""}) == 30
    assert sorted(Code.objects.exclude(given_for="").values_list("code", flat=True)) == sorted(set(given) - {""})


def test_an_erased_person_leaves_counts_and_no_code_that_another_may_get() -> None:
    offer = live()
    pooled(offer, "ONE-1", "TWO-2")
    jane = somebody()
    now = utc_now()
    for occasion in ("m:1", "m:2"):
        give("ten", jane, occasion, now)
    redeem("jane-cart-7", now, code="ONE1", identifier_id=jane)
    who = Person((Held(jane, "user_id", "jane"),))
    parts = {part.name: list(part.rows) for part in rights.export(who)}
    assert [row["code"] for row in parts["offer_codes"]] == ["ONE-1", "TWO-2"]
    assert [(row["code"], row["state"]) for row in parts["offers"]] == [("ONE-1", "redeemed")]
    assert rights.remains(who) == 4
    rights.erase(who, now)
    rights.erase(who, now)
    assert (rights.remains(who), PersonUse.objects.count(), differences()) == (0, 0, [])
    assert Redemption.objects.get().key.startswith("erased:")
    assert list(Code.objects.order_by("pk").values_list("is_void", flat=True)) == [False, True]
    assert give("ten", somebody("joe"), "m:3", now).code == ""


@override_settings(COMPANY_TIME_ZONE="Europe/Berlin")
def test_a_budget_burns_day_by_day_and_its_end_is_foreseen() -> None:
    offer = live(count=40, money="100")
    start = datetime(2026, 5, 1, 21, tzinfo=UTC)  # 23:00 in Berlin
    for day in range(10):
        for n in range(2):
            redeem(f"k{day}-{n}", start + timedelta(days=day), offer="ten", amount=Decimal(1), currency="EUR")
    release("k9-0", start + timedelta(days=9, minutes=30))
    reserve("open", start + timedelta(days=9))
    told = burn(offer.pk, start + timedelta(days=9), days=4)
    assert [(one.day, one.reserved, one.redeemed, one.given_back, one.left) for one in told.days[-2:]] == [
        (date(2026, 5, 9), 2, 2, 0, 22),
        (date(2026, 5, 10), 3, 2, 1, 20),
    ]
    assert (len(told.days), told.left, told.money_left) == (4, 20, Decimal(81))
    assert (told.per_day, told.runs_out_on) == (Decimal(2), date(2026, 5, 20))
    assert burn(live("new").pk, start).days == ()
