"""Mapping: what each column of a foreign file becomes, and its values in our own words. Pure.

Names are guessed from how shops and Google call them; what staff chose for a column counts before the guess. A column
that means nothing to us stays with the product as an attribute.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from cdp.lib.values import instant_us
from commerce import amounts
from commerce.contracts import ProductRow
from commerce.feeds import prices
from commerce.feeds.items import Item
from commerce.feeds.rows import COLUMNS, BadValue, row_of

ATTRIBUTE, IGNORE = "attribute", "ignore"
SALE, SALE_DATES, AVAILABILITY = "sale_price", "sale_price_effective_date", "availability"
TARGETS: dict[str, str] = {
    "product_id": "Product id",
    "name": "Name",
    "categories": "Path of categories",
    "category": "Category",
    "brand": "Brand",
    "price": "Price",
    SALE: "Reduced price",
    SALE_DATES: "Times of the reduced price",
    "list_price": "Price before a reduction",
    "currency": "Currency",
    "prices": "Prices by currency",
    "cost": "Cost",
    AVAILABILITY: "Availability, in words",
    "in_stock": "In stock, yes or no",
    "quantity": "Pieces in stock",
    "active": "Active, yes or no",
    "url": "Address of its page",
    "image_url": "Picture",
    "images": "Further pictures",
    "group_id": "Group of variants",
    ATTRIBUTE: "Attribute",
    IGNORE: "Nothing: leave it out",
}
GUESSES: dict[str, tuple[str, ...]] = {
    "product_id": ("id", "product_id", "sku", "item_id", "offer_id", "article_number", "artikelnummer", "productid"),
    "name": ("name", "title", "product_name", "product_title", "titel", "bezeichnung", "nom", "titre"),
    "categories": (
        "categories", "product_type", "google_product_category", "category_path", "breadcrumb", "breadcrumbs",
        "kategorien", "categorie_path",
    ),
    "category": ("category", "kategorie", "categorie", "product_category"),
    "brand": ("brand", "manufacturer", "vendor", "marke", "hersteller", "marque"),
    "price": ("price", "preis", "prix", "unit_price", "regular_price"),
    SALE: ("sale_price", "special_price", "sonderpreis", "prix_promo"),
    SALE_DATES: ("sale_price_effective_date",),
    "list_price": ("list_price", "compare_at_price", "msrp", "rrp", "uvp", "old_price", "was_price"),
    "currency": ("currency", "currency_code", "waehrung", "devise"),
    "prices": ("prices",),
    "cost": ("cost", "cost_of_goods_sold", "purchase_price", "cost_price", "einkaufspreis"),
    AVAILABILITY: ("availability", "stock_status", "verfuegbarkeit", "disponibilite"),
    "in_stock": ("in_stock", "instock", "is_in_stock"),
    "quantity": (
        "quantity", "stock", "qty", "inventory", "stock_quantity", "inventory_quantity", "bestand", "lagerbestand",
    ),
    "active": ("active", "enabled", "published", "is_active"),
    "url": ("url", "link", "product_url", "product_link", "deeplink", "canonical_link"),
    "image_url": ("image_url", "image_link", "image", "picture", "image_src", "bild", "bild_url"),
    "images": ("images", "additional_image_link", "additional_images", "additional_image_links", "weitere_bilder"),
    "group_id": ("group_id", "item_group_id", "parent_id", "parent_sku", "handle", "model_id"),
}  # fmt: skip
_TARGET_OF = {name: target for target, names in GUESSES.items() for name in names}
_SPACES = re.compile(r"[^a-z0-9]+")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "é": "e", "è": "e"})
YES_WORDS = frozenset({
    "in_stock", "instock", "available", "yes", "true", "1", "on_stock", "lagernd", "auf_lager", "en_stock",
    "limited_availability", "limitedavailability", "preorder", "pre_order", "presale", "backorder", "back_order",
    "available_for_order", "onlineonly", "instoreonly",
})  # fmt: skip
NO_WORDS = frozenset({
    "out_of_stock", "outofstock", "sold_out", "soldout", "unavailable", "not_available", "no", "false", "0",
    "discontinued", "nicht_lieferbar", "ausverkauft", "rupture_de_stock",
})  # fmt: skip
LATER = {"preorder": "preorder", "pre_order": "preorder", "presale": "preorder", "backorder": "backorder",
         "back_order": "backorder", "available_for_order": "backorder"}  # fmt: skip
LONGEST_ATTRIBUTE = 2_000
MOST_PLANS = 1_000
EMPTY_ID = "The product's id is empty in this row: give it one in the feed (“{}”)."


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How a feed is read: {column: target} as staff chose, the currency of prices that tell none, and the instant."""

    mapping: Mapping[str, str] = {}
    currency: str = ""
    now: datetime


