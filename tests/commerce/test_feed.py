"""Product feeds: what is taken, what is refused and why, and that a feed is believed before events."""

# Decimals are compared with whole numbers.
# mypy: disable-error-code="comparison-overlap"

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from cdp.access.services import make_server_key
from cdp.lib.clock import utc_now
from commerce import feeds, queries
from commerce.contracts import ProductRow, UpsertCount
from commerce.models import Product
from commerce.services import upsert_products
from tests.commerce.facts import at
from tests.commerce.world import Drain, make_source, send_and_work, track

PATH = "/v1/catalog/products"
BAD_ROWS = [
    ("row_shape", "text"),
    ("product_id", {"name": "n"}),
    ("product_id", {"product_id": "undefined"}),
    ("product_id", {"product_id": "x" * 201}),
    ("field_unknown", {"product_id": "a", "colour": "red"}),
    ("price", {"product_id": "a", "price": -1}),
    ("price", {"product_id": "a", "price": "1,50"}),
    ("price", {"product_id": "a", "price": 10**12}),
    ("currency", {"product_id": "a", "currency": "EURO"}),
    ("in_stock", {"product_id": "a", "in_stock": "maybe"}),
    ("name", {"product_id": "a", "name": 5}),
    ("url", {"product_id": "a", "url": "javascript:alert(1)"}),
    ("attributes", {"product_id": "a", "attributes": [1]}),
]
BAD_HEADERS = [
    ("csv_header", "name,price\nn,1\n", "product_id among them; found: name, price"),
    ("csv_header", "", "found: nothing"),
    ("csv_header", "product_id,colour\n", "Unknown column 'colour'"),
    ("csv_header", "product_id,name,name\n", "Column 'name' stands there twice"),
    ("csv_malformed", 'product_id\n"a', "is not CSV"),
]


@pytest.fixture
def post(db: None) -> Any:
    """Posts a body with a key of the scope catalog:write."""
    _, plain = make_server_key("feed", ["catalog:write"])

    def send(body: Any, content_type: str = "application/json", key: str = plain) -> Any:
        raw = body if isinstance(body, bytes | str) else json.dumps(body)
        return Client().post(PATH, raw, content_type=content_type, headers={"Authorization": f"Bearer {key}"})

    return send


@pytest.mark.parametrize(("reason", "row"), BAD_ROWS)
def test_a_faulty_row_is_named_and_the_others_are_taken(reason: str, row: Any) -> None:
    rows, errors = feeds.rows_of_json({"products": [{"product_id": "good"}, row]})
    assert [one.product_id for one in rows] == ["good"]
    assert [(error.index, error.reason) for error in errors] == [(1, reason)]
    assert errors[0].detail


@pytest.mark.parametrize(("code", "text", "says"), BAD_HEADERS)
def test_a_csv_whose_header_cannot_be_read_is_refused_whole(code: str, text: str, says: str) -> None:
    with pytest.raises(feeds.BadFeed) as refusal:
        feeds.rows_of_csv(text)
    assert refusal.value.code == code
    assert says in refusal.value.detail


@pytest.mark.parametrize("document", [[], {}, {"products": {}}, "text", None])
def test_json_of_another_shape_is_refused_whole(document: Any) -> None:
    with pytest.raises(feeds.BadFeed) as refusal:
        feeds.rows_of_json(document)
    assert refusal.value.code == "feed_shape"


def test_a_csv_row_is_read_with_its_attributes_and_flags() -> None:
    header = "\ufeffProduct_ID, name,price,in_stock,active,attributes.color\r\n"
    text = header + ' a1 ,"Mug, blue",9.90,yes,,blue\r\n\r\nb,,,,0\r\n'
    rows, errors = feeds.rows_of_csv(text)
    assert rows == [
        ProductRow("a1", name="Mug, blue", price=Decimal("9.90"), in_stock=True, attributes={"color": "blue"}),
    ]
    assert [(error.index, error.reason) for error in errors] == [(1, "cell_count")]


def test_the_last_of_several_rows_of_one_product_counts() -> None:
    rows, _ = feeds.rows_of_json({"products": [{"product_id": "a", "name": "x"}, {"product_id": "a", "name": "y"}]})
    assert [row.name for row in rows] == ["y"]


