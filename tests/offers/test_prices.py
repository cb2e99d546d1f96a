"""POST /v1/prices over real rows: who gets which price, and that whoever is nobody gets what everybody gets."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cdp.access.services import make_server_key, make_user_token, make_user_token_key
from cdp.lib.clock import utc_now
from cdp.lib.hashing import keyed_hash
from commerce.models import Product
from consent.contracts import DENIED, PERSONALIZATION, NewEntry
from consent.services import record_entries
from events.models import Source
from offers.models import Price, PriceList
from offers.queries.price_lists import forget_price_lists
from offers.services.prices import ListDraft, restore_list, save_list, switch_list, upload_rows
from profiles.models import Identifier, Profile
from segments.models import Membership, Segment
from tests.recommendations import world

pytestmark = pytest.mark.django_db
State = PriceList.State
D = Decimal


@pytest.fixture
def key() -> str:
    """A server key over a shop with three products at 9.50 EUR, of which one has a price in USD too."""
    world.products("mug", "cup", "pot")
    Product.objects.filter(product_id="cup").update(prices={"USD": "11.00"})
    return make_server_key("shop", ["offers:read"])[1]


def make_list(key: str, *rows: tuple[str, int, str], **changes: Any) -> PriceList:
    """A live list with these rows."""
    row = save_list(ListDraft(**{"key": key, "name": key, "currency": "EUR"} | changes))
    if rows:
        text = "product_id,from_quantity,price\n" + "".join(f"{a},{b},{c}\n" for a, b, c in rows)
        assert upload_rows(row.pk, text.encode(), replace=True).rejected == ()
    forget_price_lists()
    return switch_list(row.pk, State.LIVE)


def person(name: str, **traits: Any) -> Identifier:
    """Somebody with a browser and traits."""
    who = world.identifier("user_id", name)
    world.identifier("anonymous_id", f"{name}-browser", of=who)
    Profile.objects.create(pk=who.profile_id, traits={trait: [value, 1, "00"] for trait, value in traits.items()})
    return who


def into(slug: str, profile_id: UUID) -> None:
    segment, _ = Segment.objects.get_or_create(
        slug=slug, defaults={"name": slug, "state": Segment.State.LIVE, "definition": {"trait": "x", "is": "is_set"}}
    )
    Membership.objects.create(segment=segment, profile_id=profile_id, version=1, entered_at=utc_now())


def ask(key: str, *products: Any, **body: Any) -> Any:
    headers = {"Authorization": f"Bearer {key}"} if key.startswith("sk_") else {"X-Write-Key": key}
    if key.startswith("ut_"):
        headers = {"X-User-Token": key}
    return Client().post(
        "/v1/prices", {"products": list(products)} | body, content_type="application/json", headers=headers
    )


def told(answer: Any) -> list[tuple[str | None, str | None, bool]]:
    assert answer.status_code == 200, answer.content
    return [(one["price"], one["price_list"], one["personalized"]) for one in answer.json()["prices"]]


def test_a_person_gets_the_prices_of_their_group_and_segment_by_quantity(key: str) -> None:
    make_list("b2b", ("mug", 1, "8.00"), ("mug", 10, "7.25"), group="b2b")
    make_list("vips", segment="vip", percent_off=D(10))
    into("vip", person("ann", customer_group="b2b").profile_id)
    person("bob", customer_group="retail")
    answer = ask(key, {"product_id": "mug", "quantity": 3}, "cup", "gone", user_id="ann", currency="eur")
    assert answer.json() == {
        "prices": [
            {
                "product_id": "mug", "quantity": 3, "list_price": "9.50", "price": "8.00", "currency": "EUR",
                "price_list": "b2b", "reason": "group", "personalized": True, "from_quantity": 1,
                "next_break": {"quantity": 10, "price": "7.25"},
            },
            {
                "product_id": "cup", "quantity": 1, "list_price": "9.50", "price": "8.55", "currency": "EUR",
                "price_list": "vips", "reason": "segment", "personalized": True, "from_quantity": 1, "next_break": None,
            },
        ],
        "unknown_products": ["gone"],
    }  # fmt: skip
    assert told(ask(key, "mug", "cup", user_id="bob")) == [("9.50", None, False)] * 2
    token = "ut_" + make_user_token(make_user_token_key("k").kid, "ann", timedelta(hours=1))
    assert told(ask(token, {"product_id": "mug", "quantity": 10})) == [("7.25", "b2b", True)]
    assert ask(key, "cup", "mug", currency="USD").json()["prices"][0]["price"] == "11.00"
    assert ask(key, "mug", currency="USD").json()["prices"][0]["reason"] == "no_price_in_currency"


def test_whoever_is_nobody_gets_the_list_price_byte_for_byte(key: str) -> None:
    make_list("b2b", ("mug", 1, "8.00"), group="b2b")
    make_list("sale", ("pot", 1, "5.00"))
    ann, eve = person("ann", customer_group="b2b"), person("eve", customer_group="b2b")
    world.identifier("anonymous_id", "kiosk", is_shared=True)
    entry = NewEntry(keyed_hash("test", "no"), PERSONALIZATION, DENIED, "api", utc_now(), identifier_id=eve.pk)
    with transaction.atomic():
        record_entries([entry])
    asked = ({"product_id": "mug", "quantity": 2}, "pot", "cup", "gone")
    public = Source.objects.create(name="web", kind=Source.Kind.BROWSER, write_key="wk_web").write_key
    nobody = ask(key, *asked)
    assert told(nobody) == [("9.50", None, False), ("5.00", "sale", False), ("9.50", None, False)]
    assert ask(key, *asked, user_id="ann").content != nobody.content
    # An attacker who names the victim's browser with a public key learns nothing of the person behind it.
    named: tuple[tuple[str, dict[str, str]], ...] = (
        (key, {"user_id": "eve"}), (key, {"anonymous_id": "eve-browser"}), (key, {"user_id": "never seen"}),
        (key, {"anonymous_id": "kiosk"}), (public, {}), (public, {"anonymous_id": "ann-browser"}),
        (public, {"anonymous_id": "never seen"}),
    )  # fmt: skip
    assert {ask(by, *asked, **who).content for by, who in named} == {nobody.content}
    assert ask(public, *asked, user_id="ann").json()["code"] == "write_key_reads_no_profile"
    assert ann.profile_id != eve.profile_id


def test_a_price_that_only_a_browser_told_is_no_price(key: str) -> None:
    world.product("forged", is_told_by_browser=True)
    assert ask(key, "forged").json() == {"prices": [], "unknown_products": ["forged"]}


def test_a_list_holds_between_its_dates_and_while_it_is_live(key: str) -> None:
    now, day = utc_now(), timedelta(days=1)
    make_list("over", ("mug", 1, "1.00"), starts_at=now - 2 * day, ends_at=now - day)
    make_list("to-come", ("mug", 1, "2.00"), starts_at=now + day)
    assert told(ask(key, "mug")) == [("9.50", None, False)]
    held = make_list("now", ("mug", 1, "3.00"), starts_at=now - day, ends_at=now + day)
    assert told(ask(key, "mug")) == [("3.00", "now", False)]
    switch_list(held.pk, State.DRAFT)
    forget_price_lists()
    assert told(ask(key, "mug")) == [("9.50", None, False)]


def test_a_thousand_products_cost_as_many_statements_as_one(key: str) -> None:
    make_list("b2b", ("mug", 1, "8.00"), group="b2b")
    make_list("vips", segment="vip", percent_off=D(10))
    into("vip", person("ann", customer_group="b2b").profile_id)
    ask(key, "mug", user_id="ann")  # what a process keeps is read
    with CaptureQueriesContext(connection) as few:
        assert len(told(ask(key, "mug", user_id="ann"))) == 1
    many = [{"product_id": "mug", "quantity": n} for n in range(1, 998)] + ["cup", "pot", "gone"]
    with CaptureQueriesContext(connection) as thousand:
        assert len(told(ask(key, *many, user_id="ann"))) == 999
    assert len(thousand) == len(few) <= 6
    assert ask(key, *many, "one more").json()["errors"][0]["field"] == "products"


def test_every_fault_of_a_question_is_named(key: str) -> None:
    answer = ask(key, {"product_id": "mug", "quantity": 0}, {"quantity": 1}, 7.5, currency="EURO", colour="red")
    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == [
        "currency", "products.0.quantity", "products.1.product_id", "products.2.product_id", "colour",
    ]  # fmt: skip
    assert ask(make_server_key("other", ["segments:read"])[1], "mug").json()["code"] == "scope_missing"


def rows_of(row: PriceList) -> list[tuple[str, Decimal, Decimal]]:
    return sorted(Price.objects.filter(price_list=row).values_list("product_id", "min_quantity", "price"))


def test_a_change_is_undone_by_restoring_the_version_before() -> None:
    row = make_list("b2b", ("mug", 1, "8.00"), ("cup", 1, "4.00"), group="b2b")
    before, version = rows_of(row), row.version
    merged = upload_rows(row.pk, b"product_id,price\nmug,7\npot,1\npot,oops\n", replace=False)
    assert (merged.taken, merged.removed, [one.line for one in merged.rejected]) == (2, 0, [4])
    assert rows_of(row) == [("cup", D(1), D(4)), ("mug", D(1), D(7)), ("pot", D(1), D(1))]
    replaced = upload_rows(row.pk, b"product_id,price\nmug,6\n", replace=True)
    assert (replaced.taken, replaced.removed) == (1, 2)
    assert upload_rows(row.pk, b"product_id,price\nmug,x\n", replace=True).taken == 0
    assert rows_of(row) == [("mug", D(1), D(6))]  # nothing usable: nothing is done
    save_list(ListDraft("b2b", "Other", "EUR", percent_off=D("12.5"), ends_at=utc_now()), list_id=row.pk)
    restored = restore_list(row.pk, version)
    assert rows_of(row) == before
    assert (restored.name, restored.group, restored.percent_off, restored.ends_at) == ("b2b", "b2b", None, None)
    assert restored.version == version + 4
    back = restore_list(row.pk, version + 3)
    assert (back.name, back.percent_off) == ("Other", D("12.5"))


def test_the_database_refuses_a_second_price_of_a_quantity() -> None:
    row = make_list("b2b", ("mug", 1, "8.00"))
    with pytest.raises(IntegrityError, match="offers_price_once"), transaction.atomic():
        Price.objects.create(price_list=row, product_id="mug", min_quantity=1, price=7)
