"""From events and orders to what placements earned: each order line credited once, money as commerce has it."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django import Settings

from cdp.lib.clock import utc_now
from cdp.lib.hashing import identifier_hash, keyed_hash
from cdp.lib.rights import Held, Person
from cdp.outbox.contracts import TopicMessage
from commerce.models import Product
from consent.contracts import ANALYTICS, DENIED, NewEntry
from consent.services import record_entries
from events.models import Event, Source
from events.services import record
from profiles.models import Identifier
from recommendations import ids, rights
from recommendations.models import Earning, Feedback, ShownProduct
from recommendations.queries.answer_ids import _key
from recommendations.services.attributing import consume_changes, credit
from tests.recommendations import world
from tests.recommendations.statements import statements

pytestmark = pytest.mark.django_db
PIPELINE = {"events.process", "commerce.refold", "recommendations.attribute"}
COUNTS = ("answers", "clicked", "added", "ordered", "impressions", "clicks", "adds", "orders")
Drain = Callable[..., int]
_numbers = itertools.count(1)


def answer(*products: str, nonce: str = "a", placement: str = "home", **more: Any) -> str:
    """The id of an answer that was given an hour ago."""
    given = {"served_at": utc_now() - timedelta(hours=1), "model_run": 7, **more}
    return ids.make(nonce=nonce.encode().ljust(12, b"."), placement=placement, products=products, key=_key(), **given)


def track(
    name: str, *, minutes_ago: float = 30, who: dict[str, str] | None = None, **properties: Any
) -> dict[str, Any]:
    """An event of the browser a1."""
    at = utc_now() - timedelta(minutes=minutes_ago)
    return {
        "type": "track", "event": name, "messageId": f"m{next(_numbers)}", "timestamp": at.isoformat(),
        **(who or {"anonymousId": "a1"}), "properties": properties,
    }  # fmt: skip


def line(product_id: str, price: float, quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {"product_id": product_id, "price": price, "quantity": quantity, **more}


def order(*lines: dict[str, Any], order_id: str = "o1", minutes_ago: float = 5, **more: Any) -> dict[str, Any]:
    """A placed order of u1."""
    who = {"userId": "u1"}
    more = {"currency": "EUR", **more}
    return track("Order Completed", minutes_ago=minutes_ago, who=who, order_id=order_id, products=list(lines), **more)


@pytest.fixture
def shop() -> Source:
    """A server; the customer u1 was seen in the browser a1."""
    source = Source.objects.create(name="backend", kind=Source.Kind.SERVER)
    record(source, [{"type": "identify", "userId": "u1", "anonymousId": "a1", "messageId": "i1"}])
    return source


def send(drain: Drain, source: Source, *items: dict[str, Any]) -> None:
    record(source, list(items))
    drain(only=PIPELINE)


def counts(**where: object) -> dict[str, int]:
    """What is counted, without zeros; of one row."""
    row = Earning.objects.filter(currency="", **where).values(*COUNTS).get()
    return {name: value for name, value in row.items() if value}


def revenue() -> dict[str, Decimal]:
    """By placement and currency, without zeros."""
    rows = Earning.objects.exclude(revenue=0).values_list("placement", "currency", "revenue")
    return {f"{placement} {currency}": amount for placement, currency, amount in rows}


def credited() -> list[tuple[str, str, str, Decimal | None]]:
    rows = Feedback.objects.filter(kind=Feedback.Kind.ORDER).order_by("order_id", "product_id")
    return list(rows.values_list("order_id", "product_id", "placement", "amount"))


def test_events_of_the_script_are_feedback(shop: Source, drain: Drain) -> None:
    recommendation = answer("mug", "cup")
    world.products("mug", "cup")
    list_of: dict[str, Any] = {"recommendation_id": recommendation, "list_id": recommendation}
    seen = track(
        "Product List Viewed", products=[{"product_id": "mug"}, {"product_id": "cup"}, {"sku": "gold"}], **list_of
    )
    click = track("Product Clicked", product_id="mug", **list_of)
    added = track("Product Added", product_id="mug", recommendation_id=recommendation)
    send(drain, shop, seen, click, {**seen, "messageId": "again"}, added)
    assert counts() == {"answers": 1, "clicked": 1, "added": 1, "impressions": 2, "clicks": 1, "adds": 1}
    assert set(Feedback.objects.values_list("identifier_id", flat=True)) == {Identifier.objects.get(value="a1").pk}
    assert dict(ShownProduct.objects.values_list("product_id", "clicks")) == {"mug": 1, "cup": 0}


def test_foreign_forged_and_old_ids_and_bots_are_nobodys_feedback(shop: Source, drain: Drain) -> None:
    old = answer("mug", served_at=utc_now() - timedelta(days=31))
    forged = ids.make(nonce=b"f" * 12, placement="home", model_run=1, served_at=utc_now(), products=["mug"], key=b"x")
    foreign: list[object] = [old, forged, "rec-1", 7, {}]
    clicks = [track("Product Clicked", product_id="mug", recommendation_id=one) for one in foreign]
    bot = {**track("Product Clicked", product_id="mug", recommendation_id=answer("mug"))}
    bot["context"] = {"userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}
    send(drain, shop, *clicks, bot)
    assert Event.objects.filter(name="Product Clicked").count() == 6
    assert (Feedback.objects.count(), Earning.objects.count()) == (0, 0)


def test_batches_that_name_no_answer_cost_one_statement(shop: Source, drain: Drain) -> None:
    send(drain, shop, *[track("Product Viewed", product_id="mug") for _ in range(5)])
    first, last = Event.objects.order_by("id").values_list("id", flat=True)[0], Event.objects.latest("id").pk
    message = _message("events.stored", first_id=first, last_id=last)
    with statements() as sent:
        consume_changes([message, message])
    assert len(sent) == 1


def _message(topic: str, **payload: Any) -> TopicMessage:
    return TopicMessage(1, topic, payload, utc_now())


def test_an_order_is_credited_to_the_buyers_last_click_across_devices(shop: Source, drain: Drain) -> None:
    first, last = answer("mug", nonce="a", placement="home"), answer("mug", nonce="b", placement="cart")
    send(
        drain, shop,
        track("Product Clicked", minutes_ago=40, product_id="mug", recommendation_id=first),
        track("Product Added", minutes_ago=20, product_id="mug", recommendation_id=last),
        order(line("mug", 4.5, 2), line("pot", 9)),
    )  # fmt: skip
    assert credited() == [("o1", "mug", "cart", Decimal(9))]
    assert revenue() == {"cart EUR": Decimal(9)}
    assert counts(placement="cart") == {
        "answers": 1,
        "added": 1,
        "adds": 1,
        "impressions": 1,
        "ordered": 1,
        "orders": 1,
    }
    assert counts(placement="home") == {"answers": 1, "clicked": 1, "clicks": 1, "impressions": 1}


def test_a_click_after_the_order_before_its_week_or_of_somebody_else_credits_nothing(
    shop: Source, drain: Drain
) -> None:
    old = answer("mug", nonce="o", served_at=utc_now() - timedelta(days=10))
    of_another = answer("mug", nonce="b")
    send(
        drain, shop,
        track("Product Clicked", minutes_ago=60 * 24 * 8, product_id="mug", recommendation_id=old),
        track("Product Clicked", minutes_ago=1, product_id="mug", recommendation_id=answer("mug")),
        track("Product Clicked", who={"anonymousId": "b"}, product_id="mug", recommendation_id=of_another),
        order(line("mug", 4.5)),
    )  # fmt: skip
    assert credited() == []
    assert revenue() == {}


def test_the_days_of_a_click_are_a_setting(shop: Source, drain: Drain, settings: Settings) -> None:
    settings.RECOMMENDATION_CREDIT_DAYS = 9
    old = answer("mug", served_at=utc_now() - timedelta(days=10))
    click = track("Product Clicked", minutes_ago=60 * 24 * 8, product_id="mug", recommendation_id=old)
    send(drain, shop, click, order(line("mug", 4.5)))
    assert [row[0] for row in credited()] == ["o1"]


def test_an_answer_named_by_a_line_comes_before_the_orders_and_before_clicks(shop: Source, drain: Drain) -> None:
    by_line, by_order, clicked = (answer("mug", "cup", "pot", nonce=n, placement=n) for n in ("line", "order", "click"))
    send(
        drain, shop,
        *[track("Product Clicked", product_id=one, recommendation_id=clicked) for one in ("mug", "cup", "lamp")],
        order(
            line("mug", 1, recommendation_id=by_line), line("cup", 2), line("lamp", 4),
            line("pot", 8, recommendation_id="forged"), recommendation_id=by_order,
        ),
    )  # fmt: skip
    assert [(product, placement) for _, product, placement, _ in credited()] == [
        ("cup", "order"), ("mug", "line"), ("pot", "order")
    ]  # fmt: skip
    assert revenue() == {"line EUR": 1, "order EUR": 10}
    assert counts(placement="order") == {"answers": 1, "ordered": 1, "orders": 2}


def test_the_amount_is_commerces_whatever_the_line_says_of_itself(shop: Source, drain: Drain) -> None:
    """Two lines of one product are one credit of their sum."""
    line_of = answer("mug")
    send(drain, shop, order(line("mug", 3, 2, recommendation_id=line_of, amount=999), line("mug", 2), revenue=5))
    assert credited() == [("o1", "mug", "home", Decimal(8))]


def test_a_replay_and_a_refold_credit_nothing_twice(shop: Source, drain: Drain) -> None:
    send(drain, shop, order(line("mug", 5), recommendation_id=answer("mug")))
    before = (counts(), revenue(), credited())
    send(drain, shop, track("Order Updated", who={"userId": "u1"}, order_id="o1", shipping=3))
    for _ in range(3):
        with transaction.atomic():
            assert credit(["o1"], utc_now()) == 1
    assert (counts(), revenue(), credited()) == before


def test_what_is_given_back_is_taken_off_and_a_cancelled_order_counts_no_more(shop: Source, drain: Drain) -> None:
    who = {"userId": "u1"}
    send(drain, shop, order(line("mug", 5, 2), line("cup", 10), recommendation_id=answer("mug", "cup")))
    assert revenue() == {"home EUR": 20}
    send(drain, shop, track("Order Refunded", who=who, minutes_ago=4, order_id="o1", products=[line("mug", 5, 1)]))
    assert [row[3] for row in credited()] == [Decimal(10), Decimal(5)]
    assert revenue() == {"home EUR": 15}
    send(drain, shop, track("Order Refunded", who=who, minutes_ago=3, order_id="o1", total=4))
    assert revenue() == {"home EUR": Decimal(11)}  # a fifth of what each had cost
    assert counts()["orders"] == 2
    send(drain, shop, track("Order Cancelled", who=who, minutes_ago=2, order_id="o1"))
    assert (revenue(), credited()) == ({}, [])
    assert counts() == {"answers": 1}


def test_money_moves_with_the_currency(shop: Source, drain: Drain) -> None:
    send(drain, shop, order(line("mug", 5), recommendation_id=answer("mug"), currency="EUR"))
    send(drain, shop, track("Order Updated", who={"userId": "u1"}, minutes_ago=1, order_id="o1", currency="USD"))
    assert revenue() == {"home USD": 5}
    assert sum(Earning.objects.values_list("orders", flat=True)) == 1


def test_a_click_that_comes_in_late_credits_the_order_it_came_before(shop: Source, drain: Drain) -> None:
    send(drain, shop, order(line("mug", 5)))
    assert credited() == []
    send(drain, shop, track("Product Clicked", minutes_ago=20, product_id="mug", recommendation_id=answer("mug")))
    assert credited() == [("o1", "mug", "home", Decimal(5))]


def test_a_click_told_by_api_after_its_order_credits_it(shop: Source, drain: Drain) -> None:
    send(drain, shop, order(line("mug", 5)))
    at = utc_now() - timedelta(minutes=20)
    body = {
        "recommendation_id": answer("mug"), "events": [{"kind": "click", "product_id": "mug", "at": at.isoformat()}]
    }  # fmt: skip
    url = f"/v1/recommendations/feedback?writeKey={world.source().write_key}&anonymous_id=a1"
    assert Client().post(url, body, content_type="application/json").status_code == 202
    drain(only=PIPELINE)
    assert credited() == [("o1", "mug", "home", Decimal(5))]


def test_a_stranger_who_guesses_an_orders_number_moves_no_credit(shop: Source, drain: Drain) -> None:
    """A browser is heard about its own order only."""
    theirs, own = answer("mug", nonce="s", placement="stolen"), answer("mug", nonce="o", placement="own")
    browser = world.source()
    send(drain, shop, order(line("mug", 5)))
    for who, named in (({"anonymousId": "stranger"}, theirs), ({"anonymousId": "a1"}, own)):
        record(browser, [track("Order Updated", who=who, order_id="o1", recommendation_id=named)])
        drain(only=PIPELINE)
        with transaction.atomic():
            credit(["o1"], utc_now())
    assert credited() == [("o1", "mug", "own", Decimal(5))]
    record(
        browser,
        [track("Order Updated", minutes_ago=0, who={"anonymousId": "b"}, order_id="o1", recommendation_id=theirs)],
    )
    drain(only=PIPELINE)
    with transaction.atomic():
        credit(["o1"], utc_now())
    assert credited() == [("o1", "mug", "own", Decimal(5))]


@pytest.mark.parametrize(
    ("fault", "rows"),
    [
        ("credited_once", [{"recommendation": b"a" * 12}, {"recommendation": b"b" * 12}]),
        ("of_an_order", [{"order_id": ""}]),
        ("of_an_order", [{"kind": Feedback.Kind.CLICK}]),
    ],
)
def test_the_database_credits_a_product_of_an_order_once(fault: str, rows: list[dict[str, Any]]) -> None:
    given = {"recommendation": b"a" * 12, "kind": Feedback.Kind.ORDER, "product_id": "mug", "order_id": "o1"}
    more = {"placement": "home", "served_at": utc_now(), "at": utc_now()}
    made = [Feedback(**{**given, **more, **row}) for row in rows]
    with pytest.raises(IntegrityError, match=f"recommendations_feedback_{fault}"):
        Feedback.objects.bulk_create(made)


def test_a_variant_of_what_was_shown_counts_as_shown(shop: Source, drain: Drain) -> None:
    for product_id in ("shirt-s", "shirt-m", "hat"):
        world.product(product_id)
    Product.objects.filter(product_id__startswith="shirt").update(group_id="shirt")
    recommendation = answer("shirt-s")
    send(
        drain, shop,
        track("Product Clicked", product_id="shirt-s", recommendation_id=recommendation),
        track("Product Added", product_id="shirt-m", recommendation_id=recommendation),
        track("Product Added", product_id="hat", recommendation_id=recommendation),
        order(line("shirt-m", 20), line("hat", 5)),
    )  # fmt: skip
    assert [row[1] for row in credited()] == ["shirt-m"]
    assert counts() == {
        "answers": 1, "clicked": 1, "added": 1, "ordered": 1, "impressions": 1, "clicks": 1, "adds": 1, "orders": 1
    }  # fmt: skip


def test_an_order_of_long_ago_is_credited_to_nothing_new_and_keeps_what_it_had(shop: Source, drain: Drain) -> None:
    served = utc_now() - timedelta(days=45)
    send(
        drain, shop, order(line("mug", 5), minutes_ago=60 * 24 * 40, recommendation_id=answer("mug", served_at=served))
    )
    assert credited() == []
    send(drain, shop, order(line("mug", 5), order_id="o2", recommendation_id=answer("mug", nonce="n")))
    later = utc_now() + timedelta(days=100)
    Feedback.objects.exclude(kind=Feedback.Kind.ORDER).delete()  # retention
    with transaction.atomic():
        credit(["o1", "o2"], later)
    assert credited() == [("o2", "mug", "home", Decimal(5))]
    assert revenue() == {"home EUR": 5}


def test_who_refuses_analytics_is_counted_and_their_clicks_lead_to_no_order(shop: Source, drain: Drain) -> None:
    drain(only=PIPELINE)
    user = Identifier.objects.get(kind="user_id", value="u1")
    with transaction.atomic():
        record_entries([NewEntry(keyed_hash("test"), ANALYTICS, DENIED, "api", utc_now(), identifier_id=user.pk)])
    assert not Feedback.objects.exists()
    with transaction.atomic():
        consume_changes([_stored_click(user, answer("mug"))])
    send(drain, shop, order(line("mug", 5)))
    assert list(Feedback.objects.values_list("identifier_id", flat=True).distinct()) == [None]
    assert (counts()["clicked"], credited()) == (1, [])


def _stored_click(who: Identifier, recommendation: str) -> TopicMessage:
    """As stored before they refused: what they deny is stripped of events at the door."""
    event = world.event(
        who, "Product Clicked", at=utc_now() - timedelta(hours=1), product_id="mug", recommendation_id=recommendation
    )
    return _message("events.stored", first_id=event.pk, last_id=event.pk)


def test_erasing_takes_the_person_off_and_leaves_the_counts(shop: Source, drain: Drain) -> None:
    recommendation = answer("mug")
    click = track("Product Clicked", product_id="mug", recommendation_id=recommendation)
    send(drain, shop, click, order(line("mug", 5)))
    before = (counts(), revenue())
    held = tuple(Held(one.pk, one.kind, one.value) for one in Identifier.objects.all())
    person = Person(held)
    (part,) = rights.export(person)
    rows = list(part.rows)
    assert [(row["what"], row["product_id"], row["placement"], row["amount"]) for row in rows] == [
        ("impression", "mug", "home", None), ("click", "mug", "home", None), ("order", "mug", "home", "5.000000")
    ]  # fmt: skip
    assert rights.remains(person) == Feedback.objects.count() == 4
    assert rights.erase(person, utc_now()).counts == {"feedback made nobody's, kept as a count": 4}
    assert (rights.remains(person), counts(), revenue()) == (0, *before)
    assert list(next(rights.export(person)).rows) == []
    assert identifier_hash("user_id", "u1") in person.identifier_hashes
    with transaction.atomic():
        credit(["o1"], utc_now())
    assert (rights.remains(person), counts(), revenue()) == (0, *before)


def test_credits_are_written_in_few_statements_however_many_orders(shop: Source, drain: Drain) -> None:
    def sent(first: int, count: int) -> int:
        lines = [line(f"p{n}", 5) for n in range(3)]
        orders = [
            order(*lines, order_id=f"o{n}", recommendation_id=answer("p0", "p1", nonce=f"n{n}"))
            for n in range(first, first + count)
        ]
        record(shop, orders)
        drain(only=PIPELINE - {"recommendations.attribute"})
        with transaction.atomic(), statements() as found:
            credit([f"o{n}" for n in range(first, first + count)], utc_now())
        return len(found)

    sent(0, 1)  # makes the counts of the day
    assert sent(1, 1) == sent(2, 30)
    assert len(credited()) == 64
