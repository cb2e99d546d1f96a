"""POST /v1/offers/evaluate over real rows: who gets what, codes, budgets, the catalog, errors and how to mend."""

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import Client, RequestFactory

from cdp.access.services import make_server_key, make_user_token, make_user_token_key
from cdp.lib.clock import utc_now
from cdp.lib.hashing import keyed_hash
from commerce.models import Product
from consent.contracts import DENIED, PERSONALIZATION, NewEntry
from consent.services import record_entries
from offers.api.wsgi import evaluations_first
from offers.models import Budget, Code, CodePool, Offer, OfferVersion, PersonUse
from offers.queries.in_force import forget_offers
from offers.redeeming import NewReservation, Redeeming
from offers.services import ledger
from profiles.models import Identifier, Profile
from segments.models import Membership, Segment
from tests.recommendations import world

pytestmark = pytest.mark.django_db
PATH = "/v1/offers/evaluate"
CART: dict[str, Any] = {"currency": "EUR", "lines": [{"product_id": "mug", "quantity": 2, "price": "25.00"}]}


@pytest.fixture
def key() -> str:
    world.products("mug", "cup")
    return make_server_key("shop", ["offers:read"])[1]


def offer(key: str, kind: str = "percent", value: str = "10", *, slug: str = "", **terms: Any) -> Offer:
    """A live offer."""
    row = Offer.objects.create(key=key, name=key)
    said = {"kind": kind, "value": value, "currency": "EUR", **terms}
    version = OfferVersion.objects.create(offer=row, number=1, terms=said, audience_slug=slug)
    row.version, row.state = version, Offer.State.LIVE
    row.save()
    limits = {"money_limit": said.get("budget_money"), "count_limit": said.get("budget_count")}
    Budget.objects.create(offer=row, currency="EUR", **limits)
    forget_offers()
    return row


def ask(key: str = "", body: Any = None, *, token: str = "", query: str = "", **more: Any) -> Any:
    headers = {"Authorization": f"Bearer {key}"} if key else {"X-User-Token": token} if token else {}
    sent = {"cart": CART, **more} if body is None else body
    return Client().post(PATH + query, json.dumps(sent), content_type="application/json", headers=headers)


def given(response: Any) -> dict[str, str]:
    assert response.status_code == 200, response.content
    return {one["offer"]: one["saving"] for one in response.json()["best"]["applied"]}


def person(name: str) -> Identifier:
    who = world.identifier("user_id", name)
    world.identifier("anonymous_id", f"{name}-browser", of=who)
    Profile.objects.create(pk=who.profile_id, traits={})
    return who


def into(slug: str, who: Identifier) -> None:
    rule = {"trait": "x", "is": "is_set"}
    segment = Segment.objects.create(slug=slug, name=slug, state=Segment.State.LIVE, definition=rule)
    Membership.objects.create(segment=segment, profile_id=who.profile_id, version=1, entered_at=utc_now())


def test_the_whole_answer(key: str) -> None:
    offer("ten", titles={"en": "Ten off", "de": "Zehn"})
    offer("ship", "free_shipping", "", conditions={"subtotal_min": "50"})
    cart = {**CART, "shipping": {"amount": "4.90", "tax_rate": 19}, "locale": "de-DE"}
    assert ask(key, cart=cart).json() == {
        "totals": {
            "subtotal": "50.00", "discount": "5.00", "shipping": "0.00", "shipping_discount": "4.90", "tax": "0.00",
            "total": "45.00", "currency": "EUR", "prices_include_tax": True, "shipping_is_known": True,
        },
        "best": {
            "offers": ["ten", "ship"], "saving": "9.90", "points": 0,
            "applied": [
                {
                    "offer": "ten", "version": 1, "kind": "percent", "applies_to": "cart", "title": "Zehn", "text": "",
                    "reason": "everybody", "sentence": "Für alle.", "code": None, "priority": 50, "saving": "5.00",
                    "discount": "5.00", "shipping": "0.00", "gifts": [], "points": 0,
                    "lines": [{"index": 0, "product_id": "mug", "quantity": "2", "amount": "5.00"}],
                },
                {
                    "offer": "ship", "version": 1, "kind": "free_shipping", "applies_to": "shipping", "title": "ship",
                    "text": "", "reason": "subtotal", "sentence": "Ab einem Warenwert von 50,00\u00a0€.", "code": None,
                    "priority": 50, "saving": "4.90", "discount": "0.00", "shipping": "4.90", "gifts": [], "points": 0,
                    "lines": [],
                },
            ],
        },
        "lines": [
            {"index": 0, "product_id": "mug", "quantity": "2", "subtotal": "50.00", "discount": "5.00",
             "total": "45.00", "tax": "0.00"},
        ],
        "eligible": [
            {"offer": one["offer"], "chosen": True, "reason": one["reason"], "sentence": one["sentence"], "alone": one}
            for one in ask(key, cart=cart).json()["best"]["applied"]
        ],
        "not_chosen": [], "missing": [], "codes": [], "refused": [],
    }  # fmt: skip