def test_the_api_takes_good_rows_and_names_bad_ones(post: Any) -> None:
    answer = post({"products": [{"product_id": "a", "name": "Mug", "price": 9.9, "currency": "eur"}, {"name": "?"}]})
    assert answer.status_code == 200
    assert {key: answer.json()[key] for key in ("created", "updated", "unchanged", "rejected")} == {
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "rejected": 1,
    }
    assert answer.json()["errors"][0]["index"] == 1
    facts = queries.products(["a", "b"])["a"]
    assert (facts.name, facts.price, facts.currency, facts.is_offerable) == ("Mug", Decimal("9.9"), "EUR", True)


@pytest.mark.parametrize("kind", ["text/csv", "application/json"])
def test_a_nul_in_a_feed_becomes_a_replacement_character_in_both_formats(post: Any, kind: str) -> None:
    body = (
        "product_id,name\na,N\0ame\n"
        if kind == "text/csv"
        else '{"products":[{"product_id":"a","name":"N\\u0000ame"}]}'
    )
    assert post(body, kind).status_code == 200
    assert Product.objects.get().name == "N\ufffdame"


def test_the_api_takes_csv(post: Any) -> None:
    answer = post("product_id,price,in_stock\na,5,no\n", "text/csv; charset=utf-8")
    assert (answer.status_code, answer.json()["created"]) == (200, 1)
    assert not queries.products(["a"])["a"].is_offerable


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        ("{", "application/json", "malformed_json"),
        (b"\xff", "text/csv", "feed_encoding"),
        ("name\nx\n", "text/csv", "csv_header"),
        ({"products": [{}] * 1001}, "application/json", "feed_too_long"),
    ],
)
def test_the_api_refuses_what_it_cannot_read_and_stores_nothing(
    post: Any, body: Any, content_type: str, code: str
) -> None:
    answer = post(body, content_type)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not Product.objects.exists()


def test_the_api_wants_the_scope(post: Any) -> None:
    _, other = make_server_key("other", ["recommendations:read"])
    assert post({"products": []}, key=other).status_code == 403
    assert Client().post(PATH, "{}", content_type="application/json").status_code == 401


@pytest.mark.django_db
def test_a_feed_is_idempotent_and_keeps_what_it_does_not_tell() -> None:
    whole = ProductRow("a", name="Mug", price=Decimal(5), category="cups", attributes={"color": "red"})
    assert upsert_products([whole], utc_now()) == UpsertCount(1, 0, 0)
    assert upsert_products([whole], utc_now()) == UpsertCount(0, 0, 1)
    assert upsert_products([ProductRow("a", in_stock=False)], utc_now()) == UpsertCount(0, 1, 0)
    product = Product.objects.get()
    assert (product.name, product.price, product.category, product.in_stock) == ("Mug", 5, "cups", False)
    assert product.attributes == {"color": "red"}


@pytest.mark.django_db(transaction=True)
def test_events_describe_a_product_field_by_field_newest_first_until_a_feed_does(drain: Drain) -> None:
    shop = make_source()
    newer = track("Product Viewed", 9, user="u", product_id="a", name="New name", price=8, currency="EUR")
    older = track("Product Viewed", 1, user="u", product_id="a", name="Old name", brand="Acme", price=5)
    listed = track("Product List Viewed", 2, user="u", products=[{"product_id": "b", "name": "B"}, {"sku": "c"}, 5])
    send_and_work(drain, shop, [[newer], [older], [listed]])
    product = Product.objects.get(product_id="a")
    assert (product.name, product.brand, product.price, product.seen_at) == ("New name", "Acme", 8, at(9))
    assert sorted(queries.products(["a", "b", "c"])) == ["a", "b", "c"]
    upsert_products([ProductRow("a", name="Feed name")], utc_now())
    send_and_work(drain, shop, [[track("Product Viewed", 99, user="u", product_id="a", name="Latest", price=1)]])
    product.refresh_from_db()
    assert (product.name, product.price, product.from_feed) == ("Feed name", 8, True)


@pytest.mark.django_db
def test_the_command_loads_a_file_and_explains_a_bad_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("product_id,price\na,1\nb,x\n")
    bad.write_text("id\na\n")
    call_command("load_products", good)
    assert "1 created, 0 updated, 0 unchanged, 1 rejected" in capsys.readouterr().out
    with pytest.raises(CommandError, match="product_id among them; found: id"):
        call_command("load_products", bad)
    with pytest.raises(CommandError, match="cannot read"):
        call_command("load_products", tmp_path / "none.csv")
    assert Product.objects.count() == 1
