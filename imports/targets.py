"""What a column of a file may become, by kind of import; and whether a mapping is whole. Pure."""

from collections.abc import Mapping, Sequence

from imports.contracts import (
    EVENTS,
    IGNORE,
    ORDERS,
    PEOPLE,
    PRODUCTS,
    SUPPRESSIONS,
    Column,
    MappingIncomplete,
    Options,
)

TYPES: Mapping[str, str] = {
    "text": "text",
    "number": "number",
    "money": "amount of money",
    "date": "date or time",
    "boolean": "yes or no",
    "list": "list",
    "json": "JSON",
}
IDENTIFIERS: Mapping[str, str] = {
    "user_id": "user id (the shop's customer number)",
    "email": "e-mail address",
    "phone": "phone number",
    "anonymous_id": "anonymous id (of a device)",
    "external_id": "id of another system …",
}
NAMED = frozenset({"external_id", "trait", "property", "line_property", "attribute", "consent"})
"""Targets that need a name beside them."""
LINE: Mapping[str, str] = {
    "product_id": "line: product id",
    "product_name": "line: product name",
    "category": "line: category",
    "brand": "line: brand",
    "price": "line: price of one",
    "quantity": "line: quantity",
    "line_property": "line: property …",
}
ORDER_AMOUNTS = ("revenue", "total", "tax", "shipping", "discount")
TARGETS: Mapping[str, Mapping[str, str]] = {
    PEOPLE: {
        **IDENTIFIERS,
        "trait": "trait …",
        "time": "time at which this was true",
        "consent": "consent (yes or no) to the purpose …",
        "consent_time": "when they said yes or no",
        "consent_proof": "what shows that they said yes",
    },
    EVENTS: {
        **IDENTIFIERS,
        "event": "name of the event",
        "time": "time of the event",
        "message_id": "message id",
        "property": "property …",
    },
    ORDERS: {
        "order_id": "order id",
        "time": "time of the order",
        **IDENTIFIERS,
        "revenue": "revenue (goods, without tax and shipping)",
        "total": "total",
        "tax": "tax",
        "shipping": "shipping",
        "discount": "discount",
        "currency": "currency",
        "coupon": "coupon",
        "cart_id": "cart id",
        "country": "country",
        "property": "property …",
        "products": "lines as a JSON list",
        **LINE,
    },
    PRODUCTS: {
        "product_id": "product id",
        "name": "name",
        "category": "category",
        "brand": "brand",
        "price": "price",
        "currency": "currency",
        "url": "address of its page",
        "image_url": "address of its picture",
        "in_stock": "in stock",
        "active": "active",
        "attribute": "attribute …",
    },
    SUPPRESSIONS: {
        "address": "e-mail address, phone number, or hash of our export",
        "scope": "scope: marketing, all or sms",
        "reason": "reason: unsubscribe, hard bounce, complaint, manual",
        "time": "since when",
        "note": "note",
    },
}
FIXED_TYPES: Mapping[str, str] = {
    **dict.fromkeys(("user_id", "email", "phone", "anonymous_id", "external_id", "event", "message_id"), "text"),
    **dict.fromkeys(("order_id", "currency", "coupon", "cart_id", "country", "product_id", "product_name"), "text"),
    **dict.fromkeys(("category", "brand", "name", "url", "image_url"), "text"),
    **dict.fromkeys((*ORDER_AMOUNTS, "price"), "money"),
    **dict.fromkeys(("in_stock", "active"), "boolean"),
    **dict.fromkeys(("address", "scope", "reason", "note"), "text"),
    "quantity": "number",
    "time": "date",
    "consent": "boolean",
    "consent_time": "date",
    "consent_proof": "text",
    "products": "json",
}
SINGLE = frozenset(FIXED_TYPES) - {"external_id", "consent"}
"""Targets that one column alone may have."""


def type_of(column: Column) -> str:
    """The type a column is read by: its target's own where that has one."""
    return FIXED_TYPES.get(column.target, column.type)


def require_whole(kind: str, columns: Sequence[Column], options: Options, *, asks_for_day: bool) -> None:
    """Raises MappingIncomplete with every fault, each at its column."""
    faults = [*_column_faults(kind, columns), *_missing(kind, {column.target for column in columns}, options)]
    if asks_for_day and options.day_first is None:
        faults.append(("", "Say whether 03/04/2026 is the 3rd of April or the 4th of March."))
    if faults:
        raise MappingIncomplete(faults)


def _column_faults(kind: str, columns: Sequence[Column]) -> list[tuple[str, str]]:
    faults: list[tuple[str, str]] = []
    taken: dict[tuple[str, str], str] = {}
    for column in columns:
        if column.target == IGNORE:
            continue
        if column.target not in TARGETS[kind]:
            faults.append((column.name, f"“{column.target}” is nothing a column of {kind} can become."))
        elif column.target in NAMED and not column.field.strip():
            faults.append((column.name, f"Name the {column.target.replace('_', ' ')}."))
        elif column.type not in TYPES:
            faults.append((column.name, f"“{column.type}” is no type; types are {', '.join(TYPES)}."))
        key = (column.target, column.field.strip() if column.target in NAMED else "")
        if (column.target in SINGLE or column.target in NAMED) and key in taken:
            faults.append((column.name, f"Column “{taken[key]}” is that already: choose one of them."))
        taken.setdefault(key, column.name)
    return faults


def _missing(kind: str, targets: set[str], options: Options) -> list[tuple[str, str]]:
    wanted: list[tuple[bool, str]] = []
    has_person = bool(targets & IDENTIFIERS.keys())
    if kind == PEOPLE:
        wanted = [(has_person, "Choose at least one column that says who it is: user id, e-mail address or phone.")]
    elif kind == EVENTS:
        wanted = [
            (has_person, "Choose at least one column that says who did it: user id, e-mail address or anonymous id."),
            ("time" in targets, "Choose the column with the time of the event."),
            (
                "event" in targets or bool(options.event),
                "Choose the column with the event's name, or name one for all.",
            ),
        ]
    elif kind == ORDERS:
        wanted = [
            ("order_id" in targets, "Choose the column with the order id."),
            ("time" in targets, "Choose the column with the time of the order."),
        ]
    elif kind == PRODUCTS:
        wanted = [("product_id" in targets, "Choose the column with the product id.")]
    elif kind == SUPPRESSIONS:
        wanted = [("address" in targets, "Choose the column with the addresses, or their hashes.")]
    return [("", sentence) for is_there, sentence in wanted if not is_there]