def test_offers_for_some_reach_them_by_server_key_and_token_only_and_refusers_get_what_nobody_gets(key: str) -> None:
    offer("vip", slug="vip", audience={"trait": "x", "is": "is_set"})
    offer("first", "amount", "3", conditions={"first_order": True})
    offer("once", "amount", "2", cap_per_person=1)
    ann = person("ann")
    into("vip", ann)
    world.order(ann, "mug")
    PersonUse.objects.create(offer=Offer.objects.get(key="once"), identifier_id=ann.pk, used=1, last_at=utc_now())
    assert given(ask(key, user_id="ann")) == {"vip": "5.00"}
    token = make_user_token(make_user_token_key("shop").kid, "ann", timedelta(hours=1))
    by_token = ask(token=token)
    assert (given(by_token), by_token.json()["refused"]) == ({"vip": "5.00"}, [])
    nobody = ask(key)
    assert given(nobody) == {"first": "3.00", "once": "2.00"}
    write_key = world.source().write_key
    own = ask(query=f"?writeKey={write_key}", anonymous_id="a-stranger")
    # An attacker's browser that is linked to hers learns nothing of her.
    linked = ask(query=f"?writeKey={write_key}", anonymous_id="ann-browser")
    assert linked.content == own.content
    assert ask(query=f"?writeKey={write_key}", user_id="ann").status_code == 403
    denied = NewEntry(keyed_hash("test", "no"), PERSONALIZATION, DENIED, "api", utc_now(), identifier_id=ann.pk)
    with transaction.atomic():
        record_entries([denied])
    assert ask(key, user_id="ann").content == nobody.content


def test_codes_are_taken_however_they_are_written_and_say_why_not(key: str) -> None:
    ten = offer("ten", needs_code=True)
    pool = CodePool.objects.create(offer=ten, name="all", kind=CodePool.Kind.SHARED)
    late = utc_now() - timedelta(minutes=1)
    made = [
        Code(code="SUMMER10", most_uses=None), Code(code="USED", uses=1, most_uses=1),
        Code(code="LATE", expires_at=late), Code(code="VOID", is_void=True), Code(code="HERS", identifier_id=-1),
    ]  # fmt: skip
    for one in made:
        one.pool, one.offer, one.shown = pool, ten, one.code
    Code.objects.bulk_create(made)
    response = ask(key, codes=["us-ed", "late", "void", "hers", "nope", " summer-10"])
    assert given(response) == {"ten": "5.00"}
    assert [(one["state"], one["reason"]) for one in response.json()["codes"]] == [
        ("refused", "code_used_up"),
        ("refused", "code_expired"),
        ("refused", "code_void"),
        ("refused", "code_of_another"),
        ("refused", "code_unknown"),
        ("applied", "code"),
    ]
    assert given(ask(key)) == {}
    Offer.objects.update(state=Offer.State.PAUSED)
    forget_offers()
    assert [one["reason"] for one in ask(key, codes=["SUMMER10"]).json()["codes"]] == ["offer_not_live"]


def test_the_catalog_fills_what_the_cart_leaves_out_and_costs_stay_hidden_from_browsers(key: str) -> None:
    Product.objects.filter(product_id="mug").update(
        category="Cups", brand="Ton", cost=Decimal("20"), price=Decimal("25"), currency="EUR", is_trusted=True
    )
    offer("cups", scope={"categories": ["cups"]}, margin_floor_percent="10")
    assert given(ask(key)) == {"cups": "5.00"}  # 45 paid, 40 of cost: 11.1 %
    write_key = world.source().write_key
    assert given(ask(query=f"?writeKey={write_key}")) == {"cups": "5.00"}
    tried = {**CART, "lines": [{**CART["lines"][0], "price": "400"}]}
    assert given(ask(query=f"?writeKey={write_key}", cart=tried)) == {}


def test_a_budget_that_is_left_smaller_than_the_discount_is_not_cut(key: str) -> None:
    row = offer("ten", budget_money="100.00")
    assert given(ask(key)) == {"ten": "5.00"}
    Budget.objects.filter(offer=row).update(money_used=Decimal("95.01"))
    forget_offers()
    response = ask(key)
    assert given(response) == {}
    assert [one["reason"] for one in response.json()["refused"]] == ["budget_too_small"]


def test_up_to_a_hundred_carts_at_once_and_another_time(key: str) -> None:
    offer("ten", starts_at="2030-01-01T00:00:00+01:00")
    asked = {"carts": [{"cart": CART}, {"cart": {**CART, "currency": "JPY"}, "user_id": "ann"}], "at": "2030-01-02"}
    results = ask(key, asked).json()["results"]
    assert [one["totals"]["total"] for one in results] == ["45.00", "50"]
    assert ask(key, {"carts": [{"cart": CART}] * 101}).json()["errors"][0]["reason"] == "not_carts"