@dataclass(frozen=True, slots=True)
class Rejected:
    """An item that was not taken: where it stands, a stable code, and how to mend it."""

    place: int
    line: int
    product_id: str
    reason: str
    detail: str


def guess(column: str) -> str:
    """The target of a column by its name; ATTRIBUTE for one that means nothing to us."""
    name = normalized(column)
    if column.lower().startswith("prices."):
        return "prices"
    return _TARGET_OF.get(name, ATTRIBUTE)


def targets(columns: Iterable[str], chosen: Mapping[str, str]) -> dict[str, str]:
    """{column: target}: as chosen, else guessed. Of guesses for one target the first of GUESSES' order counts."""
    told = {column: chosen[column] if chosen.get(column) in TARGETS else "" for column in columns}
    taken = {target for target in told.values() if target not in ("", ATTRIBUTE, IGNORE)}
    guesses = sorted((column for column in told if not told[column]), key=_rank)
    for column in guesses:
        target = guess(column)
        if target in taken and target not in ("prices", "images"):
            target = ATTRIBUTE
        told[column] = target
        if target != ATTRIBUTE:
            taken.add(target)
    return told


class Mapper:
    """Items of one feed to rows of the catalog."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self._plans: dict[tuple[str, ...], dict[str, str]] = {}

    def row_or_reason(self, item: Item) -> ProductRow | Rejected:
        """The product of one item, or why it is not taken."""
        if item.fields is None:
            return Rejected(item.place, item.line, "", "unreadable", item.fault)
        plan = self._plan(item.fields)
        try:
            return row_of(self._entry(item.fields, plan))
        except BadValue as bad:
            id_column = next((column for column, target in plan.items() if target == "product_id"), "")
            shown = amounts.text(_one(item.fields.get(id_column)))[: amounts.LONGEST_ID]
            if bad.reason == "product_id" and not id_column:
                bad = BadValue("product_id", self._why_no_id(item.fields))
            elif bad.reason == "product_id" and not shown.strip():
                bad = BadValue("product_id", EMPTY_ID.format(id_column))
            return Rejected(item.place, item.line, shown, bad.reason, bad.detail)

    def _why_no_id(self, fields: Mapping[str, Any]) -> str:
        """Formats that leave empty fields out: where the column was chosen, or other rows have it, this row is at
        fault."""
        plans = (self.options.mapping, *self._plans.values())
        known = {column for plan in plans for column, target in plan.items() if target == "product_id"}
        if missing := min(known - fields.keys(), default=""):
            return EMPTY_ID.format(missing)
        return "No field says the product's id: choose the column that holds it."

    def _plan(self, fields: Mapping[str, Any]) -> dict[str, str]:
        columns = tuple(fields)
        found = self._plans.get(columns)
        if found is None:
            if len(self._plans) >= MOST_PLANS:
                self._plans.clear()
            found = self._plans[columns] = targets(columns, self.options.mapping)
        return found

    def _entry(self, fields: Mapping[str, Any], plan: Mapping[str, str]) -> dict[str, Any]:
        """An item's fields by our own names, as `row_of` reads them. Raises BadValue."""
        told: dict[str, Any] = {}
        attributes: dict[str, Any] = {}
        for column, target in plan.items():
            value = fields[column]
            if target == IGNORE or value is None or value == "":
                continue
            if target == ATTRIBUTE:
                _add_attribute(attributes, column, value)
            elif target == "prices" and not isinstance(value, dict):
                told.setdefault("prices", {})[column.partition(".")[2] or column] = value
            else:
                told[target] = _one(value) if target not in ("images", "categories") else value
        return _entry(told, attributes, self.options)


@lru_cache(maxsize=4096)
def normalized(column: str) -> str:
    """A column's name in small letters, digits and underscores."""
    name = column.strip().lower().translate(_UMLAUTS)
    return _SPACES.sub("_", name.removeprefix("g:")).strip("_")


