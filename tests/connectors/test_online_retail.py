"""The translation of Online Retail files, on rows made up here."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from connectors.online_retail import Item, UnreadableFile, combine, read_file, read_files, to_items

NAMES = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]
OTHER_NAMES = ["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country"]
DAY = pd.Timestamp("2010-12-01 08:26")


def row(invoice: str = "1", code: str = "a", quantity: int = 2, price: float = 2.55, **rest: Any) -> tuple[Any, ...]:
    at, customer, country = rest.get("at", DAY), rest.get("customer", 17850), rest.get("country", "France")
    return (invoice, code, rest.get("name", "MUG"), quantity, at, price, customer, country)


def frame(*rows: tuple[Any, ...], names: list[str] = NAMES) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=names)


def tidy(tmp_path: Path, *frames: pd.DataFrame) -> pd.DataFrame:
    paths = []
    for number, one in enumerate(frames):
        paths.append(tmp_path / f"{number}.parquet")
        one.to_parquet(paths[-1])
    return read_files(paths)


def events(tmp_path: Path, *rows: tuple[Any, ...]) -> list[Item]:
    return list(to_items(tidy(tmp_path, frame(*rows))))


def test_an_invoice_is_one_order_with_its_rows_as_lines(tmp_path: Path) -> None:
    order, identify = events(tmp_path, row(), row(code="b", quantity=1, price=0.155, at=DAY + pd.Timedelta(minutes=1)))
    assert order == {
        "type": "track",
        "event": "Order Completed",
        "messageId": "online-retail:1",
        "timestamp": "2010-12-01T08:26:00Z",
        "userId": "17850",
        "properties": {
            "order_id": "1",
            "currency": "GBP",
            "country": "France",
            "revenue": Decimal("5.255"),
            "products": [
                {"product_id": "a", "quantity": 2, "price": 2.55, "name": "MUG"},
                {"product_id": "b", "quantity": 1, "price": 0.155, "name": "MUG"},
            ],
        },
    }
    assert identify == {
        "type": "identify",
        "traits": {"country": "France"},
        "messageId": "online-retail:1:identify",
        "timestamp": "2010-12-01T08:26:00Z",
        "userId": "17850",
    }


def test_a_cancellation_is_a_refund_of_what_it_took_back(tmp_path: Path) -> None:
    refund = events(tmp_path, row("C9", quantity=-3), row("C9", "M", quantity=1, price=4.0))[0]
    assert refund["event"] == "Order Refunded"
    assert [line["quantity"] for line in refund["properties"]["products"]] == [3, -1]
    assert "revenue" not in refund["properties"]


def test_an_invoice_without_a_customer_is_a_guest_s(tmp_path: Path) -> None:
    (order,) = events(tmp_path, row(customer=None))
    assert order["anonymousId"] == "online-retail-guest-1"
    assert order["properties"]["is_guest"] is True
    assert "userId" not in order


def test_a_correction_of_stock_keeps_its_line_but_names_no_product(tmp_path: Path) -> None:
    order = events(tmp_path, row(quantity=-9, price=0.0, name="damaged"))[0]
    assert order["properties"]["products"] == [{"product_id": "a", "quantity": -9, "price": 0.0}]


def test_rows_shared_by_two_files_are_taken_once_and_repeats_within_a_file_are_kept(tmp_path: Path) -> None:
    first = frame(row(), row(), row("2"))
    second = frame(row(), row(), row("3"), names=OTHER_NAMES)
    assert tidy(tmp_path, first, second)["invoice"].tolist() == ["1", "1", "2", "3"]
    assert tidy(tmp_path, second, first)["invoice"].tolist() == ["1", "1", "2", "3"]


def test_an_invoice_over_two_countries_or_months_becomes_orders_of_their_own(tmp_path: Path) -> None:
    later = DAY + pd.Timedelta(days=40)
    found = events(tmp_path, row(), row(country="Norway"), row(at=later), row("2"))
    orders = [
        (item["messageId"], item["properties"]["country"], item["timestamp"][:7]) for item in found if "event" in item
    ]
    assert orders == [
        ("online-retail:1", "France", "2010-12"),
        ("online-retail:1~2", "France", "2011-01"),
        ("online-retail:1~3", "Norway", "2010-12"),
        ("online-retail:2", "France", "2010-12"),
    ]


def test_csv_and_workbooks_read_as_parquet_does(tmp_path: Path) -> None:
    rows = frame(row("536365", "85123A"), row("C9", quantity=-1, customer=None), names=OTHER_NAMES)
    expected = tidy(tmp_path, rows)
    rows.to_csv(tmp_path / "a.csv", index=False)
    with pd.ExcelWriter(tmp_path / "a.xlsx") as book:
        rows.iloc[:1].to_excel(book, sheet_name="Year 1", index=False)
        rows.iloc[1:].to_excel(book, sheet_name="Year 2", index=False)
    for name in ("a.csv", "a.xlsx"):
        assert list(to_items(read_files([tmp_path / name]))) == list(to_items(expected))


def test_a_file_of_another_kind_or_shape_is_named_in_the_error(tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    with pytest.raises(UnreadableFile, match=r"other\.csv: has no column for invoice, product_id"):
        read_file(other)
    with pytest.raises(UnreadableFile, match=r"expected \.parquet, \.csv or .xlsx"):
        read_file(tmp_path / "x.json")
    with pytest.raises(UnreadableFile, match=r"none\.csv"):
        read_file(tmp_path / "none.csv")
    with pytest.raises(UnreadableFile, match="no file"):
        combine([])