def test_what_cannot_be_used_is_named_with_its_path(key: str) -> None:
    line = {"product_id": "", "quantity": -1, "price": "abc", "tax_rate": "0.19", "colour": 1}
    body = {"carts": [{"cart": {"currency": "Euro", "lines": [line, 7], "shipping": "x"}, "codes": [""], "who": 1}]}
    response = ask(key, body)
    assert response.status_code == 400
    assert {(one["field"], one["reason"]) for one in response.json()["errors"]} == {
        ("carts[0].cart.currency", "not_a_currency"),
        ("carts[0].cart.lines[0].product_id", "not_text"),
        ("carts[0].cart.lines[0].quantity", "not_a_number"),
        ("carts[0].cart.lines[0].price", "not_a_number"),
        ("carts[0].cart.lines[0].tax_rate", "not_in_percent"),
        ("carts[0].cart.lines[0].colour", "unknown_field"),
        ("carts[0].cart.lines[1]", "not_an_object"),
        ("carts[0].cart.lines[1].product_id", "not_text"),
        ("carts[0].cart.lines[1].price", "missing"),
        ("carts[0].cart.shipping", "not_a_number"),
        ("carts[0].codes[0]", "not_text"),
        ("carts[0].who", "unknown_field"),
    }
    write_key = world.source().write_key
    costly = {**CART, "lines": [{**CART["lines"][0], "cost": "1"}], "first_order": True}
    errors = ask(query=f"?writeKey={write_key}", cart=costly, at="2030-01-01").json()["errors"]
    assert [one["field"] for one in errors] == ["at", "cart.lines[0].cost", "cart.first_order"]


@pytest.fixture
def _same_connection() -> Iterator[None]:
    """As Django's test client does: what a handler of our own closes would be the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("_same_connection")
def test_the_fast_lane_answers_as_django_does_and_leaves_refusals_to_it(key: str) -> None:
    offer("ten")

    def called(application: Any, sent: bytes, method: str = "POST") -> tuple[Any, ...]:
        environ = RequestFactory().generic(method, PATH, sent, "application/json").environ
        environ |= {"HTTP_AUTHORIZATION": f"Bearer {key}", "HTTP_X_REQUEST_ID": "request-of-a-test"}
        environ["wsgi.input"] = BytesIO(sent)
        found: list[Any] = []
        body = application(environ, lambda status, headers, *_: found.extend((status, dict(headers))))
        return (*found, b"".join(body))

    django = WSGIHandler()
    sent = json.dumps({"cart": CART}).encode()
    assert called(evaluations_first(lambda *_: []), sent) == called(django, sent)
    refused = called(evaluations_first(django), b'{"cart": 1}')
    assert refused == called(django, b'{"cart": 1}')
    assert refused[0] == "400 Bad Request"
    assert called(evaluations_first(django), b"", "GET")[0] == "405 Method Not Allowed"


def test_a_checkout_that_has_reserved_is_not_in_its_own_way(key: str) -> None:
    once = offer("once", "amount", "5", cap_per_person=1, cool_off_hours=24, needs_code=True, budget_money="5")
    pool = CodePool.objects.create(offer=once, kind="uploaded", name="p")
    Code.objects.create(pool=pool, offer=once, code="ONE", shown="ONE", most_uses=1)
    ann, now = person("ann"), utc_now()
    asked: dict[str, Any] = {"user_id": "ann", "codes": ["one"]}
    assert given(ask(key, **asked)) == {"once": "5.00"}
    use = NewReservation("cart-7", code="one", identifier_id=ann.pk, amount=Decimal(5), currency="EUR")
    [held] = ledger.reserve([use], now)
    forget_offers()
    assert ask(key, **asked).json()["codes"][0]["reason"] == "code_used_up"
    for name in ("cart-7", str(held.id)):
        assert given(ask(key, **asked, reservations=[name])) == {"once": "5.00"}
    assert ask(key, user_id="ann", reservations=["cart-8"]).json()["best"]["offers"] == []
    assert ask(key, **asked, reservations=[7]).json()["errors"][0]["field"] == "reservations[0]"
    ledger.redeem([Redeeming(id=held.id)], now)
    assert ask(key, **asked, reservations=["cart-7"]).json()["codes"][0]["reason"] == "code_used_up"


def test_who_asks_about_another_time_changes_nobody_elses_answer(key: str) -> None:
    now = utc_now()
    offer("brief", "amount", "5", ends_at=(now + timedelta(days=1)).isoformat())
    offer("past", "amount", "2", ends_at=(now - timedelta(days=1)).isoformat())
    assert given(ask(key, at=(now + timedelta(days=3)).isoformat())) == {}
    assert given(ask(key)) == {"brief": "5.00"}
    assert given(ask(key, at=(now - timedelta(days=2)).isoformat())) == {"brief": "5.00", "past": "2.00"}


def test_two_codes_of_one_offer_are_one_use(key: str) -> None:
    row = offer("five", "amount", "5", needs_code=True)
    pool = CodePool.objects.create(offer=row, kind="uploaded", name="p")
    for code in ("A1", "B2"):
        Code.objects.create(pool=pool, offer=row, code=code, shown=code, most_uses=1)
    told = ask(key, codes=["a1", "b2"]).json()["codes"]
    assert [(one["state"], one["reason"]) for one in told] == [("applied", "code"), ("refused", "offer_twice")]
