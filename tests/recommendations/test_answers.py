"""Answers: never empty, in stock only, never what is in front of you, nothing personal where it is not allowed."""

import dataclasses
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from commerce.models import Order, Product
from consent.contracts import DENIED, PERSONALIZATION, NewEntry, NewRefusal
from consent.models import Entry
from consent.services import record_entries
from recommendations import queries
from recommendations.contracts import Answer, Reason, RecommendationRequest, Strategy
from tests.recommendations import world
from tests.recommendations.world import NOW

pytestmark = pytest.mark.django_db
IDS = ("mug", "cup", "pot", "tray", "lamp")


@pytest.fixture
def shop() -> None:
    """Five products; who has a mug wants a cup, then a pot."""
    world.products(*IDS)
    pairs = {("mug", "cup"): 0.5, ("mug", "pot"): 0.4, ("lamp", "tray"): 0.3, ("cup", "mug"): 0.9}
    world.go_live(world.small_model(IDS, [1, 2, 3, 4, 5], pairs))


def ask(**request: object) -> Answer:
    return queries.answer(RecommendationRequest(now=NOW, **request))  # type: ignore[arg-type]


def ids(found: Answer) -> list[str]:
    return [item.product_id for item in found.items]


@pytest.mark.usefixtures("shop")
def test_a_stranger_gets_what_is_popular() -> None:
    found = ask(n=3)
    assert ids(found) == ["lamp", "tray", "pot"]
    assert {(item.reason, item.strategy, item.sentence) for item in found.items} == {
        (Reason.POPULAR, Strategy.POPULAR, "Popular now")
    }


@pytest.mark.usefixtures("shop")
def test_a_product_page_shows_what_goes_with_it_then_what_is_popular() -> None:
    found = ask(product_id="mug", n=4)
    assert ids(found) == ["cup", "pot", "lamp", "tray"]
    assert found.strategy == Strategy.SIMILAR
    assert [item.sentence for item in found.items][:3] == [
        "Often bought with The mug",
        "Often bought with The mug",
        "Popular now",
    ]


@pytest.mark.usefixtures("shop")
def test_a_cart_of_one_product_is_completed_and_not_repeated() -> None:
    found = ask(cart=("mug",), n=10)
    assert ids(found) == ["cup", "pot", "lamp", "tray"]
    assert found.items[0].sentence == "Goes with The mug"


@pytest.mark.usefixtures("shop")
def test_an_unknown_product_gets_what_is_popular() -> None:
    assert ids(ask(product_id="nowhere", n=2)) == ["lamp", "tray"]


@pytest.mark.usefixtures("shop")
def test_a_profile_is_answered_from_its_orders_and_views_without_what_it_owns() -> None:
    person = world.identifier("user_id", "u1")
    browser = world.identifier("anonymous_id", "a1", of=person)
    world.order(person, "lamp", at=NOW - timedelta(days=4))
    world.view(browser, "mug")
    found = ask(profile_id=person.profile_id, n=10)
    assert ids(found) == ["cup", "pot", "tray", "mug"]
    assert [item.sentence for item in found.items] == [
        "Because you viewed The mug",
        "Because you viewed The mug",
        "Because you bought The lamp",
        "You viewed it lately",
    ]


@pytest.mark.usefixtures("shop")
def test_bare_identifiers_see_their_own_events_and_no_order_of_the_profile() -> None:
    person = world.identifier("user_id", "u1")
    browser = world.identifier("anonymous_id", "a1", of=person)
    world.order(person, "mug")
    world.view(person, "mug")
    assert ids(ask(identifier_ids=(browser.pk,))) == ids(ask())
    world.event(browser, "Order Completed", order_id="x", products=[{"product_id": "lamp"}, {"sku": 1}, "junk"])
    assert ids(ask(identifier_ids=(browser.pk,))) == ["tray", "pot", "cup", "mug"]


@pytest.mark.usefixtures("shop")
def test_buy_again_lists_own_purchases_by_count_and_by_when_they_are_due_then_popular_ones() -> None:
    person = world.identifier("user_id", "u1")
    world.order(person, "cup", "mug", at=NOW - timedelta(days=20))
    world.order(person, "mug", at=NOW - timedelta(days=10))
    world.order(person, "pot", at=NOW - timedelta(days=1))
    found = ask(profile_id=person.profile_id, strategy=Strategy.BUY_AGAIN, n=4)
    assert ids(found) == ["mug", "cup", "pot", "lamp"]
    assert [item.reason for item in found.items] == [Reason.BUY_AGAIN] * 3 + [Reason.POPULAR]


@pytest.mark.usefixtures("shop")
def test_what_somebody_gave_back_is_not_offered_to_buy_again() -> None:
    person = world.identifier("user_id", "u1")
    world.give_back(world.order(person, "cup"), "cup")
    Order.objects.filter(pk=world.order(person, "pot").pk).update(status=Order.Status.REFUNDED)
    partly = world.order(person, "mug", "mug")
    world.give_back(partly, "mug")
    found = ask(profile_id=person.profile_id, strategy=Strategy.BUY_AGAIN, n=4)
    assert [(item.product_id, item.reason) for item in found.items][:1] == [("mug", Reason.BUY_AGAIN)]
    assert {item.reason for item in found.items[1:]} == {Reason.POPULAR}


