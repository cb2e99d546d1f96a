"""Reports: what was sent and what followed, counted by hand; and money beside the holdout, people counted where they
were assigned."""

from datetime import timedelta
from decimal import Decimal

import pytest

from automation.models import Enrollment, Journey, Passing
from cdp.admin_report.words import verdict
from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from commerce.models import Order
from experiments import queries as experiments
from experiments import services as making
from experiments.contracts import NewExposure
from mailing.models import Message, Receipt
from mailing.queries.reports import HOLDOUT, TREATED, beside_holdout, steps, totals
from profiles.models import Identifier
from tests.admin_home.test_pages import staff
from tests.automation.world import seen

pytestmark = pytest.mark.django_db
NOW = utc_now()
SINCE = NOW - timedelta(days=28)
KEY = "journey-win-back"


def mail(name: str, *, sender_id: int = 1, step: str = "mail_1", hours: float = 48, **changes: object) -> Message:
    """A mail handed over that long ago to a person made for it; the one of the same name is the same person."""
    address = f"{name}@example.com"
    identifier_id = seen(("user_id", name), ("email", address))["user_id"]
    at = NOW - timedelta(hours=hours)
    values = {
        "sender": "journey",
        "sender_id": sender_id,
        "label": "Win back",
        "step": step,
        "occasion": f"{name}:{hours}",
        "purpose": "email_marketing",
        "template": "win-back-1",
        "address_hash": address_hash(address),
        "address": address,
        "identifier_id": identifier_id,
        "state": "sent",
        "queued_at": at,
        "sending_at": at,
        "finished_at": at,
    }
    return Message.objects.create(**values | changes)


def order(name: str, *, hours: float, revenue: str = "20", refunded: str = "0", status: str = "placed") -> None:
    """An order that long ago, by the person's e-mail identifier: another one than the mail hangs on."""
    owner = Identifier.objects.get(kind="email", value=f"{name}@example.com")
    Order.objects.create(
        order_id=f"{name}-{hours}",
        identifier_id=owner.pk,
        status=status,
        currency="EUR",
        revenue=Decimal(revenue),
        refunded=Decimal(refunded),
        placed_at=NOW - timedelta(hours=hours),
        digest=b"d",
    )


def test_every_message_is_counted_by_step_and_an_order_goes_to_the_last_one_before_it() -> None:
    mail("ann", clicked_at=NOW - timedelta(hours=47), opened_at=NOW - timedelta(hours=47))
    mail("ann", step="mail_2", hours=24)
    mail("bob", state="suppressed", reason="capped", sending_at=None)
    mail("cid", state="unknown", reason="ambiguous")
    mail("dan", sender_id=2)
    order("ann", hours=30)  # after the first mail, before the second
    order("ann", hours=20, revenue="50", refunded="10")  # after both: the second's
    order("ann", hours=60)  # before any
    order("cid", hours=1, status="cancelled")
    found = {one.step: one for one in steps("journey", 1, SINCE, NOW, window_days=7)}
    first, second = found["mail_1"], found["mail_2"]
    assert (first.made, first.sent, first.unknown, first.suppressed, first.clicked) == (3, 1, 1, 1, 1)
    assert first.reasons == (("capped", 1),)
    (earned,) = first.earned
    assert (earned.orders, earned.revenue, earned.orders_after_click) == (1, Decimal(20), 1)
    (later,) = second.earned
    assert (later.orders, later.revenue, later.orders_after_click) == (1, Decimal(40), 0)
    assert steps("journey", 1, SINCE, NOW, window_days=7) == list(found.values())
    everything = totals(SINCE, NOW, window_days=7)
    assert {key: one.made for key, one in everything.items()} == {("journey", 1): 4, ("journey", 2): 1}
    assert everything["journey", 1].earned[0].revenue == Decimal(60)