def _entry(told: dict[str, Any], attributes: dict[str, Any], options: Options) -> dict[str, Any]:
    entry = {name: value for name, value in told.items() if name in COLUMNS and name != "attributes"}
    if isinstance(entry.get("product_id"), int) and not isinstance(entry["product_id"], bool):
        entry["product_id"] = str(entry["product_id"])
    _put_prices(entry, told, options)
    if AVAILABILITY in told:
        _put_availability(entry, attributes, told[AVAILABILITY])
    _put_path(entry, attributes)
    for name in ("in_stock", "active"):
        if name in entry and not isinstance(entry[name], bool):
            entry[name] = normalized(str(entry[name]))
    if "quantity" in entry:
        entry["quantity"] = _amount("quantity", entry["quantity"]).amount
    if attributes:
        entry["attributes"] = attributes
    return entry


def _put_prices(entry: dict[str, Any], told: Mapping[str, Any], options: Options) -> None:
    """Amounts as numbers; a reduced price that holds now is the price, and the price what it was before.

    A currency told beside either holds for both; two that differ are refused, since no catalog could say which.
    """
    found = {name: _amount(name, told[name]) for name in ("price", SALE, "list_price", "cost") if name in told}
    sale, price = found.pop(SALE, None), found.get("price")
    told_in = {amount.currency for amount in (price, sale, found.get("list_price")) if amount and amount.currency}
    if len(told_in) > 1:
        both = " and ".join(sorted(told_in))
        raise BadValue("currency", f"The prices are told in {both}: tell them in one currency.")
    if sale is not None and (price is None or sale.amount < price.amount) and _holds(told.get(SALE_DATES), options.now):
        found["price"] = sale
        if price is not None:
            found.setdefault("list_price", price)
    for name, (amount, _) in found.items():
        entry[name] = amount
    if "prices" in entry and isinstance(entry["prices"], dict):
        entry["prices"] = {code.upper(): _amount("prices", amount).amount for code, amount in entry["prices"].items()}
    if "price" in found and "currency" not in entry:
        currency = next(iter(told_in), options.currency)
        if currency:
            entry["currency"] = currency


def _amount(name: str, value: Any) -> prices.Price:
    found = prices.price_of(value)
    if found is None:
        raise BadValue(name, f"{name} {prices.WHY}, not “{str(value)[:60]}”.")
    return found


def _put_availability(entry: dict[str, Any], attributes: dict[str, Any], value: Any) -> None:
    """In stock or not; what can be ordered for later counts as in stock and says so in an attribute."""
    word = normalized(str(value).rpartition("/")[2])
    if word not in YES_WORDS | NO_WORDS:
        raise BadValue(
            AVAILABILITY, f"availability must be in stock, out of stock, preorder or backorder, not “{word}”."
        )
    entry.setdefault("in_stock", word in YES_WORDS)
    if word in LATER:
        attributes["availability"] = LATER[word]


def _put_path(entry: dict[str, Any], attributes: dict[str, Any]) -> None:
    """Of several paths the first counts. Google's categories are numbers at times: those are no names."""
    path = entry.get("categories")
    if (
        isinstance(path, list)
        and path
        and all(isinstance(one, str) for one in path)
        and any(">" in one for one in path)
    ):
        path = entry["categories"] = path[0]
    if isinstance(path, str) and path.strip().isdecimal():
        attributes["google_product_category"] = path.strip()
        del entry["categories"]


def _holds(dates: Any, now: datetime) -> bool:
    """Whether `now` is in "2026-11-01T00:00+0100/2026-11-30T23:59+0100"; times that cannot be read hold."""
    if not isinstance(dates, str) or "/" not in dates:
        return True
    begin, _, end = dates.partition("/")
    begin_us, end_us = instant_us(begin.strip()), instant_us(end.strip())
    now_us = int(now.timestamp() * 1_000_000)
    return (begin_us is None or begin_us <= now_us) and (end_us is None or now_us <= end_us)


def _add_attribute(attributes: dict[str, Any], column: str, value: Any) -> None:
    name = column.strip()
    for prefix in ("attributes.", "g:"):
        name = name.removeprefix(prefix)
    if name == "attributes" and isinstance(value, dict):
        attributes.update(value)
        return
    if isinstance(value, str):
        value = value[:LONGEST_ATTRIBUTE]
    attributes[name[: amounts.LONGEST_ID]] = value


def _one(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else value


def _rank(column: str) -> tuple[int, str]:
    """The better a name fits its target, the earlier."""
    target = guess(column)
    if target not in GUESSES:
        return len(_TARGET_OF), column
    name = normalized(column)
    return (GUESSES[target].index(name) if name in GUESSES[target] else 0), column
