"""What is chosen already is not recommended, what was just seen is told as seen, what is new is named by its like."""

from dataclasses import replace
from datetime import timedelta

import pytest

from commerce.models import Product
from profiles.models import Identifier
from recommendations import queries
from recommendations.barriers import WORDS, Barrier
from recommendations.contracts import Answer, Reason, RecommendationRequest, Strategy
from recommendations.estimators.content import Content
from tests.recommendations import world
from tests.recommendations.rows import data_of
from tests.recommendations.world import NOW

pytestmark = pytest.mark.django_db
IDS = ("mug", "cup", "pot", "tray", "lamp")


@pytest.fixture
def browser() -> Identifier:
    """A browser in a shop of five products, where who has a mug wants a cup, then a pot."""
    world.products(*IDS)
    pairs = {("mug", "cup"): 0.5, ("mug", "pot"): 0.4, ("lamp", "tray"): 0.3, ("cup", "mug"): 0.9}
    world.go_live(world.small_model(IDS, [1, 2, 3, 4, 5], pairs))
    return world.identifier("anonymous_id", "a1", of=world.identifier("user_id", "u1"))


def ask(who: Identifier, **request: object) -> Answer:
    given: dict[str, object] = {"now": NOW, "identifier_ids": (who.pk,), **request}
    return queries.answer(RecommendationRequest(**given))  # type: ignore[arg-type]


def ids(found: Answer) -> list[str]:
    return [item.product_id for item in found.items]


def add(who: Identifier, product_id: str, minutes: int) -> None:
    world.event(who, "Product Added", at=NOW - timedelta(minutes=minutes), product_id=product_id)


@pytest.mark.parametrize("whole", [False, True], ids=["a browser", "a whole profile"])
@pytest.mark.parametrize("strategy", [Strategy.FOR_YOU, Strategy.SESSION])
def test_what_lies_in_the_cart_of_this_visit_is_not_recommended(
    browser: Identifier, strategy: Strategy, whole: bool
) -> None:
    world.view(browser, "mug", at=NOW - timedelta(minutes=9))
    add(browser, "cup", 8)
    who = {"profile_id": browser.profile_id, "identifier_ids": ()} if whole else {}
    found = ask(browser, strategy=strategy, **who)
    assert sorted(ids(found)) == ["lamp", "mug", "pot", "tray"]
    told = queries.answer(
        RecommendationRequest(now=NOW, identifier_ids=(browser.pk,), strategy=Strategy.SESSION, is_preview=True)
    )
    assert ("cup", WORDS[Barrier.IN_CART]) in {(one.product_id, one.rule) for one in told.dropped}


def test_what_was_taken_out_again_ordered_or_left_there_in_an_earlier_visit_may_come(browser: Identifier) -> None:
    add(browser, "pot", 600)
    add(browser, "cup", 8)
    world.event(browser, "Product Removed", at=NOW - timedelta(minutes=7), product_id="cup")
    add(browser, "mug", 6)
    assert sorted(ids(ask(browser))) == ["cup", "lamp", "pot", "tray"]
    add(browser, "cup", 5)
    assert sorted(ids(ask(browser))) == ["lamp", "pot", "tray"]
    world.event(
        browser, "Order Completed", at=NOW - timedelta(minutes=4), order_id="x", products=[{"product_id": "cup"}]
    )
    assert sorted(ids(ask(browser))) == ["lamp", "mug", "pot", "tray"]


def test_an_order_empties_the_cart_of_a_profile(browser: Identifier) -> None:
    add(browser, "mug", 6)
    world.order(browser, "cup", at=NOW - timedelta(minutes=4))
    assert "mug" in ids(ask(browser, profile_id=browser.profile_id, identifier_ids=()))


def test_the_cart_of_the_request_and_the_product_in_front_are_not_recommended(browser: Identifier) -> None:
    world.view(browser, "mug")
    found = ask(browser, strategy=Strategy.FOR_YOU, cart=("cup",), product_id="mug")
    assert sorted(ids(found)) == ["lamp", "pot", "tray"]


def test_what_was_just_viewed_comes_back_as_that(browser: Identifier) -> None:
    world.view(browser, "mug", at=NOW - timedelta(minutes=3))
    world.view(browser, "cup", at=NOW - timedelta(minutes=2))
    told = {item.product_id: (item.reason, item.sentence) for item in ask(browser).items}
    assert told["mug"] == told["cup"] == (Reason.RECENT, "You viewed it lately")
    assert told["pot"] == (Reason.VIEWED, "Because you viewed The mug")


def test_what_is_like_a_product_new_since_the_training_names_it(browser: Identifier) -> None:
    content = Content().fit(data_of(items=5, texts=[f"Enamel {one}" for one in IDS]), 0)
    model = world.small_model(IDS, [1, 2, 3, 4, 5], {})
    blends = {**model.blends, "product": {"content": 1.0}}
    world.go_live(replace(model, parts={**model.parts, "content": content}, blends=blends))
    Product.objects.create(product_id="bowl", name="Enamel bowl", category="Kitchen", from_feed=True, seen_at=NOW)
    queries.forget_catalog()
    first = ask(browser, product_id="bowl").items[0]
    assert (first.reason, first.sentence) == (Reason.ALIKE, "Similar to Enamel bowl")


def test_what_goes_with_the_cart_stands_before_what_is_popular_and_what_else_was_viewed(browser: Identifier) -> None:
    world.view(browser, "lamp")
    found = ask(browser, strategy=Strategy.CART, cart=("mug",), n=4)
    assert [(item.product_id, item.sentence) for item in found.items] == [
        ("cup", "Goes with The mug"),
        ("pot", "Goes with The mug"),
        ("lamp", "Popular now"),
        ("tray", "Popular now"),
    ]