def split(treated: int, holdout: int) -> list[int]:
    """So many people on each side, exposed two days ago; every second treated one bought for 10, no held-out one."""
    making.ensure_experiment(KEY, "Holdout", {HOLDOUT: 0.1, TREATED: 0.9})
    ids, met = [], []
    for number in range(treated + holdout):
        name = f"p{number}"
        ids.append(seen(("user_id", name), ("email", f"{name}@example.com"))["user_id"])
        unit = experiments.unit_hash(address_hash(f"{name}@example.com"))
        met.append(NewExposure(KEY, unit, TREATED if number < treated else HOLDOUT, NOW - timedelta(hours=48)))
        if number < treated and number % 2:
            order(name, hours=24, revenue="10")
    making.note_exposures(met)
    order("p0", hours=72, revenue="999")  # before it was assigned
    return ids


def test_money_beside_the_holdout_is_of_all_who_were_assigned() -> None:
    ids = split(90, 40)
    found = beside_holdout(KEY, ids, SINCE, NOW, window_days=7)
    assert found is not None
    assert found.lift is not None
    assert (found.heads, found.in_both, found.currency) == ({HOLDOUT: 40, TREATED: 90}, 0, "EUR")
    assert (found.lift.treated.total, found.lift.treated.buyers, found.lift.holdout.total) == (450.0, 45, 0.0)
    assert found.lift.difference == 5.0
    assert found.lift.is_sure
    assert found.ratio is not None
    assert found.ratio < 0.001  # 40 of 130 are no tenth
    said = verdict(found, window_days=7, has_holdout=True, is_over=False)
    assert said.headline == "It earned about €450.00 that would not have been earned otherwise"
    assert said.warning.startswith("The sides are not as large as they should be")
    assert beside_holdout(KEY, [], SINCE, NOW, window_days=7).lift is None  # type: ignore[union-attr]  # exposures exist
    assert beside_holdout("journey-none", ids, SINCE, NOW, window_days=7) is None


def test_a_person_of_two_addresses_on_both_sides_is_left_out() -> None:
    ids = split(3, 1)
    Identifier.objects.filter(kind="email", value="p3@example.com").update(
        profile_id=Identifier.objects.get(kind="email", value="p0@example.com").profile_id
    )
    found = beside_holdout(KEY, ids, SINCE, NOW, window_days=7)
    assert found is not None
    assert (found.heads, found.in_both) == ({HOLDOUT: 0, TREATED: 2}, 1)


@pytest.mark.parametrize(
    ("has_holdout", "says"), [(False, "It has no comparison group"), (True, "Nobody was assigned in this period")]
)
def test_without_a_comparison_nothing_is_claimed(has_holdout: bool, says: str) -> None:
    assert verdict(None, window_days=7, has_holdout=has_holdout, is_over=False).headline == says


def test_the_pages_show_it_to_marketers_and_analysts_and_to_nobody_else() -> None:
    journey = Journey.objects.create(slug="win-back", name="Win back <b>")
    sent = mail("ann", sender_id=journey.pk, clicked_at=NOW)
    Receipt.objects.create(message=sent, kind="clicked", who="human", key="1")
    way = Enrollment.objects.create(
        journey=journey,
        occasion="o",
        identifier_id=sent.identifier_id,
        state=Enrollment.State.DONE,
        armed_at=NOW,
        entered_at=NOW,
        ended_at=NOW,
    )
    Passing.objects.create(enrollment=way, node="mail_2", outcome="skipped", reason="capped", at=NOW)
    pages = ["/admin/reports/", f"/admin/reports/journey/{journey.pk}/?window=3&days=7"]
    for group in ("marketer", "analyst"):
        client = staff(group)
        for page in pages:
            got = client.get(page)
            assert got.status_code == 200
            assert b"Win back &lt;b&gt;" in got.content
            assert b"1 sent in the last" in got.content
        assert "The address got enough mail this week" in got.text
        for wrong in ("/admin/reports/?days=6", "/admin/reports/journey/0/", "/admin/reports/x/1/"):
            assert client.get(wrong).status_code == 404
    support = staff("support")
    assert {support.get(page).status_code for page in pages} == {403}
