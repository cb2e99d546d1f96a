"""Real shop data from file to answer: what pandas says of the files, the database, segments and the API say too.

Two months around the days that both files hold. Expectations come from the files alone, not from the product's code.
"""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import Sum
from django.test import Client

from cdp.access.services import make_server_key
from cdp.lib.clock import utc_now
from cdp.lib.hashing import keyed_hash
from cdp.outbox.services import drain_all
from commerce.models import Order, OrderLine, Product
from consent.contracts import GRANTED, PERSONALIZATION, NewEntry
from consent.services import record_entries
from profiles.models import Identifier
from recommendations import queries, training
from recommendations.services import train
from segments import services
from segments.contracts import SegmentDraft
from segments.models import Membership
from tests.connectors import compare
from tests.paths import data_file

pytestmark = [pytest.mark.data, pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]
SINCE, SPLIT, UNTIL = "2010-11-10", "2010-12-05", "2011-01-10"
FILES = (
    ("online_retail_2009_10", "online_retail_2009_2010.parquet"),
    ("online_retail", "online_retail_2010_2011.parquet"),
)
ASKED = 150
Who = set[str]


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """The days from SINCE to UNTIL of both files; both hold those from 1 to 9 December."""
    found = []
    for folder, name in FILES:
        rows = pd.read_parquet(data_file(folder, name))
        found.append(tmp_path / name)
        rows[(rows["InvoiceDate"] >= SINCE) & (rows["InvoiceDate"] < UNTIL)].to_parquet(found[-1])
    return found


@pytest.mark.nightly
def test_two_months_of_a_real_shop_are_what_pandas_says_they_are(files: list[Path]) -> None:
    rows = compare.rows_of(files)
    invoices = invoices_of(rows)
    asked_before = {slug: segment(slug, rule) for slug, (rule, _) in RULES.items()}
    call_command("load_online_retail", *map(str, files), "--wait", verbosity=0)
    drain_all()
    asked_after = {slug: segment(f"{slug}-later", rule) for slug, (rule, _) in RULES.items()}
    for segment_id in asked_after.values():
        services.recompute(segment_id)

    assert compare.stored_totals() == compare.totals_of(rows)
    check_orders(invoices)
    for slug, (_, says) in RULES.items():
        expected = says(invoices)
        assert 0 < len(expected) < invoices["who"].nunique(), slug
        assert members(asked_before[slug]) == expected, slug
        assert members(asked_after[slug]) == expected, slug
    check_answers(rows)


def check_orders(invoices: pd.DataFrame) -> None:
    """Orders, refunds and guests one by one."""
    goods, refunds = invoices[~invoices["is_refund"]], invoices[invoices["is_refund"]]
    stored = Order.objects.exclude(status=Order.Status.PENDING).values_list("order_id", "revenue", "country")
    assert {(*row,) for row in stored} == set(goods[["invoice", "revenue", "country"]].itertuples(index=False))
    pending = Order.objects.filter(status=Order.Status.PENDING).values_list("order_id", "refunded", "country")
    taken_back = refunds.assign(revenue=-refunds["revenue"])[["invoice", "revenue", "country"]]
    assert {(*row,) for row in pending} == set(taken_back.itertuples(index=False))
    guests = Order.objects.filter(is_guest=True).values_list("order_id", flat=True)
    assert set(guests) == set(invoices["invoice"][invoices["is_guest"]])
    sums = dict(OrderLine.objects.values_list("kind").annotate(Sum("amount")))
    assert sums == {"goods": goods["revenue"].sum(), "refund": refunds["revenue"].sum()}
    customers = Identifier.objects.filter(kind="user_id").values_list("value", flat=True)
    assert set(customers) == set(invoices["who"][~invoices["is_guest"]])


def check_answers(rows: pd.DataFrame) -> None:
    """Customers get ten products that are for sale, have a name, and were not bought yet."""
    train(training.Params(), now=utc_now(), job_id=None, report=lambda *_: None)
    queries.forget_catalog()
    queries.forget_model()
    _, key = make_server_key("storefront", ["recommendations:read"])
    client = Client(headers={"Authorization": f"Bearer {key}"})
    bought = rows[rows["CustomerID"].notna() & ~rows["InvoiceNo"].str.startswith("C")]
    baskets = bought.groupby(bought["CustomerID"].astype(int))["StockCode"].unique()
    asked = baskets.sample(ASKED, random_state=7)
    _agree({str(customer) for customer in asked.index})
    for customer, own in asked.items():
        response = client.get(f"/v1/recommendations?user_id={customer}&n=10")
        assert response.status_code == 200, response.content
        items = response.json()["items"]
        ids = {item["product_id"] for item in items}
        assert (len(items), len(ids), ids & set(own)) == (10, 10, set())
        assert all(item["product"]["name"] and item["product"]["in_stock"] for item in items)
        assert ids.isdisjoint({"POST", "DOT", "M", "BANK CHARGES", "AMAZONFEE"})
    assert not Product.objects.get(product_id="POST").active