@pytest.mark.usefixtures("shop")
def test_what_is_out_of_stock_or_inactive_is_not_recommended() -> None:
    Product.objects.filter(product_id="cup").update(in_stock=False)
    Product.objects.filter(product_id="lamp").update(active=False)
    queries.forget_catalog()
    assert ids(ask(product_id="mug")) == ["pot", "tray"]


@pytest.mark.usefixtures("shop")
def test_with_everything_out_of_stock_active_products_are_shown_as_they_are() -> None:
    Product.objects.update(in_stock=False)
    Product.objects.filter(product_id="pot").update(active=False)
    queries.forget_catalog()
    found = ask(product_id="mug")
    assert sorted(ids(found)) == ["cup", "lamp", "tray"]
    assert {item.reason for item in found.items} == {Reason.ASSORTMENT}
    assert not any(item.product.in_stock for item in found.items)
    assert found.note == "nothing that may be shown is in stock: these are products of the range as they are"


@pytest.mark.usefixtures("shop")
def test_who_owns_everything_still_gets_something() -> None:
    person = world.identifier("user_id", "u1")
    world.order(person, *IDS)
    assert ids(ask(profile_id=person.profile_id, n=2)) == ["lamp", "tray"]


def test_without_a_model_the_newest_products_come_first() -> None:
    world.products("old", "new")
    found = ask()
    assert ids(found) == ["new", "old"]
    assert found.model_run is None
    assert found.items[0].sentence == "New in the shop"


def test_an_empty_shop_says_that_there_are_no_products() -> None:
    found = ask(product_id="any")
    assert found.items == ()
    assert found.note.startswith("no products")


def test_a_shop_of_one_product_in_front_of_you_says_that_there_is_no_other() -> None:
    world.products("only")
    found = ask(product_id="only")
    assert found.items == ()
    assert found.note.startswith("no other products")


@pytest.mark.usefixtures("shop")
def test_who_denied_personalization_gets_exactly_what_a_stranger_gets() -> None:
    person = world.identifier("user_id", "u1")
    world.order(person, "lamp")
    world.view(person, "mug")
    personal = ask(profile_id=person.profile_id)
    with transaction.atomic():
        record_entries(
            [NewEntry(b"1" * 16, PERSONALIZATION, DENIED, "api", NOW - timedelta(hours=1), identifier_id=person.pk)]
        )
    refused = ask(profile_id=person.profile_id)
    assert dataclasses.replace(refused, refusal=None) == ask() != personal
    assert refused.refusal == NewRefusal("recommendation", PERSONALIZATION, "denied", Entry.objects.get().pk, person.pk)
    assert ask(identifier_ids=(person.pk,)) == refused
    assert ask(profile_id=person.profile_id, strategy=Strategy.BUY_AGAIN).items == ask().items


@pytest.mark.usefixtures("shop")
def test_a_shared_identifier_is_nobody() -> None:
    kiosk = world.identifier("anonymous_id", "kiosk", is_shared=True)
    world.view(kiosk, "mug")
    assert ask(identifier_ids=(kiosk.pk,)) == ask()
    assert ask(profile_id=kiosk.profile_id) == ask()


@pytest.mark.usefixtures("shop")
def test_a_new_product_a_new_price_and_a_deleted_product_are_noticed() -> None:
    ask()
    Product.objects.filter(product_id="lamp").delete()
    Product.objects.filter(product_id="tray").update(name="The new tray", updated_at=NOW + timedelta(days=9999))
    queries.refresh_catalog()
    found = ask(n=5)
    assert ids(found) == ["tray", "pot", "cup", "mug"]
    assert found.items[0].product.name == "The new tray"


@pytest.mark.usefixtures("shop")
def test_an_answer_for_a_profile_takes_at_most_five_queries_once_the_caches_are_warm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("recommendations.queries.catalog.REFRESH_EVERY_S", 1e9)
    monkeypatch.setattr("recommendations.queries.live.ASK_EVERY_S", 1e9)
    person = world.identifier("user_id", "u1")
    world.order(person, "lamp", "mug")
    world.view(person, "mug")
    ask()
    with CaptureQueriesContext(connection) as captured:
        ask(profile_id=person.profile_id)
    assert len(captured) <= 5  # identifiers, purpose, ledger, events, orders
    with CaptureQueriesContext(connection) as captured:
        ask(product_id="mug")
    assert len(captured) == 0


@pytest.mark.usefixtures("shop")
def test_a_product_that_only_a_browser_told_of_is_shown_to_nobody_while_the_shop_has_others() -> None:
    evil = world.product("evil", is_told_by_browser=True)
    assert "evil" not in ids(ask(n=10))
    Product.objects.filter(product_id="lamp").update(price=1, updated_at=NOW + timedelta(days=9999))
    queries.refresh_catalog()
    assert "evil" not in ids(ask(n=10))
    person = world.identifier("user_id", "u1")
    world.order(person, evil.product_id)
    assert "evil" not in ids(ask(profile_id=person.profile_id, strategy=Strategy.BUY_AGAIN, n=10))


def test_a_shop_that_only_browsers_tell_of_still_gets_answers_until_a_feed_comes() -> None:
    world.product("seen", is_told_by_browser=True)
    assert ids(ask()) == ["seen"]
    world.products("fed")
    assert ids(ask()) == ["fed"]
