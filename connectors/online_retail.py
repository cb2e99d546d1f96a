"""Translator of the UCI "Online Retail" files (parquet, csv, xlsx) into events in the Segment format.

Every invoice becomes one Order Completed (those starting with C: one Order Refunded) at its own time, with every row a
line, so that the sums of the lines equal the sums of the rows. Rows that two files share are taken once; rows repeated
within one file are sales of their own. Message ids come from invoice numbers: loading again changes nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

COLUMNS = ("invoice", "product_id", "name", "quantity", "at", "price", "customer", "country")
NAMES = {
    "invoiceno": "invoice",
    "invoice": "invoice",
    "stockcode": "product_id",
    "description": "name",
    "quantity": "quantity",
    "invoicedate": "at",
    "unitprice": "price",
    "price": "price",
    "customerid": "customer",
    "country": "country",
}
# Billed like goods, but nothing a shop recommends: their lines count, the products are not for sale.
NOT_FOR_SALE = {
    "ADJUST": "Adjustment",
    "ADJUST2": "Adjustment",
    "AMAZONFEE": "Amazon fee",
    "B": "Bad debt",
    "BANK CHARGES": "Bank charges",
    "C2": "Carriage",
    "C3": "Carriage",
    "CRUK": "Commission",
    "D": "Discount",
    "DOT": "Postage",
    "M": "Manual",
    "POST": "Postage",
    "S": "Samples",
    "TEST001": "Test",
    "TEST002": "Test",
    "m": "Manual",
}
SUFFIXES = (".parquet", ".csv", ".xlsx")
CURRENCY = "GBP"
MICRO = 1_000_000
SLICE_INVOICES = 2_000
Item = dict[str, Any]


class UnreadableFile(Exception):
    """A file that is none of ours; the message names it and what was expected."""


def read_files(paths: Iterable[Path]) -> pd.DataFrame:
    """All rows of all files with the columns of COLUMNS, rows that stand in several files once, by order id."""
    return combine([frame for path in paths for frame in read_file(path)])


def read_file(path: Path) -> list[pd.DataFrame]:
    """The tables of one file (a workbook has one a sheet). Raises UnreadableFile."""
    try:
        return [_tidy(frame, path) for frame in _tables(path)]
    except (OSError, ValueError) as error:
        raise UnreadableFile(f"{path}: {error}") from None


def combine(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """One frame. A row that stands n times in one and m times in another stands max(n, m) times in it."""
    if not frames:
        raise UnreadableFile("no file was given")
    rows = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    if len(frames) > 1:
        # A row's 64-bit hash stands for the row: among a million rows a collision has a chance of 3 in 10^8.
        keys = pd.DataFrame({"row": pd.util.hash_pandas_object(rows, index=False)})
        keys["file"] = np.repeat(np.arange(len(frames)), [len(frame) for frame in frames])
        keys["occurrence"] = keys.groupby(["file", "row"]).cumcount()
        rows = rows[~keys.duplicated(["row", "occurrence"]).to_numpy()]
    rows = rows.assign(order_id=_order_ids(rows))
    return rows.sort_values("order_id", kind="stable", ignore_index=True)


def to_items(rows: pd.DataFrame) -> Iterator[Item]:
    """The events of `rows` (as from `combine`): for each invoice its order or refund, and who the customer is."""
    ids = rows["order_id"]
    starts = np.flatnonzero(ids.ne(ids.shift(fill_value="")).to_numpy(dtype=bool))
    for number in range(0, len(starts), SLICE_INVOICES):
        own = starts[number : number + SLICE_INVOICES]
        after = starts[number + SLICE_INVOICES : number + SLICE_INVOICES + 1]
        yield from _slice(rows.iloc[own[0] : after[0] if len(after) else len(rows)], own - own[0])


def _slice(rows: pd.DataFrame, starts: "np.ndarray[Any, Any]") -> Iterator[Item]:
    """The events of some whole invoices, as Python values only for so long."""
    columns: dict[str, list[Any]] = {name: rows[name].tolist() for name in ("product_id", "name", "quantity")}
    columns |= {name: rows[name].tolist() for name in ("customer", "country", "order_id")}
    columns["micros"] = np.rint(rows["price"].to_numpy() * MICRO).astype(np.int64).tolist()
    times = rows["at"].to_numpy().astype("datetime64[s]")
    for start, end in zip(starts.tolist(), [*starts.tolist()[1:], len(rows)], strict=True):
        invoice = {name: values[start:end] for name, values in columns.items()}
        yield from _invoice(invoice["order_id"][0], f"{times[start:end].min()}Z", invoice)


def _invoice(order_id: str, at: str, rows: dict[str, list[Any]]) -> Iterator[Item]:
    customer = rows["customer"][0]
    who = {"userId": customer} if customer else {"anonymousId": f"online-retail-guest-{order_id}"}
    country = rows["country"][0]
    is_refund = order_id.startswith("C")
    sign = -1 if is_refund else 1
    lines = zip(rows["product_id"], rows["name"], rows["quantity"], rows["micros"], strict=True)
    properties: Item = {
        "order_id": order_id,
        "currency": CURRENCY,
        "country": country,
        "products": [_line(*line, sign) for line in lines],
    }
    if not is_refund:
        micros = sum(quantity * price for quantity, price in zip(rows["quantity"], rows["micros"], strict=True))
        properties["revenue"] = Decimal(micros).scaleb(-6).normalize()
    if not customer:
        properties["is_guest"] = True
    name = "Order Refunded" if is_refund else "Order Completed"
    head = {"messageId": f"online-retail:{order_id}", "timestamp": at, **who}
    yield {"type": "track", "event": name, "properties": properties, **head}
    if customer:
        identify = f"online-retail:{order_id}:identify"
        yield {"type": "identify", "traits": {"country": country}, **head, "messageId": identify}


def _line(product_id: str, name: str, quantity: int, micros: int, sign: int) -> Item:
    """One line. A row without a price is a correction of stock whose description names no product ("damaged", "?")."""
    line = {"product_id": product_id, "quantity": quantity * sign, "price": micros / MICRO}
    return {**line, "name": name} if name and micros > 0 else line


def _order_ids(rows: pd.DataFrame) -> "pd.Series[str]":
    """The invoice number; should one span customers, countries or months, its further parts get `~2`, `~3`, …"""
    month = rows["at"].dt.year * 12 + rows["at"].dt.month
    parts = rows[["invoice", "customer", "country"]].assign(month=month)
    distinct = parts.drop_duplicates()
    if not distinct["invoice"].duplicated().any():
        return rows["invoice"]
    distinct = distinct.sort_values(list(distinct.columns))
    number = distinct.groupby("invoice").cumcount() + 1
    suffix = number.map(lambda n: "" if n == 1 else f"~{n}")
    named = distinct.assign(order_id=distinct["invoice"] + suffix)
    return parts.merge(named, how="left", on=list(parts.columns))["order_id"]


def _tables(path: Path) -> list[pd.DataFrame]:
    kind = path.suffix.lower()
    if kind == ".parquet":
        return [pd.read_parquet(path)]
    if kind == ".xlsx":
        return list(
            pd.read_excel(path, sheet_name=None, dtype={"Invoice": str, "InvoiceNo": str, "StockCode": str}).values()
        )
    if kind == ".csv":
        dtypes = {"Invoice": str, "InvoiceNo": str, "StockCode": str, "Description": str}
        try:
            return [pd.read_csv(path, dtype=dtypes, encoding="utf-8", low_memory=False)]
        except UnicodeDecodeError:
            return [pd.read_csv(path, dtype=dtypes, encoding="iso-8859-1", low_memory=False)]
    raise ValueError(f"ends in {kind or 'nothing'}; expected .parquet, .csv or .xlsx")


def _tidy(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    """The columns under our names and types; missing descriptions and customers are empty text."""
    known = {column: NAMES.get(str(column).lower().replace(" ", "").replace("_", "")) for column in frame.columns}
    renamed = frame.rename(columns={column: name for column, name in known.items() if name})
    if missing := [name for name in COLUMNS if name not in renamed.columns]:
        raise ValueError(f"has no column for {', '.join(missing)}: this is not an Online Retail file")
    rows = renamed[list(COLUMNS)]
    customer = pd.to_numeric(rows["customer"]).astype("Int64")
    return pd.DataFrame(
        {
            "invoice": _texts(rows["invoice"]),
            "product_id": _texts(rows["product_id"]),
            "name": _texts(rows["name"]),
            "quantity": rows["quantity"].astype("int64"),
            "at": pd.to_datetime(rows["at"]),
            "price": rows["price"].astype("float64"),
            "customer": customer.astype("string").fillna(""),
            "country": _texts(rows["country"]),
        }
    )


def _texts(column: "pd.Series[Any]") -> "pd.Series[str]":
    return column.astype("string").fillna("").str.strip()
