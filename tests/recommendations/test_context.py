"""From what somebody did to what the model is asked: the present visit, weights as in training, the last click."""

from collections.abc import Callable
from datetime import timedelta
from math import log1p

import pytest
from django.test import Client

from cdp.lib.clock import to_us, utc_now
from commerce.contracts import ProductFacts
from events.services import record
from recommendations.contracts import RecommendationRequest
from recommendations.estimators.interactions import Kind
from recommendations.queries.context import context_of, described, visit_of
from recommendations.queries.people import Past, Touch
from tests.recommendations import world
from tests.recommendations.world import NOW

IDS = ("mug", "cup", "pot", "tray", "lamp")
MODEL = world.small_model(IDS, [1, 2, 3, 4, 5], {("mug", "cup"): 0.5, ("lamp", "tray"): 0.5, ("pot", "lamp"): 0.5})


def touch(product_id: str, minutes_ago: float, kind: Kind = Kind.VIEW) -> Touch:
    return Touch(product_id, kind, to_us(NOW - timedelta(minutes=minutes_ago)))


def test_the_present_visit_goes_back_to_the_first_pause_of_half_an_hour() -> None:
    touches = [touch("a", 1), touch("b", 20), touch("c", 45), touch("d", 80), touch("e", 90)]
    assert [one.product_id for one in visit_of(touches, to_us(NOW))] == ["c", "b", "a"]
    assert visit_of([touch("a", 31)], to_us(NOW)) == ()
    assert [one.product_id for one in visit_of([touch("a", -3)], to_us(NOW))] == ["a"]
    assert visit_of([], to_us(NOW)) == ()


def test_a_context_weighs_as_training_and_leaves_out_what_the_model_never_saw() -> None:
    past = Past(
        touches=(touch("mug", 2), touch("mug", 5, Kind.ADD), touch("unknown", 1), touch("cup", 60 * 24)),
        purchases=(Touch("pot", Kind.PURCHASE, to_us(NOW - timedelta(days=9)), 3.0),),
        is_known=True,
    )
    request = RecommendationRequest(now=NOW, product_id="lamp", cart=("tray", "unknown", "tray"), region="DE")
    found = context_of(request, past, MODEL)
    assert [(IDS[one.code], round(one.weight, 4)) for one in found.history] == [
        ("pot", round(log1p(3.0), 4)),
        ("mug", round(log1p(0.25 + 0.5), 4)),
        ("cup", round(log1p(0.25 * 0.5 ** (1 / 180)), 4)),
    ]
    assert [(IDS[one.code], one.weight) for one in found.purchases] == [("pot", 3.0)]
    assert [(IDS[one.code], one.kind) for one in found.session] == [("mug", Kind.ADD), ("mug", Kind.VIEW)]
    assert (found.product, found.cart, found.region) == (IDS.index("lamp"), (IDS.index("tray"),), "DE")


def test_the_last_visit_of_somebody_who_never_bought_stands_for_the_present_one() -> None:
    days_ago = (touch("lamp", 60 * 72), touch("mug", 60 * 24), touch("cup", 60 * 24 + 5))
    browsing, request = Past(touches=days_ago, is_known=True), RecommendationRequest(now=NOW)
    assert [IDS[one.code] for one in context_of(request, browsing, MODEL).session] == ["cup", "mug"]
    bought = Past(touches=days_ago, purchases=(touch("pot", 60 * 48, Kind.PURCHASE),), is_known=True)
    assert context_of(request, bought, MODEL).session == ()
    now = Past(touches=(*days_ago, touch("tray", 1)), is_known=True)
    assert [IDS[one.code] for one in context_of(request, now, MODEL).session] == ["tray"]


def test_a_product_the_model_never_saw_is_described_in_words() -> None:
    new = ProductFacts("new", "Blue mug", "Mugs", "Acme", None, "", "", "", in_stock=True, active=True)
    found = context_of(RecommendationRequest(now=NOW, product_id="new"), Past(), MODEL, new)
    assert (found.product, found.product_text) == (None, described(new))
    assert "Blue mug" in described(new)


@pytest.mark.django_db
def test_the_last_click_changes_the_next_answer(drain: Callable[..., int]) -> None:
    world.products(*IDS)
    world.go_live(MODEL)
    source = world.source()

    def click(product_id: str) -> None:
        view = {"type": "track", "event": "Product Viewed", "anonymousId": "a1", "messageId": product_id}
        record(source, [{**view, "timestamp": utc_now().isoformat(), "properties": {"product_id": product_id}}])
        drain(only={"events.process", "commerce.refold"})

    def first() -> tuple[str, str]:
        response = Client().get(f"/v1/recommendations?writeKey={source.write_key}&anonymous_id=a1")
        item = response.json()["items"][0]
        return item["product_id"], item["sentence"]

    assert first() == ("lamp", "Popular now")
    click("mug")
    assert first() == ("cup", "Because you viewed The mug")
    click("lamp")
    assert first()[0] in ("tray", "cup")
    shown = Client().get(f"/v1/recommendations?writeKey={source.write_key}&anonymous_id=a1&n=2").json()["items"]
    assert {item["sentence"] for item in shown} == {"Because you viewed The lamp", "Because you viewed The mug"}