def _agree(customers: set[str]) -> None:
    """Most of them live in the United Kingdom: nothing personal is recommended to them before they agree."""
    ids = Identifier.objects.filter(kind="user_id", value__in=customers).values_list("pk", flat=True)
    entries = [
        NewEntry(keyed_hash("test", str(pk)), PERSONALIZATION, GRANTED, "api", utc_now(), identifier_id=pk)
        for pk in ids
    ]
    with transaction.atomic():
        assert record_entries(entries) == len(customers)


def invoices_of(rows: pd.DataFrame) -> pd.DataFrame:
    """A row an invoice: who, at, country, revenue (negative for refunds), is_refund, is_guest."""
    thousandths = (rows["UnitPrice"] * 1000).round().astype("int64") * rows["Quantity"].astype("int64")
    frame = pd.DataFrame(
        {
            "invoice": rows["InvoiceNo"].astype(object),
            "customer": rows["CustomerID"],
            "at": rows["InvoiceDate"],
            "country": rows["Country"].astype(object),
            "revenue": thousandths,
        }
    )
    found = frame.groupby("invoice", as_index=False).agg(
        customer=("customer", "first"), at=("at", "min"), country=("country", "first"), revenue=("revenue", "sum")
    )
    is_guest = found["customer"].isna()
    names = [
        f"online-retail-guest-{invoice}" if guest else str(int(customer))
        for invoice, customer, guest in zip(found["invoice"], found["customer"], is_guest, strict=True)
    ]
    return found.assign(
        who=names,
        revenue=[Decimal(int(value)).scaleb(-3) for value in found["revenue"]],
        is_refund=found["invoice"].str.startswith("C"),
        is_guest=is_guest,
    )


def segment(slug: str, rule: Any) -> int:
    return services.save_segment(SegmentDraft(slug=slug, name=slug, definition=rule)).segment_id


def members(segment_id: int) -> Who:
    """Who is in it now, by user id or guest id."""
    now_in = Membership.objects.filter(segment_id=segment_id, left_at__isnull=True).values("profile_id")
    return set(Identifier.objects.filter(profile_id__in=now_in).values_list("value", flat=True))


def at_least(found: pd.DataFrame, number: int) -> Who:
    counts = found.groupby("who").size()
    return set(counts.index[counts >= number])


def goods(invoices: pd.DataFrame) -> pd.DataFrame:
    return invoices[~invoices["is_refund"]]


def of_country(invoices: pd.DataFrame, country: str) -> Who:
    """Whose latest invoice names it."""
    known = invoices[~invoices["is_guest"]].sort_values("at", kind="stable")
    latest = known.groupby("who")["country"].last()
    return set(latest.index[latest == country])


def from_france_at_first(invoices: pd.DataFrame) -> Who:
    found = goods(invoices)
    return at_least(found[(found["country"] == "France") & (found["at"] < SPLIT)], 1)


def only_at_first(invoices: pd.DataFrame) -> Who:
    found = goods(invoices)
    return at_least(found[found["at"] < SPLIT], 1) - at_least(found[found["at"] >= SPLIT], 1)


def worth_much_twice(invoices: pd.DataFrame) -> Who:
    found = goods(invoices)
    return at_least(found[found["revenue"] >= Decimal("500")], 2)


def gave_back_or_is_near(invoices: pd.DataFrame) -> Who:
    return at_least(invoices[invoices["is_refund"]], 2) | of_country(invoices, "EIRE")


def never_ordered(invoices: pd.DataFrame) -> Who:
    return set(invoices["who"]) - at_least(goods(invoices), 1)


ORDERED = "Order Completed"
FIRST, SECOND = {"between": [SINCE, SPLIT]}, {"between": [SPLIT, UNTIL]}
IN_FRANCE = {"property": "country", "is": "eq", "value": "France"}
MUCH = {"property": "revenue", "is": "gte", "value": 500}
RULES: dict[str, tuple[Any, Callable[[pd.DataFrame], Who]]] = {
    "thrice": ({"did": ORDERED, "count": {"gte": 3}}, lambda invoices: at_least(goods(invoices), 3)),
    "germans": ({"trait": "country", "is": "eq", "value": "DE"}, lambda found: of_country(found, "Germany")),
    "french": ({"did": ORDERED, "where": [IN_FRANCE], "within": FIRST}, from_france_at_first),
    "lapsed": (
        {"all": [{"did": ORDERED, "within": FIRST}, {"not": {"did": ORDERED, "within": SECOND}}]},
        only_at_first,
    ),
    "big": ({"did": ORDERED, "where": [MUCH], "count": {"gte": 2}}, worth_much_twice),
    "irish": (
        {"any": [{"did": "Order Refunded", "count": {"gte": 2}}, {"trait": "country", "is": "in", "value": ["IE"]}]},
        gave_back_or_is_near,
    ),
    "never": ({"did": ORDERED, "count": {"eq": 0}}, never_ordered),
}
